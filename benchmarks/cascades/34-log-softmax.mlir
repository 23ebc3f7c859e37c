// Log-softmax, materialised.
einsum.cascade @log_softmax ranks {p = 64, m = 1024, e = 32, f = 32} (%S[m, p]) -> [m, p] : f32 {
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SD = einsum.compute [p] = exp(%S[m, p] - %GM[p]) reduce add(m)
  %L = einsum.compute [m, p] = %S[m, p] - %GM[p] - log(%SD[p])
  einsum.return %L[m, p]
}
