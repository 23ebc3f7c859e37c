// RUN: einfold-opt %s -p "einsum-place,lower-einsum-to-accel" | filecheck %s

// A matrix product with a long sum: the sum is put together over tiles, for a block of tiles of the result that stays in the buffer; a tile of
// B serves a whole column of the block, a tile of A a whole row.

// CHECK:      accel.kernel @product on @toy nest {i2 = 4, k1 = 24, i1 = 2, j1 = 8} tiles {k0 = 4, i0 = 4, j0 = 4}
// CHECK-NEXT:     (%A[32, 96], %B[96, 32]) -> (%C[32, 32]) : f32 {
// CHECK-NEXT:   %a = accel.load %A[8 * i2 + 4 * i1 + i0, 4 * k1 + k0] to @buffer copies 3 at first(j1)
// CHECK-NEXT:   %b = accel.load %B[4 * k1 + k0, 4 * j1 + j0] to @buffer copies 9 at first(i1)
// CHECK-NEXT:   %c_part = accel.task [i0, j0] = %a[i0, k0] * %b[k0, j0] reduce add(k0) on @grid rows [i0] cols [j0] stage 2 named "C.part"
// CHECK-NEXT:   %c_before = accel.state [i0, j0] over k1 init 0.0
// CHECK-NEXT:   %c = accel.task [i0, j0] = %c_before[i0, j0] + %c_part[i0, j0] on @grid rows [i0] cols [j0] in @buffer copies 17 stage 2 named "C"
// CHECK-NEXT:   accel.update %c_before = %c
// CHECK-NEXT:   accel.store %c to %C[8 * i2 + 4 * i1 + i0, 4 * j1 + j0] at last(k1) stage 4
// CHECK-NEXT: }

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @buffer capacity 1024
  accel.array @grid [4, 4] ops {mac = 1, add = 1, max = 1, exp = 6}
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1, exp = 6, div = 1}
}
einsum.cascade @product ranks {i = 32, j = 32, k = 96} (%A[i, k], %B[k, j]) -> [i, j] : f32 {
  %C = einsum.compute [i, j] = %A[i, k] * %B[k, j] reduce add(k)
  einsum.return %C[i, j]
}
