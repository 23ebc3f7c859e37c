// RMSNorm (arXiv 1910.07467) followed by a matrix product.
einsum.cascade @rmsnorm_matmul ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m], %G[m], %W[m, f]) -> [p, f] : f32 {
  %SS = einsum.compute [p] = %X[p, m] * %X[p, m] reduce add(m)
  %R = einsum.compute [p] = rsqrt(%SS[p] / shape(m) + 1e-6)
  %N = einsum.compute [p, m] = %X[p, m] * %R[p] * %G[m]
  %Y = einsum.compute [p, f] = %N[p, m] * %W[m, f] reduce add(m)
  einsum.return %Y[p, f]
}
