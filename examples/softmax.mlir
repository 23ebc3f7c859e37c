// Softmax, materialised: three passes as written, two at best, since the output keeps the rank.
einsum.cascade @softmax ranks {p = 256, m = 1024} (%X[p, m]) -> [p, m] : f32 {
  %GM = einsum.compute [p] = %X[p, m] reduce max(m)
  %SN = einsum.compute [p, m] = exp(%X[p, m] - %GM[p])
  %SD = einsum.compute [p] = %SN[p, m] reduce add(m)
  %A = einsum.compute [p, m] = %SN[p, m] / %SD[p]
  einsum.return %A[p, m]
}
