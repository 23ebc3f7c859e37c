// RUN: einfold-opt %s --verify-roundtrip | filecheck %s
// RUN: einfold-opt %s | einfold-opt --print-op-generic | einfold-opt | filecheck %s

// What a mapping says of a kernel: barriers, an overbooked buffer, tiles that stream, moves off the chip and back, orders of turns,
// operands read in passing, accumulators that continue, costs.

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip bandwidth 16e9
  accel.memory @buffer capacity 64
  accel.array @grid [4, 4] ops {mac = 1, max = 1}
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1}
}

// CHECK:      accel.kernel @mapped on @toy nest {m1 = 3} tiles {m0 = 4, p0 = 4} barriers spill {buffer = 0.25}
// CHECK-NEXT:     (%A[12, 4], %B[12, 4]) -> (%S[4]) : f32 {
// CHECK-NEXT:   %a = accel.load %A[4 * m1 + m0, p0] to @grid copies 2
// CHECK-NEXT:   %b = accel.load %B[4 * m1 + m0, p0] to @buffer copies 2
// CHECK-NEXT:   %s = accel.state [p0] over m1 init 0
// CHECK-NEXT:   %t = accel.task [m0, p0] = %a[m0, p0] * %b[m0, p0] on @grid rows [m0] cols [p0] in @buffer order [p0, m0] cost 0.5 delay 7 copies 2 stage 1
// CHECK-NEXT:   %u = accel.task [p0] = %t[m0, p0] reduce max(m0) on @lanes cols [p0] taps [0] stage 1 turn 1
// CHECK-NEXT:   %away = accel.move %t to @dram copies 2 stage 2
// CHECK-NEXT:   %back = accel.move %away to @lanes copies 2 stage 3
// CHECK-NEXT:   %v = accel.task [p0] = %back[m0, p0] reduce add(m0) on @lanes cols [p0] in @buffer onto %s copies 2 stage 4 turn 2
// CHECK-NEXT:   accel.update %s = %v
// CHECK-NEXT:   accel.store %v to %S[p0] at last(m1) stage 5
// CHECK-NEXT: }
accel.kernel @mapped on @toy nest {m1 = 3} tiles {m0 = 4, p0 = 4} barriers spill {buffer = 0.25}
    (%A[12, 4], %B[12, 4]) -> (%S[4]) : f32 {
  %a = accel.load %A[4 * m1 + m0, p0] to @grid copies 2
  %b = accel.load %B[4 * m1 + m0, p0] to @buffer copies 2
  %s = accel.state [p0] over m1 init 0
  %t = accel.task [m0, p0] = %a[m0, p0] * %b[m0, p0] on @grid rows [m0] cols [p0] in @buffer order [p0, m0] cost 0.5 delay 7 copies 2 stage 1
  %u = accel.task [p0] = %t[m0, p0] reduce max(m0) on @lanes cols [p0] taps [0] stage 1 turn 1
  %away = accel.move %t to @dram copies 2 stage 2
  %back = accel.move %away to @lanes copies 2 stage 3
  %v = accel.task [p0] = %back[m0, p0] reduce add(m0) on @lanes cols [p0] in @buffer onto %s copies 2 stage 4 turn 2
  accel.update %s = %v
  accel.store %v to %S[p0] at last(m1) stage 5
}
