// Attention within documents: keys of another document score -inf.
einsum.cascade @document_mask ranks {p = 64, m = 1024, e = 32, f = 32} (%Q[p, e], %K[m, e], %V[m, f], %DQ[p], %DK[m]) -> [p, f] : f32 {
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %S = einsum.compute [m, p] = select(%DQ[p] == %DK[m], %QK[m, p], -inf)
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%S[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %AV = einsum.compute [p, f] = %A[m, p] * %V[m, f] reduce add(m)
  einsum.return %AV[p, f]
}
