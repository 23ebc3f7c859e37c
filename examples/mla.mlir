// Multi-head latent attention with the projections absorbed: all heads share a latent (c) that serves as key and value, and a rotary part (r)
// (DeepSeek-V2, arXiv 2405.04434).
einsum.cascade @mla ranks {b = 4, h = 16, p = 1024, m = 1024, c = 512, r = 64}
    (%Q[b, h, p, c], %QR[b, h, p, r], %C[b, m, c], %KR[b, m, r]) -> [b, h, p, c] : f16 {
  %SC = einsum.compute [b, h, m, p] = %Q[b, h, p, c] * %C[b, m, c] reduce add(c)
  %SR = einsum.compute [b, h, m, p] = %QR[b, h, p, r] * %KR[b, m, r] reduce add(r)
  %S = einsum.compute [b, h, m, p] = (%SC[b, h, m, p] + %SR[b, h, m, p]) * rsqrt(shape(c) + shape(r))
  %GM = einsum.compute [b, h, p] = %S[b, h, m, p] reduce max(m)
  %SN = einsum.compute [b, h, m, p] = exp(%S[b, h, m, p] - %GM[b, h, p])
  %SD = einsum.compute [b, h, p] = %SN[b, h, m, p] reduce add(m)
  %A = einsum.compute [b, h, m, p] = %SN[b, h, m, p] / %SD[b, h, p]
  %AV = einsum.compute [b, h, p, c] = %A[b, h, m, p] * %C[b, m, c] reduce add(m)
  einsum.return %AV[b, h, p, c]
}
