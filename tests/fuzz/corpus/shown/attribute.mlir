einsum.cascade @"\22 onload=\22alert(1)\22 x='javascript:alert(1)'" ranks {p = 2, m = 3} (%A[p, m], %B[m]) -> [p] : f32 {
  %S = einsum.compute [p] = %A[p, m] * %B[m] reduce add(m)
  einsum.return %S[p]
}
