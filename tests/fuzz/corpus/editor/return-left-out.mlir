einsum.cascade @a ranks {m = 4} (%A[m]) -> [] : f32 {
  %S = einsum.compute [] = %A[m] reduce add(m)
  einsum.return %Q[]
}
junk
