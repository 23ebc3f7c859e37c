// LayerNorm, materialised (arXiv 1607.06450).
einsum.cascade @layernorm ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m], %G[m], %B[m]) -> [p, m] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %MU = einsum.compute [p] = %SX[p] / shape(m)
  %SQ = einsum.compute [p] = pow(%X[p, m] - %MU[p], 2) reduce add(m)
  %R = einsum.compute [p] = rsqrt(%SQ[p] / shape(m) + 1e-5)
  %Y = einsum.compute [p, m] = (%X[p, m] - %MU[p]) * %R[p] * %G[m] + %B[m]
  einsum.return %Y[p, m]
}
