einsum.cascade @"\5Cinput{/etc/passwd} $x$ %&#_{}~^ \5Cend{document}" ranks {p = 2, m = 3} (%A[p, m], %B[m]) -> [p] : f32 {
  %proto__ = einsum.compute [p] = %A[p, m] * %B[m] reduce add(m)
  einsum.return %proto__[p]
}
