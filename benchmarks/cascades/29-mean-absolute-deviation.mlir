// Mean absolute deviation.
einsum.cascade @mean_absolute_deviation ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m]) -> [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %MU = einsum.compute [p] = %SX[p] / shape(m)
  %D = einsum.compute [p] = abs(%X[p, m] - %MU[p]) reduce add(m)
  einsum.return %D[p]
}
