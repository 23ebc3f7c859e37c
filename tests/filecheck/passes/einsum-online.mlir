// RUN: einfold-opt %s -p einsum-online | filecheck %s

einsum.cascade @attention ranks {p = 1024, m = 1024, e = 64, f = 64} (%Q[p, e], %K[m, e], %V[m, f]) -> [p, f] : f32 {
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e]  reduce add(e)
  %GM = einsum.compute [p]    = %QK[m, p]            reduce max(m)
  %SN = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p])
  %SD = einsum.compute [p]    = %SN[m, p]            reduce add(m)
  %A  = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %AV = einsum.compute [p, f] = %A[m, p] * %V[m, f]  reduce add(m)
  einsum.return %AV[p, f]
}

// CHECK:      einsum.cascade @attention ranks {p = 1024, m = 1024, e = 64, f = 64, m1 = 4, m0 = 256} (%Q[p, e], %K[m, e], %V[m, f]) -> [p, f] : f32 {
// CHECK-NEXT: %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
// CHECK-NEXT: %GM, %SD = einsum.iterate m1 init(%RGM[p] = -inf, %RSD[p] = 0) {
// CHECK-NEXT: %LGM = einsum.compute [p] = %QK[256 * m1 + m0, p] reduce max(m0)
// CHECK-NEXT: %RGM_next = einsum.compute [p] = max(%LGM[p], %RGM[p])
// CHECK-NEXT: %LSD = einsum.compute [p] = exp(%QK[256 * m1 + m0, p] - %RGM_next[p]) reduce add(m0)
// CHECK-NEXT: %PGM = einsum.compute [p] = exp(%RGM[p] - %RGM_next[p])
// CHECK-NEXT: %PSD = einsum.compute [p] = %RSD[p] * %PGM[p]
// CHECK-NEXT: %RSD_next = einsum.compute [p] = %LSD[p] + %PSD[p]
// CHECK-NEXT: einsum.yield %RGM_next[p], %RSD_next[p]
// CHECK-NEXT: }
// CHECK-NEXT: %SN = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p])
// CHECK-NEXT: %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
// CHECK-NEXT: %AV = einsum.compute [p, f] = %A[m, p] * %V[m, f] reduce add(m)
// CHECK-NEXT: einsum.return %AV[p, f]
// CHECK-NEXT: }
