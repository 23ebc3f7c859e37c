// RUN: einfold-opt %s -p "einsum-place,lower-einsum-to-accel" | filecheck %s
// RUN: einfold-opt %s -p "einsum-place,lower-einsum-to-accel" --verify-roundtrip | filecheck %s

// Grouped queries: a tile of keys serves all queries of its group, so the group stands inside the loop over keys.

// CHECK:      accel.kernel @gqa on @toy nest {h = 2, m1 = 3, g = 3, p1 = 2} tiles {e = 2, m0 = 4, p0 = 4}
// CHECK-NEXT:     (%Q[2, 3, 8, 2], %K[2, 12, 2]) -> (%M[2, 3, 8]) : f32 {
// CHECK-NEXT:   %r = accel.state [p0] over m1 init -inf
// CHECK-NEXT:   %q = accel.load %Q[h, g, 4 * p1 + p0, e] to @buffer copies 7 at first(m1)
// CHECK-NEXT:   %k = accel.load %K[h, 4 * m1 + m0, e] to @buffer copies 3 at first(g, p1)
// CHECK-NEXT:   %qk = accel.task [m0, p0] = %q[p0, e] * %k[m0, e] reduce add(e) on @grid rows [m0] cols [p0] stage 2 named "QK"
// CHECK-NEXT:   %l = accel.task [p0] = %qk[m0, p0] reduce max(m0) on @grid rows [m0] cols [p0] copies 2 stage 2 named "L"
// CHECK-NEXT:   %n = accel.task [p0] = max(%r[p0], %l[p0]) on @lanes cols [p0] in @buffer copies 7 stage 3 named "n"
// CHECK-NEXT:   accel.update %r = %n
// CHECK-NEXT:   accel.store %n to %M[h, g, 4 * p1 + p0] at last(m1) stage 5
// CHECK-NEXT: }

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @buffer capacity 65536
  accel.array @grid [4, 4] ops {mac = 1, add = 1, max = 1, exp = 6}
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1, exp = 6, div = 1}
}
einsum.cascade @gqa ranks {h = 2, g = 3, p = 8, e = 2, m1 = 3, m0 = 4, m = 12} (%Q[h, g, p, e], %K[h, m, e]) -> [h, g, p] : f32 {
  %M = einsum.iterate m1 init(%r[h, g, p] = -inf) {
    %QK = einsum.compute [h, g, m0, p] = %Q[h, g, p, e] * %K[h, 4 * m1 + m0, e] reduce add(e)
    %L  = einsum.compute [h, g, p] = %QK[h, g, m0, p] reduce max(m0)
    %n  = einsum.compute [h, g, p] = max(%r[h, g, p], %L[h, g, p])
    einsum.yield %n[h, g, p]
  }
  einsum.return %M[h, g, p]
}
