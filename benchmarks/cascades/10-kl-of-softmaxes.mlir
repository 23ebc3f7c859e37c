// Kullback-Leibler divergence of two softmaxes (distillation).
einsum.cascade @kl_of_softmaxes ranks {p = 64, m = 1024, e = 32, f = 32} (%S[m, p], %T[m, p]) -> [p] : f32 {
  %GS = einsum.compute [p] = %S[m, p] reduce max(m)
  %GT = einsum.compute [p] = %T[m, p] reduce max(m)
  %DS = einsum.compute [p] = exp(%S[m, p] - %GS[p]) reduce add(m)
  %DT = einsum.compute [p] = exp(%T[m, p] - %GT[p]) reduce add(m)
  %A = einsum.compute [m, p] = exp(%S[m, p] - %GS[p]) / %DS[p]
  %LA = einsum.compute [m, p] = %S[m, p] - %GS[p] - log(%DS[p])
  %LB = einsum.compute [m, p] = %T[m, p] - %GT[p] - log(%DT[p])
  %KL = einsum.compute [p] = %A[m, p] * (%LA[m, p] - %LB[m, p]) reduce add(m)
  einsum.return %KL[p]
}
