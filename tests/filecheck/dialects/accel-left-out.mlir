// RUN: einfold-opt %s --verify-roundtrip | filecheck %s
// RUN: einfold-opt %s | einfold-opt --print-op-generic | einfold-opt | filecheck %s

// `if` clauses: above the diagonal a running sum stays as it is, and what only it reads is not needed. The tile of %K is loaded once for all p1, of which
// the last one needs it; a load inside both loops may be left out with its reader.

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip bandwidth 16e9
  accel.memory @buffer capacity 1024
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1}
}

// CHECK:      %s = accel.state [i] over m1 init 0
// CHECK-NEXT: %a = accel.load %A[4 * p1 + i, 4 * m1 + j] to @buffer copies 2 if m1 <= p1
// CHECK-NEXT: %away = accel.move %a to @dram copies 2 if m1 <= p1 stage 1
// CHECK-NEXT: %back = accel.move %away to @buffer copies 2 if m1 <= p1 and 0 <= p1 stage 2
// CHECK-NEXT: %f = accel.task [i] = %back[i, j] reduce add(j) where 4 * m1 + j <= 4 * p1 + i on @lanes cols [i] if m1 <= p1 stage 3
// CHECK-NEXT: %s_next = accel.task [i] = %s[i] + %f[i] on @lanes cols [i] copies 4 if m1 <= p1 stage 3 named "S"
// CHECK-NEXT: accel.update %s = %s_next
accel.kernel @k on @toy nest {m1 = 3, p1 = 3} tiles {i = 4, j = 4} (%A[12, 12]) -> (%B[12]) : f32 {
  %s = accel.state [i] over m1 init 0
  %a = accel.load %A[4 * p1 + i, 4 * m1 + j] to @buffer if m1 <= p1 copies 2
  %away = accel.move %a to @dram copies 2 stage 1 if m1 <= p1
  %back = accel.move %away to @buffer copies 2 stage 2 if m1 <= p1 and 0 <= p1
  %f = accel.task [i] = %back[i, j] reduce add(j) where 4 * m1 + j <= 4 * p1 + i on @lanes cols [i] stage 3 if m1 <= p1
  %s_next = accel.task [i] = %s[i] + %f[i] on @lanes cols [i] copies 4 stage 3 if m1 <= p1 named "S"
  accel.update %s = %s_next
  accel.store %s_next to %B[4 * p1 + i] at last(m1) stage 5
}
