einsum.cascade @"\01\0B\0C\EF\BF\BE\ED\9F\BF\EE\80\80\F4\8F\BF\BF\F0\9D\94\98" ranks {p = 2, m = 3} (%A[p, m], %B[m]) -> [p] : f32 {
  %S = einsum.compute [p] = %A[p, m] * %B[m] reduce add(m)
  einsum.return %S[p]
}
