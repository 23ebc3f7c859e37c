// LayerNorm: mean, variance about the mean, output (arXiv 1607.06450).
einsum.cascade @layernorm ranks {p = 256, d = 1024} (%X[p, d], %G[d], %B[d]) -> [p, d] : f32 {
  %SX = einsum.compute [p] = %X[p, d] reduce add(d)
  %MU = einsum.compute [p] = %SX[p] / shape(d)
  %SQ = einsum.compute [p] = pow(%X[p, d] - %MU[p], 2) reduce add(d)
  %R = einsum.compute [p] = rsqrt(%SQ[p] / shape(d) + 1e-5)
  %Y = einsum.compute [p, d] = (%X[p, d] - %MU[p]) * %R[p] * %G[d] + %B[d]
  einsum.return %Y[p, d]
}
