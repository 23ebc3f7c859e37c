// Weighted sum of sin(x - sum x): the addition theorem separates it.
einsum.cascade @sine_of_deviation ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m], %W[m]) -> [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %Y = einsum.compute [p] = %W[m] * sin(%X[p, m] - %SX[p]) reduce add(m)
  einsum.return %Y[p]
}
