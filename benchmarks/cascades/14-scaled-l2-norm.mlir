// L2 norm scaled by the largest magnitude, so that squares do not overflow (BLAS nrm2).
einsum.cascade @scaled_l2_norm ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m]) -> [p] : f32 {
  %GM = einsum.compute [p] = abs(%X[p, m]) reduce max(m)
  %SS = einsum.compute [p] = pow(%X[p, m] / %GM[p], 2) reduce add(m)
  %L = einsum.compute [p] = %GM[p] * sqrt(%SS[p])
  einsum.return %L[p]
}
