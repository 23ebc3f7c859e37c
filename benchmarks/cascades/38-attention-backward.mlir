// Backward of attention with the log-sum-exp saved (FlashAttention, arXiv 2205.14135): the gradient of Q.
einsum.cascade @attention_backward ranks {p = 64, m = 1024, e = 32, f = 32} (%Q[p, e], %K[m, e], %V[m, f], %DO[p, f], %L[p]) -> [p, e] : f32 {
  %S = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %P = einsum.compute [m, p] = exp(%S[m, p] - %L[p])
  %DP = einsum.compute [m, p] = %DO[p, f] * %V[m, f] reduce add(f)
  %D = einsum.compute [p] = %P[m, p] * %DP[m, p] reduce add(m)
  %DS = einsum.compute [m, p] = %P[m, p] * (%DP[m, p] - %D[p])
  %DQ = einsum.compute [p, e] = %DS[m, p] * %K[m, e] reduce add(m)
  einsum.return %DQ[p, e]
}
