// Attention as one writes it, three passes over the keys: the maximum, the denominator, the output (FuseMax, arXiv 2406.10491, Cascade 4;
// BERT's sizes).
einsum.cascade @attention ranks {b = 64, h = 12, p = 1024, m = 1024, e = 64, f = 64} (%Q[b, h, p, e], %K[b, h, m, e], %V[b, h, m, f]) -> [b, h, p, f] : f16 {
  %QK = einsum.compute [b, h, m, p] = %Q[b, h, p, e] * %K[b, h, m, e] reduce add(e)
  %GM = einsum.compute [b, h, p] = %QK[b, h, m, p] reduce max(m)
  %SN = einsum.compute [b, h, m, p] = exp(%QK[b, h, m, p] - %GM[b, h, p])
  %SD = einsum.compute [b, h, p] = %SN[b, h, m, p] reduce add(m)
  %A = einsum.compute [b, h, m, p] = %SN[b, h, m, p] / %SD[b, h, p]
  %AV = einsum.compute [b, h, p, f] = %A[b, h, m, p] * %V[b, h, m, f] reduce add(m)
  einsum.return %AV[b, h, p, f]
}
