// The dominant eigenvector by power iteration, until it moves by less than 1e-6.
einsum.cascade @power_iteration ranks {i = 200, u = 32, v = 32} (%A[u, v], %X0[u]) -> [u], [] : f64 {
  %X, %N = einsum.iterate i init(%x[u] = %X0[u], %n[] = 0) {
    %y = einsum.compute [u] = %A[u, v] * %x[v] reduce add(v)
    %q = einsum.compute [] = %y[u] * %y[u] reduce add(u)
    %l = einsum.compute [] = sqrt(%q[])
    %z = einsum.compute [u] = %y[u] / %l[]
    einsum.yield %z[u], %l[] until abs(%z[u] - %x[u]) < 1e-6
  }
  einsum.return %X[u], %N[]
}
