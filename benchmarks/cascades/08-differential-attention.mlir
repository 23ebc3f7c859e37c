// Differential attention (arXiv 2410.05258), the difference of two softmaxes applied to V in one reduction.
einsum.cascade @differential_attention ranks {p = 64, m = 1024, e = 32, f = 32} (%Q[p, e], %K[m, e], %R[p, e], %L[m, e], %V[m, f], %lambda[]) -> [p, f] : f32 {
  %S = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %T = einsum.compute [m, p] = %R[p, e] * %L[m, e] reduce add(e)
  %GS = einsum.compute [p] = %S[m, p] reduce max(m)
  %GT = einsum.compute [p] = %T[m, p] reduce max(m)
  %NS = einsum.compute [m, p] = exp(%S[m, p] - %GS[p])
  %NT = einsum.compute [m, p] = exp(%T[m, p] - %GT[p])
  %DS = einsum.compute [p] = %NS[m, p] reduce add(m)
  %DT = einsum.compute [p] = %NT[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %NS[m, p] / %DS[p] - %lambda[] * (%NT[m, p] / %DT[p])
  %AV = einsum.compute [p, f] = %A[m, p] * %V[m, f] reduce add(m)
  einsum.return %AV[p, f]
}
