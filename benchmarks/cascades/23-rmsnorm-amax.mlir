// RMSNorm, then the largest magnitude of its output (what dynamic quantisation of the next layer needs).
einsum.cascade @rmsnorm_amax ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m]) -> [p] : f32 {
  %SS = einsum.compute [p] = %X[p, m] * %X[p, m] reduce add(m)
  %R = einsum.compute [p] = rsqrt(%SS[p] / shape(m) + 1e-6)
  %AM = einsum.compute [p] = abs(%X[p, m] * %R[p]) reduce max(m)
  einsum.return %AM[p]
}
