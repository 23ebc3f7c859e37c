einsum.cascade @"\22]; x [label=<<b>y</b>>]; \5Cn\5Cl}" ranks {p = 2, m = 3} (%A[p, m], %B[m]) -> [p] : f32 {
  %A$.-b = einsum.compute [p] = %A[p, m] * %B[m] reduce add(m)
  einsum.return %A$.-b[p]
}
