// Energy of data normalised to [0, 1] by its minimum and maximum.
einsum.cascade @minmax_energy ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m]) -> [p] : f32 {
  %LO = einsum.compute [p] = %X[p, m] reduce min(m)
  %HI = einsum.compute [p] = %X[p, m] reduce max(m)
  %E = einsum.compute [p] = pow((%X[p, m] - %LO[p]) / (%HI[p] - %LO[p]), 2) reduce add(m)
  einsum.return %E[p]
}
