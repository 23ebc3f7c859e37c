// RUN: einfold-opt %s -p "einsum-place,lower-einsum-to-accel" | filecheck %s
// RUN: einfold-opt %s -p "einsum-place,lower-einsum-to-accel" --verify-roundtrip | filecheck %s

// argmax over tiles keeps the best value so far and where it stands. A sum over two loops is put together along the inner one, then the outer.

// CHECK:      accel.kernel @reductions on @toy nest {i1 = 3, d1 = 2} tiles {i0 = 4, d0 = 4}
// CHECK-NEXT:     (%X[9, 6]) -> (%V[9], %C[9] : i64, %S[]) : f32 {
// CHECK-NEXT:   %x = accel.load %X[4 * i1 + i0, 4 * d1 + d0] to @buffer copies 3
// CHECK-NEXT:   %v_part, %v_part_1 = accel.task [i0] = %x[i0, d0] reduce argmax(d0) where 4 * d1 + d0 < 6 on @grid rows [d0] cols [i0] copies 2 stage 2 named "V.part"
// CHECK-NEXT:   %v_best = accel.state [i0] over d1 init -inf
// CHECK-NEXT:   %c_best = accel.state [i0] over d1 init -1 : i64
// CHECK-NEXT:   %c = accel.task [i0] = select(or(%v_part[i0] > %v_best[i0], %c_best[i0] < 0), select(%v_part_1[i0] < 0, %v_part_1[i0], %v_part_1[i0] + 4 * d1), %c_best[i0]) on @lanes cols [i0] in @buffer copies 3 stage 3 named "C" : i64
// CHECK-NEXT:   %v = accel.task [i0] = max(%v_best[i0], %v_part[i0]) on @lanes cols [i0] in @buffer copies 3 stage 3 named "V"
// CHECK-NEXT:   accel.update %v_best = %v
// CHECK-NEXT:   accel.update %c_best = %c
// CHECK-NEXT:   accel.store %v to %V[4 * i1 + i0] at last(d1) stage 5
// CHECK-NEXT:   accel.store %c to %C[4 * i1 + i0] at last(d1) stage 5
// CHECK-NEXT:   %s_part = accel.task [] = %x[i0, d0] reduce add(d0, i0) where 4 * d1 + d0 < 6 and 4 * i1 + i0 < 9 on @grid rows [d0] cols [i0] copies 2 stage 2 named "S.part"
// CHECK-NEXT:   %s_before = accel.state [] over d1 init 0.0
// CHECK-NEXT:   %s_d1 = accel.task [] = %s_before[] + %s_part[] on @lanes in @buffer stage 3 named "S.d1"
// CHECK-NEXT:   accel.update %s_before = %s_d1
// CHECK-NEXT:   %s_before_1 = accel.state [] over i1 init 0.0
// CHECK-NEXT:   %s = accel.task [] = %s_before_1[] + %s_d1[] on @lanes in @buffer copies 2 at last(d1) stage 3 named "S"
// CHECK-NEXT:   accel.update %s_before_1 = %s
// CHECK-NEXT:   accel.store %s to %S[] at last(i1, d1) stage 5
// CHECK-NEXT: }

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @buffer capacity 65536
  accel.array @grid [4, 4] ops {mac = 1, add = 1, max = 1, exp = 6}
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1, exp = 6, div = 1}
}
einsum.cascade @reductions ranks {i = 9, d = 6} (%X[i, d]) -> [i], [i], [] : f32 {
  %V, %C = einsum.compute [i] = %X[i, d] reduce argmax(d)
  %S = einsum.compute [] = %X[i, d] reduce add(d, i)
  einsum.return %V[i], %C[i], %S[]
}
