// Gumbel-max sampling: the largest perturbed score, and its normalised log-probability.
einsum.cascade @gumbel_max ranks {p = 64, m = 1024, e = 32, f = 32} (%S[m, p], %N[m, p]) -> [p] : f32 {
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%S[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %B = einsum.compute [p] = %S[m, p] - %GM[p] - log(%SD[p]) + %N[m, p] reduce max(m)
  einsum.return %B[p]
}
