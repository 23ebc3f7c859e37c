// Sum of Cauchy weights about the mean.
einsum.cascade @cauchy_about_mean ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m]) -> [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %MU = einsum.compute [p] = %SX[p] / shape(m)
  %Y = einsum.compute [p] = 1 / (1 + pow(%X[p, m] - %MU[p], 2)) reduce add(m)
  einsum.return %Y[p]
}
