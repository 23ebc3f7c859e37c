// Entropy of a softmax.
einsum.cascade @softmax_entropy ranks {p = 64, m = 1024, e = 32, f = 32} (%S[m, p]) -> [p] : f32 {
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%S[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %H = einsum.compute [p] = -%A[m, p] * log(%A[m, p]) reduce add(m)
  einsum.return %H[p]
}
