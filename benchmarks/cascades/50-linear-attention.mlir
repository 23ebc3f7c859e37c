// Linear attention (arXiv 2006.16236) as attention without softmax, normalised by its row sums.
einsum.cascade @linear_attention ranks {p = 64, m = 1024, e = 32, f = 32} (%Q[p, e], %K[m, e], %V[m, f]) -> [p, f] : f32 {
  %S = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %D = einsum.compute [p] = %S[m, p] reduce add(m)
  %AV = einsum.compute [p, f] = %S[m, p] / %D[p] * %V[m, f] reduce add(m)
  einsum.return %AV[p, f]
}
