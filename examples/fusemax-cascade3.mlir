// FuseMax's Cascade 3: one pass by an iterative rank, correcting by the quotient of running sums; undefined where one vanishes (A = (1, 1, 1),
// B = (1, -1, 1)), which is why no pass here emits it (arXiv 2406.10491, section 3).
einsum.cascade @cascade3 ranks {k = 4096} (%A[k], %B[k]) -> [] : f32 {
  %Y0 = einsum.compute [] = %A[0] * %B[0]
  %Z0 = einsum.compute [] = %Y0[] * %A[0]
  %Y, %Z = einsum.iterate k init(%y[] = 0, %z[] = 0) {
    %yn = einsum.compute [] = %y[] + %A[k] * %B[k]
    %zn = einsum.compute [] = select(k == 0, %Z0[], %z[] * (%yn[] / %y[]) + %yn[] * %A[k])
    einsum.yield %yn[], %zn[]
  }
  einsum.return %Z[]
}
