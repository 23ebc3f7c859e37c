// RUN: einfold-opt %s -p "einsum-place,lower-einsum-to-accel" | filecheck %s
// RUN: einfold-opt %s -p "einsum-place,lower-einsum-to-accel" --verify-roundtrip | filecheck %s

// Sums of ranks as subscripts: a tile of the image is as large as its ranks reach, and neighbouring tiles overlap.

// CHECK:      accel.kernel @convolution on @toy nest {k1 = 2, p1 = 3} tiles {c = 3, s = 3, k0 = 4, p0 = 4}
// CHECK-NEXT:     (%I[3, 19], %F[8, 3, 3]) -> (%R[8, 9]) : f32 {
// CHECK-NEXT:   %i = accel.load %I[c, 8 * p1 + 2 * p0 + s] to @buffer copies 4 at first(k1)
// CHECK-NEXT:   %f = accel.load %F[4 * k1 + k0, c, s] to @buffer copies 3 at first(p1)
// CHECK-NEXT:   %o = accel.task [k0, p0] = %i[c, 2 * p0 + s] * %f[k0, c, s] reduce add(c, s) on @grid rows [k0] cols [p0] stage 2 named "O"
// CHECK-NEXT:   %r = accel.task [k0, p0] = max(%o[k0, p0], 0) on @grid rows [k0] cols [p0] copies 3 stage 2 named "R"
// CHECK-NEXT:   accel.store %r to %R[4 * k1 + k0, 4 * p1 + p0] stage 4
// CHECK-NEXT: }

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @buffer capacity 65536
  accel.array @grid [4, 4] ops {mac = 1, add = 1, max = 1, exp = 6}
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1, exp = 6, div = 1}
}
einsum.cascade @convolution ranks {k = 8, c = 3, p = 9, s = 3} (%I[c, 2 * p + s], %F[k, c, s]) -> [k, p] : f32 {
  %O = einsum.compute [k, p] = %I[c, 2 * p + s] * %F[k, c, s] reduce add(c, s)
  %R = einsum.compute [k, p] = max(%O[k, p], 0)
  einsum.return %R[k, p]
}
