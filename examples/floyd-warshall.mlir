// All shortest paths: generation i allows paths through vertex i (EDGE, arXiv 2404.11591). No edge is inf.
einsum.cascade @floyd_warshall ranks {i = 64, u = 64, w = 64} (%G[u, w]) -> [u, w] : f32 {
  %D = einsum.iterate i init(%d[u, w] = %G[u, w]) {
    %n = einsum.compute [u, w] = min(%d[u, w], %d[u, i] + %d[i, w])
    einsum.yield %n[u, w]
  }
  einsum.return %D[u, w]
}
