// One product of two matrices; the benchmark gives it other sizes.
einsum.cascade @gemm ranks {m = 64, n = 64, k = 64} (%A[m, k], %B[k, n]) -> [m, n] : f16 {
  %Z = einsum.compute [m, n] = %A[m, k] * %B[k, n] reduce add(k)
  einsum.return %Z[m, n]
}
