einsum.cascade @"constructor" ranks {p = 2, m = 3} (%constructor[p, m], %toString.0[m]) -> [p] : f32 {
  %__proto__ = einsum.compute [p] = %constructor[p, m] * %toString.0[m] reduce add(m)
  einsum.return %__proto__[p]
}
