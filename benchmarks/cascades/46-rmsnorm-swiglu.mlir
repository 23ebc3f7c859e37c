// RMSNorm followed by SwiGLU (arXiv 2002.05202): two products share the norm.
einsum.cascade @rmsnorm_swiglu ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m], %U[m, f], %W[m, f]) -> [p, f] : f32 {
  %SS = einsum.compute [p] = %X[p, m] * %X[p, m] reduce add(m)
  %R = einsum.compute [p] = rsqrt(%SS[p] / shape(m) + 1e-6)
  %N = einsum.compute [p, m] = %X[p, m] * %R[p]
  %GATE = einsum.compute [p, f] = %N[p, m] * %U[m, f] reduce add(m)
  %UP = einsum.compute [p, f] = %N[p, m] * %W[m, f] reduce add(m)
  %Y = einsum.compute [p, f] = %GATE[p, f] * sigmoid(%GATE[p, f]) * %UP[p, f]
  einsum.return %Y[p, f]
}
