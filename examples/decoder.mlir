// A transformer's decoder block, pre-norm (T5 v1.1, arXiv 2002.05202): masked self-attention, cross-attention to an encoder's output, a feed-forward
// layer with SwiGLU, each behind an RMS norm and beside a residual. Keys of the self-attention are the same tokens as queries, under another name.
einsum.cascade @decoder ranks {b = 8, h = 12, p = 1024, m = 1024, n = 1024, d = 768, j = 768, e = 64, f = 64, s = 2048}
    (%X[b, p, d], %Y[b, m, d], %E[b, n, d], %G1[d], %G2[j], %G3[d], %WQ[d, h, e], %WK[d, h, e], %WV[d, h, f], %WO[h, f, j],
     %UQ[j, h, e], %UK[d, h, e], %UV[d, h, f], %UO[h, f, d], %WG[d, s], %WU[d, s], %WD[s, j]) -> [b, p, j] : f16 {
  %X2 = einsum.compute [b, p] = %X[b, p, d] * %X[b, p, d] / shape(d) reduce add(d)
  %XN = einsum.compute [b, p, d] = %X[b, p, d] * rsqrt(%X2[b, p] + 0.00001) * %G1[d]
  %Y2 = einsum.compute [b, m] = %Y[b, m, d] * %Y[b, m, d] / shape(d) reduce add(d)
  %YN = einsum.compute [b, m, d] = %Y[b, m, d] * rsqrt(%Y2[b, m] + 0.00001) * %G1[d]
  %Q = einsum.compute [b, h, p, e] = %XN[b, p, d] * %WQ[d, h, e] reduce add(d)
  %K = einsum.compute [b, h, m, e] = %YN[b, m, d] * %WK[d, h, e] reduce add(d)
  %V = einsum.compute [b, h, m, f] = %YN[b, m, d] * %WV[d, h, f] reduce add(d)
  %QK = einsum.compute [b, h, m, p] = %Q[b, h, p, e] * %K[b, h, m, e] reduce add(e)
  %S = einsum.compute [b, h, m, p] = %QK[b, h, m, p] * rsqrt(shape(e))
  %GM = einsum.compute [b, h, p] = %S[b, h, m, p] reduce max(m) where m <= p
  %SN = einsum.compute [b, h, m, p] = exp(%S[b, h, m, p] - %GM[b, h, p]) where m <= p
  %SD = einsum.compute [b, h, p] = %SN[b, h, m, p] reduce add(m) where m <= p
  %A = einsum.compute [b, h, m, p] = %SN[b, h, m, p] / %SD[b, h, p] where m <= p
  %AV = einsum.compute [b, h, p, f] = %A[b, h, m, p] * %V[b, h, m, f] reduce add(m) where m <= p
  %Z = einsum.compute [b, p, j] = %AV[b, h, p, f] * %WO[h, f, j] reduce add(h), add(f)
  %R = einsum.compute [b, p, j] = %Z[b, p, j] + %X[b, p, j]
  %R2 = einsum.compute [b, p] = %R[b, p, j] * %R[b, p, j] / shape(j) reduce add(j)
  %RN = einsum.compute [b, p, j] = %R[b, p, j] * rsqrt(%R2[b, p] + 0.00001) * %G2[j]
  %CQ = einsum.compute [b, h, p, e] = %RN[b, p, j] * %UQ[j, h, e] reduce add(j)
  %CK = einsum.compute [b, h, n, e] = %E[b, n, d] * %UK[d, h, e] reduce add(d)
  %CV = einsum.compute [b, h, n, f] = %E[b, n, d] * %UV[d, h, f] reduce add(d)
  %CQK = einsum.compute [b, h, n, p] = %CQ[b, h, p, e] * %CK[b, h, n, e] reduce add(e)
  %CS = einsum.compute [b, h, n, p] = %CQK[b, h, n, p] * rsqrt(shape(e))
  %CM = einsum.compute [b, h, p] = %CS[b, h, n, p] reduce max(n)
  %CN = einsum.compute [b, h, n, p] = exp(%CS[b, h, n, p] - %CM[b, h, p])
  %CD = einsum.compute [b, h, p] = %CN[b, h, n, p] reduce add(n)
  %CA = einsum.compute [b, h, n, p] = %CN[b, h, n, p] / %CD[b, h, p]
  %CAV = einsum.compute [b, h, p, f] = %CA[b, h, n, p] * %CV[b, h, n, f] reduce add(n)
  %CZ = einsum.compute [b, p, d] = %CAV[b, h, p, f] * %UO[h, f, d] reduce add(h), add(f)
  %T = einsum.compute [b, p, d] = %CZ[b, p, d] + %R[b, p, d]
  %T2 = einsum.compute [b, p] = %T[b, p, d] * %T[b, p, d] / shape(d) reduce add(d)
  %TN = einsum.compute [b, p, d] = %T[b, p, d] * rsqrt(%T2[b, p] + 0.00001) * %G3[d]
  %HG = einsum.compute [b, p, s] = %TN[b, p, d] * %WG[d, s] reduce add(d)
  %HU = einsum.compute [b, p, s] = %TN[b, p, d] * %WU[d, s] reduce add(d)
  %HS = einsum.compute [b, p, s] = %HG[b, p, s] * sigmoid(%HG[b, p, s]) * %HU[b, p, s]
  %F = einsum.compute [b, p, j] = %HS[b, p, s] * %WD[s, j] reduce add(s)
  %O = einsum.compute [b, p, j] = %F[b, p, j] + %T[b, p, j]
  einsum.return %O[b, p, j]
}
