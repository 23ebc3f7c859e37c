// Attention with linear biases: a slope per head times the distance, rank variables as values (ALiBi, arXiv 2108.12409).
einsum.cascade @alibi ranks {b = 64, h = 12, p = 1024, m = 1024, e = 64, f = 64} (%Q[b, h, p, e], %K[b, h, m, e], %V[b, h, m, f], %B[h]) -> [b, h, p, f] : f16 {
  %QK = einsum.compute [b, h, m, p] = %Q[b, h, p, e] * %K[b, h, m, e] reduce add(e)
  %S = einsum.compute [b, h, m, p] = %QK[b, h, m, p] * rsqrt(shape(e)) - %B[h] * (p - m)
  %GM = einsum.compute [b, h, p] = %S[b, h, m, p] reduce max(m) where m <= p
  %SN = einsum.compute [b, h, m, p] = exp(%S[b, h, m, p] - %GM[b, h, p]) where m <= p
  %SD = einsum.compute [b, h, p] = %SN[b, h, m, p] reduce add(m) where m <= p
  %A = einsum.compute [b, h, m, p] = %SN[b, h, m, p] / %SD[b, h, p] where m <= p
  %AV = einsum.compute [b, h, p, f] = %A[b, h, m, p] * %V[b, h, m, f] reduce add(m) where m <= p
  einsum.return %AV[b, h, p, f]
}
