// The linear layers of one encoder block: queries, keys and values from the block's input, the projection of what attention gives, and the
// two layers of the feed-forward network. Row n is a token of a sequence of the batch (BERT's sizes, 64 sequences of 1024 tokens; what lies
// between the layers besides products is left out, as in FuseMax, arXiv 2406.10491).
einsum.cascade @linear ranks {n = 65536, d = 768, j = 768, s = 3072, i = 768}
    (%X[n, d], %WQ[d, j], %WK[d, j], %WV[d, j], %AV[n, d], %WZ[d, j], %W1[j, s], %W2[s, i]) -> [n, j], [n, j], [n, j], [n, i] : f16 {
  %Q = einsum.compute [n, j] = %X[n, d] * %WQ[d, j] reduce add(d)
  %K = einsum.compute [n, j] = %X[n, d] * %WK[d, j] reduce add(d)
  %V = einsum.compute [n, j] = %X[n, d] * %WV[d, j] reduce add(d)
  %Z = einsum.compute [n, j] = %AV[n, d] * %WZ[d, j] reduce add(d)
  %FFN1 = einsum.compute [n, s] = %Z[n, j] * %W1[j, s] reduce add(j)
  %FFN2 = einsum.compute [n, i] = %FFN1[n, s] * %W2[s, i] reduce add(s)
  einsum.return %Q[n, j], %K[n, j], %V[n, j], %FFN2[n, i]
}
