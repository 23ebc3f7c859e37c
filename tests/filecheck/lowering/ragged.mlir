// RUN: einfold-opt %s -p "einsum-place,lower-einsum-to-accel" | filecheck %s
// RUN: einfold-opt %s -p "einsum-place,lower-einsum-to-accel" --verify-roundtrip | filecheck %s

// Ranks that tiles do not divide: a reduction ends where its rank does, loads and stores clip. Filters follow their ranks.

// CHECK:      accel.kernel @causal on @toy nest {b = 2, m1 = 3, p1 = 2} tiles {e = 2, m0 = 4, p0 = 4}
// CHECK-NEXT:     (%Q[2, 7, 2], %K[2, 10, 2]) -> (%GM[2, 7]) : f32 {
// CHECK-NEXT:   %q = accel.load %Q[b, 4 * p1 + p0, e] to @buffer copies 3 at first(m1)
// CHECK-NEXT:   %k = accel.load %K[b, 4 * m1 + m0, e] to @buffer copies 3 at first(p1)
// CHECK-NEXT:   %qk = accel.task [m0, p0] = %q[p0, e] * %k[m0, e] * 0.5 reduce add(e) on @grid rows [m0] cols [p0] if m1 <= p1 stage 2 named "QK"
// CHECK-NEXT:   %gm_part = accel.task [p0] = %qk[m0, p0] + (4 * m1 + m0 - (4 * p1 + p0)) reduce max(m0) where 4 * m1 + m0 <= 4 * p1 + p0 and 4 * m1 + m0 < 10 on @grid rows [m0] cols [p0] copies 2 if m1 <= p1 stage 2 named "GM.part"
// CHECK-NEXT:   %gm_before = accel.state [p0] over m1 init -inf
// CHECK-NEXT:   %gm = accel.task [p0] = max(%gm_before[p0], %gm_part[p0]) on @lanes cols [p0] in @buffer copies 3 if m1 <= p1 stage 3 named "GM"
// CHECK-NEXT:   accel.update %gm_before = %gm
// CHECK-NEXT:   accel.store %gm to %GM[b, 4 * p1 + p0] at last(m1) stage 5
// CHECK-NEXT: }

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @buffer capacity 65536
  accel.array @grid [4, 4] ops {mac = 1, add = 1, max = 1, exp = 6}
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1, exp = 6, div = 1}
}
einsum.cascade @causal ranks {b = 2, p = 7, m = 10, e = 2} (%Q[b, p, e], %K[b, m, e]) -> [b, p] : f32 {
  %QK = einsum.compute [b, m, p] = %Q[b, p, e] * %K[b, m, e] * rsqrt(shape(m) - 6) reduce add(e)
  %GM = einsum.compute [b, p] = %QK[b, m, p] + (m - p) reduce max(m) where m <= p
  einsum.return %GM[b, p]
}
