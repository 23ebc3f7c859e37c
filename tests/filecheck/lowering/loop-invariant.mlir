// RUN: einfold-opt %s -p "einsum-place,lower-einsum-to-accel" | filecheck %s

// What does not vary with a loop is made once for it, where that takes one copy or the loop carries the traversal; over the batch it is made
// again. A store takes place once.

// CHECK:      accel.kernel @c on @toy nest {b = 3, h = 2, m1 = 3, p1 = 2} tiles {e = 2, m0 = 4, p0 = 4}
// CHECK-NEXT:     (%W[2, 12], %Q[3, 2, 8, 2], %K[3, 2, 12, 2]) -> (%S[2], %M[3, 2, 8]) : f32 {
// CHECK-NEXT:   %w = accel.load %W[h, 0] to @buffer copies 2 at first(m1, p1)
// CHECK-NEXT:   %s = accel.task [] = %w[] * 2 on @lanes in @buffer copies 2 at first(m1, p1) stage 2 named "S"
// CHECK-NEXT:   accel.store %s to %S[h] at first(b, m1, p1) stage 4
// CHECK-NEXT:   %q = accel.load %Q[b, h, 4 * p1 + p0, e] to @buffer copies 3 at first(m1)
// CHECK-NEXT:   %k = accel.load %K[b, h, 4 * m1 + m0, e] to @buffer copies 3 at first(p1)
// CHECK-NEXT:   %qk = accel.task [m0, p0] = %q[p0, e] * %k[m0, e] * %s[] reduce add(e) on @grid rows [m0] cols [p0] stage 2 named "QK"
// CHECK-NEXT:   %m_part = accel.task [p0] = %qk[m0, p0] reduce max(m0) on @grid rows [m0] cols [p0] copies 2 stage 2 named "M.part"
// CHECK-NEXT:   %m_before = accel.state [p0] over m1 init -inf
// CHECK-NEXT:   %m = accel.task [p0] = max(%m_before[p0], %m_part[p0]) on @lanes cols [p0] in @buffer copies 3 stage 3 named "M"
// CHECK-NEXT:   accel.update %m_before = %m
// CHECK-NEXT:   accel.store %m to %M[b, h, 4 * p1 + p0] at last(m1) stage 5
// CHECK-NEXT: }

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @buffer capacity 65536
  accel.array @grid [4, 4] ops {mac = 1, add = 1, max = 1, exp = 6} 
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1, exp = 6, div = 1}
}
einsum.cascade @c ranks {b = 3, h = 2, p = 8, m = 12, e = 2} (%Q[b, h, p, e], %K[b, h, m, e], %W[h, m]) -> [b, h, p], [h] : f32 {
  %S = einsum.compute [h] = %W[h, 0] * 2
  %QK = einsum.compute [b, h, m, p] = %Q[b, h, p, e] * %K[b, h, m, e] * %S[h] reduce add(e)
  %M = einsum.compute [b, h, p] = %QK[b, h, m, p] reduce max(m)
  einsum.return %M[b, h, p], %S[h]
}
