// RMSNorm and the matrix product behind it: the norm comes out of the product (arXiv 1910.07467).
einsum.cascade @rmsnorm_gemm ranks {p = 1024, d = 1024, f = 1024} (%X[p, d], %W[d, f]) -> [p, f] : f16 {
  %SS = einsum.compute [p] = %X[p, d] * %X[p, d] reduce add(d)
  %R = einsum.compute [p] = rsqrt(%SS[p] / shape(d) + 1e-6)
  %N = einsum.compute [p, d] = %X[p, d] * %R[p]
  %Y = einsum.compute [p, f] = %N[p, d] * %W[d, f] reduce add(d)
  einsum.return %Y[p, f]
}
