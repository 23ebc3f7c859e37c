// Breadth-first search: the frontier moves along edges to vertices not visited, until it is empty (EDGE, arXiv 2404.11591). Results: what is
// reached, and its level.
einsum.cascade @bfs ranks {i = 64, s = 64, d = 64} (%G[s, d], %F0[d]) -> [d], [d] : i32 {
  %L0 = einsum.compute [d] = select(%F0[d] > 0, 0, -1)
  %F, %P, %L = einsum.iterate i init(%f[d] = %F0[d], %p[d] = %F0[d], %l[d] = %L0[d]) {
    %t = einsum.compute [d] = and(%G[s, d], %f[s]) reduce or(s)
    %fn = einsum.compute [d] = and(%t[d], not(%p[d]))
    %pn = einsum.compute [d] = or(%p[d], %fn[d])
    %ln = einsum.compute [d] = select(%fn[d] > 0, i + 1, %l[d])
    einsum.yield %fn[d], %pn[d], %ln[d] until %fn[d] == 0
  }
  einsum.return %P[d], %L[d]
}
