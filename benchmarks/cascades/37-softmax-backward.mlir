// Backward of softmax from its input: softmax, then its product with the gradient, then the gradient of the input.
einsum.cascade @softmax_backward ranks {p = 64, m = 1024, e = 32, f = 32} (%S[m, p], %G[m, p]) -> [m, p] : f32 {
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%S[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %D = einsum.compute [p] = %A[m, p] * %G[m, p] reduce add(m)
  %DS = einsum.compute [m, p] = %A[m, p] * (%G[m, p] - %D[p])
  einsum.return %DS[m, p]
}
