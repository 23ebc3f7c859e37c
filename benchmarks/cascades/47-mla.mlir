// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434), absorbed form: keys and values share a latent and a rotary part.
einsum.cascade @mla ranks {b = 4, p = 64, m = 1024, e = 32, f = 32} (%Q[b, p, e], %R[b, p, f], %C[m, e], %T[m, f]) -> [b, p, e] : f32 {
  %SC = einsum.compute [b, m, p] = %Q[b, p, e] * %C[m, e] reduce add(e)
  %SR = einsum.compute [b, m, p] = %R[b, p, f] * %T[m, f] reduce add(f)
  %S = einsum.compute [b, m, p] = (%SC[b, m, p] + %SR[b, m, p]) / 8
  %GM = einsum.compute [b, p] = %S[b, m, p] reduce max(m)
  %SN = einsum.compute [b, m, p] = exp(%S[b, m, p] - %GM[b, p])
  %SD = einsum.compute [b, p] = %SN[b, m, p] reduce add(m)
  %A = einsum.compute [b, m, p] = %SN[b, m, p] / %SD[b, p]
  %AV = einsum.compute [b, p, e] = %A[b, m, p] * %C[m, e] reduce add(m)
  einsum.return %AV[b, p, e]
}
