// Focal loss with gamma = 2 over a softmax (arXiv 1708.02002).
einsum.cascade @focal_loss ranks {p = 64, m = 1024, e = 32, f = 32} (%S[m, p], %Y[m, p]) -> [p] : f32 {
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%S[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %FL = einsum.compute [p] = -%Y[m, p] * pow(1 - %A[m, p], 2) * log(%A[m, p]) reduce add(m)
  einsum.return %FL[p]
}
