// Fourth central moment.
einsum.cascade @kurtosis ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m]) -> [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %MU = einsum.compute [p] = %SX[p] / shape(m)
  %M4 = einsum.compute [p] = pow(%X[p, m] - %MU[p], 4) reduce add(m)
  einsum.return %M4[p]
}
