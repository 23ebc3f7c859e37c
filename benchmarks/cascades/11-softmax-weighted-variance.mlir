// Variance of V under softmax weights: the mean must be known before the squares.
einsum.cascade @softmax_weighted_variance ranks {p = 64, m = 1024, e = 32, f = 32} (%S[m, p], %V[m]) -> [p] : f32 {
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%S[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %MU = einsum.compute [p] = %A[m, p] * %V[m] reduce add(m)
  %VAR = einsum.compute [p] = %A[m, p] * pow(%V[m] - %MU[p], 2) reduce add(m)
  einsum.return %VAR[p]
}
