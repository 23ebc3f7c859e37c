// Log-sum-exp with the maximum subtracted (the numerically safe form in every softmax library).
einsum.cascade @log_sum_exp ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, m]) -> [p] : f32 {
  %GM = einsum.compute [p] = %X[p, m] reduce max(m)
  %SD = einsum.compute [p] = exp(%X[p, m] - %GM[p]) reduce add(m)
  %L = einsum.compute [p] = log(%SD[p]) + %GM[p]
  einsum.return %L[p]
}
