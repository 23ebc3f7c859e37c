// Performer's positive random features with the maximum subtracted and an epsilon, normalised (arXiv 2009.14794).
einsum.cascade @performer_with_epsilon ranks {p = 64, m = 1024, e = 32, f = 32} (%X[m, p], %N[m], %V[m, f]) -> [p, f] : f32 {
  %S = einsum.compute [m, p] = %X[m, p] - %N[m] / 2
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %PH = einsum.compute [m, p] = exp(%S[m, p] - %GM[p]) + 1e-4
  %PD = einsum.compute [p] = %PH[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %PH[m, p] / %PD[p]
  %AV = einsum.compute [p, f] = %A[m, p] * %V[m, f] reduce add(m)
  einsum.return %AV[p, f]
}
