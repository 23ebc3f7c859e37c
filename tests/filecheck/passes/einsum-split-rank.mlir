// RUN: einfold-opt %s --split-input-file -p "einsum-split-rank{rank=m size=4}" --remarks=none | filecheck %s
// RUN: einfold-opt %s --split-input-file -p "einsum-split-rank{rank=m size=4 two-level=true}" --remarks=none | filecheck %s --check-prefix=TWO

// Arguments are read in tiles; tensors along m become tensors of tiles; the result is merged again.

einsum.cascade @even ranks {p = 8, m = 8, e = 4} (%Q[p, e], %K[m, e]) -> [p], [m, p] : f32 {
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] + m / shape(m) reduce add(e)
  %GM = einsum.compute [p] = %QK[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p])
  einsum.return %GM[p], %SN[m, p]
}

// CHECK-LABEL: einsum.cascade @even ranks {p = 8, m = 8, m1 = 2, m0 = 4, e = 4}
// CHECK-NEXT:    %QK = einsum.compute [m1, m0, p] = %Q[p, e] * %K[4 * m1 + m0, e] + (4 * m1 + m0) / shape(m) reduce add(e)
// CHECK-NEXT:    %GM = einsum.compute [p] = %QK[m1, m0, p] reduce max(m1, m0)
// CHECK-NEXT:    %SN = einsum.compute [m1, m0, p] = exp(%QK[m1, m0, p] - %GM[p])
// CHECK-NEXT:    %SN_1 = einsum.view %SN[(m1, m0) -> m, p]
// CHECK-NEXT:    einsum.return %GM[p], %SN_1[m, p]

// TWO-LABEL: einsum.cascade @even
// TWO:         %GM_local = einsum.compute [m1, p] = %QK[m1, m0, p] reduce max(m0)
// TWO-NEXT:    %GM = einsum.compute [p] = %GM_local[m1, p] reduce max(m1)

// -----

// The last tile of a ragged rank is left out; a constant coordinate has a tile; a subscript that is not m reads the whole.

einsum.cascade @ragged ranks {p = 10, m = 10} (%S[m, p]) -> [p], [p] : f32 {
  %A = einsum.compute [m, p] = %S[m, p] where m <= p
  %B = einsum.compute [m, p] = %A[m, p] + %A[6, p] + %A[p, p]
  %v, %i = einsum.compute [p] = %B[m, p] reduce argmax(m) where m <= p
  %C = einsum.compute [p] = %B[m, p] reduce add(m)
  einsum.return %i[p], %C[p]
}

// CHECK-LABEL: einsum.cascade @ragged ranks {p = 10, m = 10, m1 = 3, m0 = 4}
// CHECK-NEXT:    %A = einsum.compute [m1, m0, p] = %S[4 * m1 + m0, p] where 4 * m1 + m0 <= p and 4 * m1 + m0 < 10
// CHECK-NEXT:    %A_1 = einsum.view %A[(m1, m0) -> m, p]
// CHECK-NEXT:    %B = einsum.compute [m1, m0, p] = %A[m1, m0, p] + %A[1, 2, p] + %A_1[p, p] where 4 * m1 + m0 < 10
// CHECK-NEXT:    %v, %i = einsum.compute [p] = %B[m1, m0, p] reduce argmax(m1, m0) where 4 * m1 + m0 <= p and 4 * m1 + m0 < 10
// CHECK-NEXT:    %C = einsum.compute [p] = %B[m1, m0, p] reduce add(m1, m0) where 4 * m1 + m0 < 10

// TWO-LABEL: einsum.cascade @ragged
// TWO:         reduce argmax(m1, m0)
// TWO-NEXT:    %C_local = einsum.compute [m1, p] = %B[m1, m0, p] reduce add(m0) where 4 * m1 + m0 < 10
// TWO-NEXT:    %C = einsum.compute [p] = %C_local[m1, p] reduce add(m1)

// -----

// States keep m; what is yielded is merged. Names that are taken are not taken again.

einsum.cascade @states ranks {i = 3, m = 8, m1 = 2} (%S[m], %T[m1]) -> [m], [i, m] : f32 {
  %F, %H = einsum.iterate i init(%s[m] = %S[m]) {
    %n = einsum.compute [m] = %s[m] + 1
    einsum.yield %n[m] collect %n[m]
  }
  %G = einsum.compute [m] = %F[m] * 2
  einsum.return %G[m], %H[i, m]
}

// CHECK-LABEL: einsum.cascade @states ranks {i = 3, m = 8, m_1 = 2, m_0 = 4, m1 = 2}
// CHECK-NEXT:    %F, %H = einsum.iterate i init(%s[m] = %S[m]) {
// CHECK-NEXT:      %n = einsum.compute [m_1, m_0] = %s[4 * m_1 + m_0] + 1
// CHECK-NEXT:      %n_1 = einsum.view %n[(m_1, m_0) -> m]
// CHECK-NEXT:      einsum.yield %n_1[m] collect %n_1[m]
// CHECK-NEXT:    }
// CHECK-NEXT:    %G = einsum.compute [m_1, m_0] = %F[4 * m_1 + m_0] * 2
// CHECK-NEXT:    %G_1 = einsum.view %G[(m_1, m_0) -> m]
// CHECK-NEXT:    einsum.return %G_1[m], %H[i, m]

// -----

// A dimension that counts through m is written in tiles where they fit.

einsum.cascade @strided ranks {m = 8, s = 2} (%A[m, s]) -> [2 * m + s] : f32 {
  %B = einsum.compute [2 * m + s] = %A[m, s] * 2
  einsum.return %B[2 * m + s]
}

// CHECK-LABEL: einsum.cascade @strided
// CHECK-NEXT:    %B = einsum.compute [8 * m1 + 2 * m0 + s] = %A[4 * m1 + m0, s] * 2
