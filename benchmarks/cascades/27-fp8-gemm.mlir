// Dynamic quantisation with rounding, and a matrix product: rounding is opaque, the scale must be known first.
einsum.cascade @fp8_gemm ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m], %W[m, f]) -> [p, f] : f32 {
  %AM = einsum.compute [p] = abs(%X[p, m]) reduce max(m)
  %Y = einsum.compute [p, f] = round(%X[p, m] * (448 / %AM[p])) * %W[m, f] reduce add(m)
  einsum.return %Y[p, f]
}
