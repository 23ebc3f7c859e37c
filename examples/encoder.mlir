// A transformer's encoder block: projections, attention, and the feed-forward layers, each with its residual and layer norm (post-norm, as in BERT).
// Keys are the same tokens as queries, under another name.
einsum.cascade @encoder ranks {b = 8, h = 12, p = 1024, m = 1024, d = 768, e = 64, f = 64, j = 768, s = 3072}
    (%X[b, p, d], %Y[b, m, d], %WQ[d, h, e], %WK[d, h, e], %WV[d, h, f], %WZ[h, f, j], %W1[j, s], %W2[s, d]) -> [b, p, d] : f16 {
  %Q = einsum.compute [b, h, p, e] = %X[b, p, d] * %WQ[d, h, e] reduce add(d)
  %K = einsum.compute [b, h, m, e] = %Y[b, m, d] * %WK[d, h, e] reduce add(d)
  %V = einsum.compute [b, h, m, f] = %Y[b, m, d] * %WV[d, h, f] reduce add(d)
  %QK = einsum.compute [b, h, m, p] = %Q[b, h, p, e] * %K[b, h, m, e] reduce add(e)
  %S = einsum.compute [b, h, m, p] = %QK[b, h, m, p] * rsqrt(shape(e))
  %GM = einsum.compute [b, h, p] = %S[b, h, m, p] reduce max(m)
  %SN = einsum.compute [b, h, m, p] = exp(%S[b, h, m, p] - %GM[b, h, p])
  %SD = einsum.compute [b, h, p] = %SN[b, h, m, p] reduce add(m)
  %A = einsum.compute [b, h, m, p] = %SN[b, h, m, p] / %SD[b, h, p]
  %AV = einsum.compute [b, h, p, f] = %A[b, h, m, p] * %V[b, h, m, f] reduce add(m)
  %Z = einsum.compute [b, p, j] = %AV[b, h, p, f] * %WZ[h, f, j] reduce add(h), add(f)
  %R = einsum.compute [b, p, j] = %Z[b, p, j] + %X[b, p, j]
  %RM = einsum.compute [b, p] = %R[b, p, j] / shape(j) reduce add(j)
  %RV = einsum.compute [b, p] = (%R[b, p, j] - %RM[b, p]) * (%R[b, p, j] - %RM[b, p]) / shape(j) reduce add(j)
  %N = einsum.compute [b, p, j] = (%R[b, p, j] - %RM[b, p]) * rsqrt(%RV[b, p] + 0.00001)
  %H = einsum.compute [b, p, s] = %N[b, p, j] * %W1[j, s] reduce add(j)
  %G = einsum.compute [b, p, s] = max(%H[b, p, s], 0)
  %F = einsum.compute [b, p, d] = %G[b, p, s] * %W2[s, d] reduce add(s)
  %T = einsum.compute [b, p, d] = %F[b, p, d] + %N[b, p, d]
  %TM = einsum.compute [b, p] = %T[b, p, d] / shape(d) reduce add(d)
  %TV = einsum.compute [b, p] = (%T[b, p, d] - %TM[b, p]) * (%T[b, p, d] - %TM[b, p]) / shape(d) reduce add(d)
  %O = einsum.compute [b, p, d] = (%T[b, p, d] - %TM[b, p]) * rsqrt(%TV[b, p] + 0.00001)
  einsum.return %O[b, p, d]
}
