// Attention with a learned sink per head: one more term in the denominator, with no value behind it (gpt-oss; StreamingLLM, arXiv 2309.17453).
einsum.cascade @sink ranks {b = 64, h = 12, p = 1024, m = 1024, e = 64, f = 64} (%Q[b, h, p, e], %K[b, h, m, e], %V[b, h, m, f], %Z[h]) -> [b, h, p, f] : f16 {
  %QK = einsum.compute [b, h, m, p] = %Q[b, h, p, e] * %K[b, h, m, e] reduce add(e)
  %S = einsum.compute [b, h, m, p] = %QK[b, h, m, p] * rsqrt(shape(e))
  %GM = einsum.compute [b, h, p] = %S[b, h, m, p] reduce max(m)
  %GZ = einsum.compute [b, h, p] = max(%GM[b, h, p], %Z[h])
  %SN = einsum.compute [b, h, m, p] = exp(%S[b, h, m, p] - %GZ[b, h, p])
  %SD = einsum.compute [b, h, p] = %SN[b, h, m, p] reduce add(m)
  %DZ = einsum.compute [b, h, p] = %SD[b, h, p] + exp(%Z[h] - %GZ[b, h, p])
  %A = einsum.compute [b, h, m, p] = %SN[b, h, m, p] / %DZ[b, h, p]
  %AV = einsum.compute [b, h, p, f] = %A[b, h, m, p] * %V[b, h, m, f] reduce add(m)
  einsum.return %AV[b, h, p, f]
}
