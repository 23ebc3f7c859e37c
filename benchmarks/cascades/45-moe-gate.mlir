// Mixture-of-experts gate: softmax over the experts, the largest probability and the load-balancing sum of squares.
einsum.cascade @moe_gate ranks {p = 64, m = 1024, e = 32, f = 32} (%X[p, e], %W[m, e]) -> [p], [p] : f32 {
  %S = einsum.compute [m, p] = %X[p, e] * %W[m, e] reduce add(e)
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%S[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %TOP = einsum.compute [p] = %A[m, p] reduce max(m)
  %SQ = einsum.compute [p] = %A[m, p] * %A[m, p] reduce add(m)
  einsum.return %TOP[p], %SQ[p]
}
