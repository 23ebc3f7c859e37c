// FuseMax's Cascade 2: the multiplication deferred; one pass over A (arXiv 2406.10491, section 3).
einsum.cascade @cascade2 ranks {k = 4096} (%A[k], %B[k]) -> [] : f32 {
  %Y = einsum.compute [] = %A[k] * %B[k] reduce add(k)
  %X = einsum.compute [] = %A[k] reduce add(k)
  %Z = einsum.compute [] = %Y[] * %X[]
  einsum.return %Z[]
}
