// Prefix sum as a filtered reduction: every output re-reads its prefix (EDGE, arXiv 2404.11591).
einsum.cascade @prefix_sum_filtered ranks {i = 1024, k = 1024} (%A[k]) -> [i + 1] : f32 {
  %S = einsum.compute [i + 1] = %A[k] reduce add(k) where k <= i
  einsum.return %S[i + 1]
}
