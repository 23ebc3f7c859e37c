// Attention with capped scores, by a declared operator (Gemma 2, arXiv 2408.00118).
einsum.operator @softcap(%x) = 30 * tanh(%x / 30) laws {monotone = increasing}
einsum.cascade @softcap_attention ranks {b = 64, h = 12, p = 1024, m = 1024, e = 64, f = 64} (%Q[b, h, p, e], %K[b, h, m, e], %V[b, h, m, f]) -> [b, h, p, f] : f16 {
  %QK = einsum.compute [b, h, m, p] = %Q[b, h, p, e] * %K[b, h, m, e] reduce add(e)
  %S = einsum.compute [b, h, m, p] = @softcap(%QK[b, h, m, p] * rsqrt(shape(e)))
  %GM = einsum.compute [b, h, p] = %S[b, h, m, p] reduce max(m)
  %SN = einsum.compute [b, h, m, p] = exp(%S[b, h, m, p] - %GM[b, h, p])
  %SD = einsum.compute [b, h, p] = %SN[b, h, m, p] reduce add(m)
  %A = einsum.compute [b, h, m, p] = %SN[b, h, m, p] / %SD[b, h, p]
  %AV = einsum.compute [b, h, p, f] = %A[b, h, m, p] * %V[b, h, m, f] reduce add(m)
  einsum.return %AV[b, h, p, f]
}
