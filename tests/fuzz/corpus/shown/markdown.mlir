einsum.cascade @"`](javascript:x) | <b> **x** $$\0A# y" ranks {p = 2, m = 3} (%A[p, m], %B[m]) -> [p] : f32 {
  %S = einsum.compute [p] = %A[p, m] * %B[m] reduce add(m)
  einsum.return %S[p]
}
