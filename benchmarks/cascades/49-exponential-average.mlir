// Exponentially weighted average of a sequence, normalised by its weights.
einsum.cascade @exponential_average ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m]) -> [p] : f32 {
  %W = einsum.compute [m] = pow(0.99, shape(m) - 1 - m)
  %SW = einsum.compute [] = %W[m] reduce add(m)
  %Y = einsum.compute [p] = %X[p, m] * (%W[m] / %SW[]) reduce add(m)
  einsum.return %Y[p]
}
