// Variance about the mean, the two-pass textbook form (Welford and Chan derive its one-pass form by hand).
einsum.cascade @variance ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m]) -> [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %MU = einsum.compute [p] = %SX[p] / shape(m)
  %SQ = einsum.compute [p] = pow(%X[p, m] - %MU[p], 2) reduce add(m)
  %VAR = einsum.compute [p] = %SQ[p] / shape(m)
  einsum.return %VAR[p]
}
