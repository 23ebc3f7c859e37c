// Attention on cosine similarity with a temperature (Swin v2, arXiv 2111.09883).
einsum.cascade @cosine_attention ranks {p = 64, m = 1024, e = 32, f = 32} (%Q[p, e], %K[m, e], %V[m, f]) -> [p, f] : f32 {
  %NQ = einsum.compute [p] = %Q[p, e] * %Q[p, e] reduce add(e)
  %NK = einsum.compute [m] = %K[m, e] * %K[m, e] reduce add(e)
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %S = einsum.compute [m, p] = 10 * %QK[m, p] * rsqrt(%NQ[p] + 1e-6) * rsqrt(%NK[m] + 1e-6)
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%S[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %AV = einsum.compute [p, f] = %A[m, p] * %V[m, f] reduce add(m)
  einsum.return %AV[p, f]
}
