// Covariance matrix under weights, about the weighted means.
einsum.cascade @weighted_covariance ranks {p = 64, m = 1024, e = 32, f = 32} (%W[m], %X[m, p], %Y[m, e]) -> [p, e] : f32 {
  %SW = einsum.compute [] = %W[m] * %W[m] reduce add(m)
  %SX = einsum.compute [p] = %W[m] * %W[m] * %X[m, p] reduce add(m)
  %SY = einsum.compute [e] = %W[m] * %W[m] * %Y[m, e] reduce add(m)
  %MX = einsum.compute [p] = %SX[p] / %SW[]
  %MY = einsum.compute [e] = %SY[e] / %SW[]
  %C = einsum.compute [p, e] = %W[m] * %W[m] * (%X[m, p] - %MX[p]) * (%Y[m, e] - %MY[e]) reduce add(m)
  einsum.return %C[p, e]
}
