// LayerNorm (arXiv 1607.06450) followed by a matrix product.
einsum.cascade @layernorm_matmul ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m], %G[m], %W[m, f]) -> [p, f] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %MU = einsum.compute [p] = %SX[p] / shape(m)
  %C = einsum.compute [p, m] = %X[p, m] - %MU[p]
  %SQ = einsum.compute [p] = %C[p, m] * %C[p, m] reduce add(m)
  %R = einsum.compute [p] = rsqrt(%SQ[p] / shape(m) + 1e-5)
  %N = einsum.compute [p, m] = %C[p, m] * %R[p] * %G[m]
  %Y = einsum.compute [p, f] = %N[p, m] * %W[m, f] reduce add(m)
  einsum.return %Y[p, f]
}
