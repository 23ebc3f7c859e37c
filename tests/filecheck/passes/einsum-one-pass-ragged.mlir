// RUN: einfold-opt %s -p 'einsum-one-pass{rank=m size=6}' | filecheck %s

// A ragged last tile and a window whose first tiles are empty: filtered, and guarded where nothing has been visited yet.
einsum.cascade @window ranks {p = 20, m = 20} (%X[p, m], %V[m]) -> [p] : f32 {
  %GM = einsum.compute [p] = %X[p, m] reduce max(m) where p - 3 < m <= p
  %SD = einsum.compute [p] = exp(%X[p, m] - %GM[p]) reduce add(m) where p - 3 < m <= p
  %AV = einsum.compute [p] = exp(%X[p, m] - %GM[p]) / %SD[p] * %V[m] reduce add(m) where p - 3 < m <= p
  einsum.return %AV[p]
}

// CHECK:      einsum.cascade @window ranks {p = 20, m = 20, m1 = 4, m0 = 6} (%X[p, m], %V[m]) -> [p] : f32 {
// CHECK-NEXT: %GM, %SD, %AAV = einsum.iterate m1 init(%RGM[p] = -inf, %RSD[p] = 0, %RAV[p] = 0) {
// CHECK-NEXT: %LGM = einsum.compute [p] = %X[p, 6 * m1 + m0] reduce max(m0) where p - 3 < 6 * m1 + m0 and 6 * m1 + m0 <= p and 6 * m1 + m0 < 20
// CHECK-NEXT: %RGM_next = einsum.compute [p] = max(%LGM[p], %RGM[p])
// CHECK-NEXT: %SGM = einsum.compute [p] = select(%RGM_next[p] == -inf, 0, %RGM_next[p])
// CHECK-NEXT: %LSD_map = einsum.compute [m0, p] = exp(%X[p, 6 * m1 + m0] - %SGM[p]) where p - 3 < 6 * m1 + m0 and 6 * m1 + m0 <= p and 6 * m1 + m0 < 20
// CHECK-NEXT: %LSD = einsum.compute [p] = %LSD_map[m0, p] reduce add(m0) where p - 3 < 6 * m1 + m0 and 6 * m1 + m0 <= p and 6 * m1 + m0 < 20
// CHECK-NEXT: %PGM = einsum.compute [p] = exp(select(%RGM[p] == -inf, %SGM[p], %RGM[p]) - %SGM[p])
// CHECK-NEXT: %PSD = einsum.compute [p] = %RSD[p] * %PGM[p]
// CHECK-NEXT: %RSD_next = einsum.compute [p] = %LSD[p] + %PSD[p]
// CHECK-NEXT: %LAV = einsum.compute [p] = %LSD_map[m0, p] * %V[6 * m1 + m0] reduce add(m0) where p - 3 < 6 * m1 + m0 and 6 * m1 + m0 <= p and 6 * m1 + m0 < 20
// CHECK-NEXT: %PAV = einsum.compute [p] = %RAV[p] * %PGM[p]
// CHECK-NEXT: %RAV_next = einsum.compute [p] = %LAV[p] + %PAV[p]
// CHECK-NEXT: einsum.yield %RGM_next[p], %RSD_next[p], %RAV_next[p]
// CHECK-NEXT: }
// CHECK-NEXT: %AV = einsum.compute [p] = %AAV[p] / %SD[p]
// CHECK-NEXT: einsum.return %AV[p]
// CHECK-NEXT: }
