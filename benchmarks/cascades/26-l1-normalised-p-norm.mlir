// Sum of cubes of L1-normalised magnitudes.
einsum.cascade @l1_normalised_p_norm ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m]) -> [p] : f32 {
  %L1 = einsum.compute [p] = abs(%X[p, m]) reduce add(m)
  %Y = einsum.compute [p] = pow(abs(%X[p, m]) / %L1[p], 3) reduce add(m)
  einsum.return %Y[p]
}
