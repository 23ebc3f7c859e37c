// Attention in two passes: a maximum per tile first, numerators relative to it, corrected once the global maximum is known (FuseMax, section
// 4).
einsum.cascade @attention_2pass ranks {b = 64, h = 12, p = 1024, m = 1024, e = 64, f = 64, m1 = 4, m0 = 256} (%Q[b, h, p, e], %K[b, h, m, e], %V[b, h, m, f]) -> [b, h, p, f] : f16 {
  %BK = einsum.view %K[b, h, m -> (m1, m0), e]
  %BV = einsum.view %V[b, h, m -> (m1, m0), f]
  %BQK = einsum.compute [b, h, m1, m0, p] = %Q[b, h, p, e] * %BK[b, h, m1, m0, e] reduce add(e)
  %LM = einsum.compute [b, h, m1, p] = %BQK[b, h, m1, m0, p] reduce max(m0)
  %GM = einsum.compute [b, h, p] = %LM[b, h, m1, p] reduce max(m1)
  %SLN = einsum.compute [b, h, m1, m0, p] = exp(%BQK[b, h, m1, m0, p] - %LM[b, h, m1, p])
  %SLD = einsum.compute [b, h, m1, p] = %SLN[b, h, m1, m0, p] reduce add(m0)
  %PLM = einsum.compute [b, h, m1, p] = exp(%LM[b, h, m1, p] - %GM[b, h, p])
  %SD = einsum.compute [b, h, p] = %SLD[b, h, m1, p] * %PLM[b, h, m1, p] reduce add(m1)
  %SNV = einsum.compute [b, h, p, f] = %SLN[b, h, m1, m0, p] * %PLM[b, h, m1, p] * %BV[b, h, m1, m0, f] reduce add(m1, m0)
  %AV = einsum.compute [b, h, p, f] = %SNV[b, h, p, f] / %SD[b, h, p]
  einsum.return %AV[b, h, p, f]
}
