// How many elements exceed the mean.
einsum.cascade @count_above_mean ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m]) -> [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %MU = einsum.compute [p] = %SX[p] / shape(m)
  %N = einsum.compute [p] = select(%X[p, m] > %MU[p], 1, 0) reduce add(m)
  einsum.return %N[p]
}
