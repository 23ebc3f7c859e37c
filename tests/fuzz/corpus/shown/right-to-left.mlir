einsum.cascade @"a\E2\80\AEcba\E2\81\A6\E2\80\8B\EF\BB\BF\E2\80\A8b\00\1B[31m" ranks {p = 2, m = 3} (%A[p, m], %B[m]) -> [p] : f32 {
  %S = einsum.compute [p] = %A[p, m] * %B[m] reduce add(m)
  einsum.return %S[p]
}
