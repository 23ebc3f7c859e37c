// Attention with the division deferred behind the product with V (FuseMax, section 4).
einsum.cascade @attention_deferred ranks {p = 64, m = 1024, e = 32, f = 32} (%Q[p, e], %K[m, e], %V[m, f]) -> [p, f] : f32 {
  %S = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%S[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %SNV = einsum.compute [p, f] = %SN[m, p] * %V[m, f] reduce add(m)
  %AV = einsum.compute [p, f] = %SNV[p, f] / %SD[p]
  einsum.return %AV[p, f]
}
