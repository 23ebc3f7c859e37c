// FuseMax's Cascade 1: two passes over A, since Z needs all of Y (arXiv 2406.10491, section 3).
einsum.cascade @cascade1 ranks {k = 4096} (%A[k], %B[k]) -> [] : f32 {
  %Y = einsum.compute [] = %A[k] * %B[k] reduce add(k)
  %Z = einsum.compute [] = %Y[] * %A[k] reduce add(k)
  einsum.return %Z[]
}
