// A strided convolution over images: sums of ranks as subscripts.
einsum.cascade @convolution ranks {n = 4, k = 64, c = 32, p = 28, q = 28, r = 3, s = 3}
    (%I[n, c, 2 * p + r, 2 * q + s], %F[k, c, r, s]) -> [n, k, p, q] : f32 {
  %O = einsum.compute [n, k, p, q] = %I[n, c, 2 * p + r, 2 * q + s] * %F[k, c, r, s] reduce add(c, r, s)
  einsum.return %O[n, k, p, q]
}
