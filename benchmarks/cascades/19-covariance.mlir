// Covariance about the two means.
einsum.cascade @covariance ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m], %Y[p, m]) -> [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %SY = einsum.compute [p] = %Y[p, m] reduce add(m)
  %MX = einsum.compute [p] = %SX[p] / shape(m)
  %MY = einsum.compute [p] = %SY[p] / shape(m)
  %COV = einsum.compute [p] = (%X[p, m] - %MX[p]) * (%Y[p, m] - %MY[p]) reduce add(m)
  einsum.return %COV[p]
}
