// Sum of clipped deviations.
einsum.cascade @clipped_z_score ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m]) -> [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %MU = einsum.compute [p] = %SX[p] / shape(m)
  %Y = einsum.compute [p] = max(-3, min(3, %X[p, m] - %MU[p])) reduce add(m)
  einsum.return %Y[p]
}
