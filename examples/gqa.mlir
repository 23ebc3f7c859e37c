// Grouped-query attention: G queries share one head of keys and values (arXiv 2305.13245).
einsum.cascade @gqa ranks {b = 8, h = 8, g = 4, p = 1024, m = 1024, e = 64, f = 64}
    (%Q[b, h, g, p, e], %K[b, h, m, e], %V[b, h, m, f]) -> [b, h, g, p, f] : f16 {
  %QK = einsum.compute [b, h, g, m, p] = %Q[b, h, g, p, e] * %K[b, h, m, e] reduce add(e)
  %S = einsum.compute [b, h, g, m, p] = %QK[b, h, g, m, p] * rsqrt(shape(e))
  %GM = einsum.compute [b, h, g, p] = %S[b, h, g, m, p] reduce max(m)
  %SN = einsum.compute [b, h, g, m, p] = exp(%S[b, h, g, m, p] - %GM[b, h, g, p])
  %SD = einsum.compute [b, h, g, p] = %SN[b, h, g, m, p] reduce add(m)
  %A = einsum.compute [b, h, g, m, p] = %SN[b, h, g, m, p] / %SD[b, h, g, p]
  %AV = einsum.compute [b, h, g, p, f] = %A[b, h, g, m, p] * %V[b, h, m, f] reduce add(m)
  einsum.return %AV[b, h, g, p, f]
}
