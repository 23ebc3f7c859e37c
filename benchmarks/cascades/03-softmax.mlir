// Softmax, materialised: the output keeps the rank, so the data must be read again after the sum.
einsum.cascade @softmax ranks {p = 64, m = 1024, e = 32, f = 32} (%S[m, p]) -> [m, p] : f32 {
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%S[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  einsum.return %A[m, p]
}
