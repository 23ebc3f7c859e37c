// FuseMax (arXiv 2406.10491), Cascade 1: a sum, then a second sum that multiplies by it.
einsum.cascade @fusemax_cascade_1 ranks {p = 64, m = 1024, e = 32, f = 32} (%A[m], %B[m]) -> [] : f32 {
  %Y = einsum.compute [] = %A[m] * %B[m] reduce add(m)
  %Z = einsum.compute [] = %Y[] * %A[m] reduce add(m)
  einsum.return %Z[]
}
