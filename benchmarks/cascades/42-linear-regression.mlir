// Least squares with one regressor, the slope from centred sums, and the residual sum of squares.
einsum.cascade @linear_regression ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m], %Y[p, m]) -> [p], [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %SY = einsum.compute [p] = %Y[p, m] reduce add(m)
  %MX = einsum.compute [p] = %SX[p] / shape(m)
  %MY = einsum.compute [p] = %SY[p] / shape(m)
  %SXY = einsum.compute [p] = (%X[p, m] - %MX[p]) * (%Y[p, m] - %MY[p]) reduce add(m)
  %SXX = einsum.compute [p] = pow(%X[p, m] - %MX[p], 2) reduce add(m)
  %SLOPE = einsum.compute [p] = %SXY[p] / %SXX[p]
  %RSS = einsum.compute [p] = pow(%Y[p, m] - %MY[p] - %SLOPE[p] * (%X[p, m] - %MX[p]), 2) reduce add(m)
  einsum.return %SLOPE[p], %RSS[p]
}
