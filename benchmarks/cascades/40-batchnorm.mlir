// BatchNorm in training, materialised (arXiv 1502.03167): statistics over two ranks.
einsum.cascade @batchnorm ranks {p = 64, m = 1024, e = 32, f = 32} (%X[m, p, e], %G[p], %B[p]) -> [m, p, e] : f32 {
  %SX = einsum.compute [p] = %X[m, p, e] reduce add(m, e)
  %MU = einsum.compute [p] = %SX[p] / (shape(m) * shape(e))
  %SQ = einsum.compute [p] = pow(%X[m, p, e] - %MU[p], 2) reduce add(m, e)
  %R = einsum.compute [p] = rsqrt(%SQ[p] / (shape(m) * shape(e)) + 1e-5)
  %Y = einsum.compute [m, p, e] = (%X[m, p, e] - %MU[p]) * %R[p] * %G[p] + %B[p]
  einsum.return %Y[m, p, e]
}
