// Attention with the division behind the product with V: M / F times fewer divisions, and two passes (FuseMax, section 4).
einsum.cascade @attention_deferred ranks {b = 64, h = 12, p = 1024, m = 1024, e = 64, f = 64} (%Q[b, h, p, e], %K[b, h, m, e], %V[b, h, m, f]) -> [b, h, p, f] : f16 {
  %QK = einsum.compute [b, h, m, p] = %Q[b, h, p, e] * %K[b, h, m, e] reduce add(e)
  %GM = einsum.compute [b, h, p] = %QK[b, h, m, p] reduce max(m)
  %SN = einsum.compute [b, h, m, p] = exp(%QK[b, h, m, p] - %GM[b, h, p])
  %SD = einsum.compute [b, h, p] = %SN[b, h, m, p] reduce add(m)
  %SNV = einsum.compute [b, h, p, f] = %SN[b, h, m, p] * %V[b, h, m, f] reduce add(m)
  %AV = einsum.compute [b, h, p, f] = %SNV[b, h, p, f] / %SD[b, h, p]
  einsum.return %AV[b, h, p, f]
}
