// Cross-entropy with label smoothing 0.1 (arXiv 1512.00567): the label's and the mean log-probability.
einsum.cascade @cross_entropy_smoothed ranks {p = 64, m = 1024, e = 32, f = 32} (%S[m, p], %Y[m, p]) -> [p] : f32 {
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%S[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %LP = einsum.compute [m, p] = %S[m, p] - %GM[p] - log(%SD[p])
  %HIT = einsum.compute [p] = %Y[m, p] * %LP[m, p] reduce add(m)
  %ALL = einsum.compute [p] = %LP[m, p] reduce add(m)
  %CE = einsum.compute [p] = -(0.9 * %HIT[p] + 0.1 * %ALL[p] / shape(m))
  einsum.return %CE[p]
}
