// RUN: einfold-opt %s -p "einsum-place,lower-einsum-to-accel" | filecheck %s
// RUN: einfold-opt %s -p "einsum-place,lower-einsum-to-accel" --verify-roundtrip | filecheck %s

// States that start as a tensor, a state that becomes another, a tensor collected from every generation, a dimension read as another.

// CHECK:      accel.kernel @recurrence on @toy nest {i = 5} tiles {p = 6, q = 6}
// CHECK-NEXT:     (%B[6], %A[5, 6]) -> (%X[6], %Y[6], %H[5, 6]) : f32 {
// CHECK-NEXT:   %b = accel.load %B[p] to @buffer copies 2 at first(i)
// CHECK-NEXT:   %x = accel.state [p] over i init %b
// CHECK-NEXT:   %y = accel.state [p] over i init 1
// CHECK-NEXT:   %a = accel.load %A[i, p] to @buffer copies 3
// CHECK-NEXT:   %n = accel.task [p] = %x[q] + %y[p] * %a[p] + i reduce add(q) on @grid rows [q] cols [p] in @buffer copies 3 stage 2 named "n"
// CHECK-NEXT:   %x_copy = accel.task [p] = %x[p] on @lanes cols [p] in @buffer copies 3 stage 2 named "x.copy"
// CHECK-NEXT:   accel.update %x = %n
// CHECK-NEXT:   accel.store %n to %X[p] at last(i) stage 4
// CHECK-NEXT:   accel.update %y = %x_copy
// CHECK-NEXT:   accel.store %x_copy to %Y[p] at last(i) stage 4
// CHECK-NEXT:   accel.store %n to %H[i, p] stage 4
// CHECK-NEXT: }

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @buffer capacity 65536
  accel.array @grid [4, 4] ops {mac = 1, add = 1, max = 1, exp = 6}
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1, exp = 6, div = 1}
}
einsum.cascade @recurrence ranks {i = 5, p = 6, q = 6} (%A[i, p], %B[p]) -> [p], [p], [i, p] : f32 {
  %X, %Y, %H = einsum.iterate i init(%x[p] = %B[p], %y[p] = 1) {
    %n = einsum.compute [p] = %x[q] + %y[p] * %A[i, p] + i reduce add(q)
    einsum.yield %n[p], %x[p] collect %n[p]
  }
  einsum.return %X[p], %Y[p], %H[i, p]
}
