// Attention in one pass over the keys, tile by tile, with a running maximum, denominator and numerator (FuseMax, Cascade 5; FlashAttention-2,
// arXiv 2307.08691).
einsum.cascade @attention_1pass ranks {b = 64, h = 12, p = 1024, m = 1024, e = 64, f = 64, m1 = 4, m0 = 256} (%Q[b, h, p, e], %K[b, h, m, e], %V[b, h, m, f]) -> [b, h, p, f] : f16 {
  %BK = einsum.view %K[b, h, m -> (m1, m0), e]
  %BV = einsum.view %V[b, h, m -> (m1, m0), f]
  %GM, %D, %NV = einsum.iterate m1 init(%RM[b, h, p] = -inf, %RD[b, h, p] = 0, %RNV[b, h, p, f] = 0) {
    %BQK = einsum.compute [b, h, m0, p] = %Q[b, h, p, e] * %BK[b, h, m1, m0, e] reduce add(e)
    %LM = einsum.compute [b, h, p] = %BQK[b, h, m0, p] reduce max(m0)
    %RM1 = einsum.compute [b, h, p] = max(%RM[b, h, p], %LM[b, h, p])
    %SLN = einsum.compute [b, h, m0, p] = exp(%BQK[b, h, m0, p] - %RM1[b, h, p])
    %SLD = einsum.compute [b, h, p] = %SLN[b, h, m0, p] reduce add(m0)
    %SLNV = einsum.compute [b, h, p, f] = %SLN[b, h, m0, p] * %BV[b, h, m1, m0, f] reduce add(m0)
    %PRM = einsum.compute [b, h, p] = exp(%RM[b, h, p] - %RM1[b, h, p])
    %SPD = einsum.compute [b, h, p] = %RD[b, h, p] * %PRM[b, h, p]
    %RD1 = einsum.compute [b, h, p] = %SLD[b, h, p] + %SPD[b, h, p]
    %SPNV = einsum.compute [b, h, p, f] = %RNV[b, h, p, f] * %PRM[b, h, p]
    %RNV1 = einsum.compute [b, h, p, f] = %SLNV[b, h, p, f] + %SPNV[b, h, p, f]
    einsum.yield %RM1[b, h, p], %RD1[b, h, p], %RNV1[b, h, p, f]
  }
  %AV = einsum.compute [b, h, p, f] = %NV[b, h, p, f] / %D[b, h, p]
  einsum.return %AV[b, h, p, f]
}
