// Prefix sum with an iterative rank: each output from the one before (EDGE, arXiv 2404.11591).
einsum.cascade @prefix_sum_iterative ranks {i = 1024} (%A[i]) -> [i] : f32 {
  %T, %S = einsum.iterate i init(%s[] = 0) {
    %n = einsum.compute [] = %s[] + %A[i]
    einsum.yield %n[] collect %n[]
  }
  einsum.return %S[i]
}
