// Pearson's correlation coefficient, centred (two passes as usually written).
einsum.cascade @pearson_correlation ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m], %Y[p, m]) -> [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %SY = einsum.compute [p] = %Y[p, m] reduce add(m)
  %MX = einsum.compute [p] = %SX[p] / shape(m)
  %MY = einsum.compute [p] = %SY[p] / shape(m)
  %SXX = einsum.compute [p] = pow(%X[p, m] - %MX[p], 2) reduce add(m)
  %SYY = einsum.compute [p] = pow(%Y[p, m] - %MY[p], 2) reduce add(m)
  %SXY = einsum.compute [p] = (%X[p, m] - %MX[p]) * (%Y[p, m] - %MY[p]) reduce add(m)
  %R = einsum.compute [p] = %SXY[p] * rsqrt(%SXX[p] * %SYY[p])
  einsum.return %R[p]
}
