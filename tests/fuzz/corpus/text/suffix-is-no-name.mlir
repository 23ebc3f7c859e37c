einsum.cascade @a ranks {m = 4} (%A[m]) -> [] : f32 {
  %é = 1
}
