// Dynamic quantisation to the FP8 range (scale by 448 / amax) and a matrix product, rounding left out.
einsum.cascade @fp8_gemm_no_rounding ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m], %W[m, f]) -> [p, f] : f32 {
  %AM = einsum.compute [p] = abs(%X[p, m]) reduce max(m)
  %Y = einsum.compute [p, f] = (%X[p, m] * (448 / %AM[p])) * %W[m, f] reduce add(m)
  einsum.return %Y[p, f]
}
