// Shortest paths from one vertex (Bellman-Ford), until no distance changes (EDGE, arXiv 2404.11591). No edge is inf.
einsum.cascade @sssp ranks {i = 64, s = 64, d = 64} (%G[s, d], %D0[d]) -> [d] : f32 {
  %D = einsum.iterate i init(%x[d] = %D0[d]) {
    %n = einsum.compute [d] = %G[s, d] + %x[s] reduce min(s)
    %y = einsum.compute [d] = min(%x[d], %n[d])
    einsum.yield %y[d] until %y[d] == %x[d]
  }
  einsum.return %D[d]
}
