einsum.cascade @a ranks {i = 4} (%A[i]) -> [] : f32 {
  %S = einsum.iterate i init(%s[] = 0) {
    %t = einsum.compute [] = %s[] + %A[i]
  }
  einsum.return %S[]
}
