// RUN: einfold-opt %s --verify-roundtrip | filecheck %s
// RUN: einfold-opt %s | einfold-opt --print-op-generic | einfold-opt | filecheck %s

// Every operation, with every clause; the generic form reads back to the same text.

// CHECK:      accel.machine @toy clock 1000000000.0 word 2 source "made up" {
// CHECK-NEXT:   accel.memory @dram offchip bandwidth 16000000000.0 latency 40 row 8 energy {read = 249.6, write = 249.6}
// CHECK-NEXT:   accel.memory @buffer capacity 65536 bandwidth 1000000000000.0 row 512 area {total = 1000}
// CHECK-NEXT:   accel.array @grid [4, 4] ops {mac = 1, max = 1, exp = 6} units {comparator = [max], special = [exp]} registers 4096
// CHECK-NEXT:   accel.array @lanes [1, 4] ops {mac = 1, add = 1, @softcap = 3, div = 0.5} latency 2 energy {mac = 17.1645} source "a table"
// CHECK-NEXT: }
accel.machine @toy word 2 clock 1e9 source "made up" {
  accel.memory @dram offchip latency 40 bandwidth 16e9 row 8 energy {read = 249.6, write = 249.6}
  accel.memory @buffer capacity 65536 bandwidth 1e12 row 512 area {total = 1000}
  accel.array @grid [4, 4] ops {mac = 1, max = 1, exp = 6} registers 4096 units {comparator = [max], special = [exp]}
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, @softcap = 3, div = 0.5} source "a table" latency 2 energy {mac = 17.1645}
}

einsum.operator @softcap(%x) = 30 * tanh(%x / 30)

// CHECK:      accel.kernel @sums on @toy nest {b = 2, m1 = 3, p1 = 2} tiles {m0 = 4, p0 = 4} ii 24
// CHECK-NEXT:     (%A[2, 10, 8], %B as "shift in"[8] : i32) -> (%S[2, 8], %I[2, 8] : i64) : f32 attributes {note = "kept"} {
// CHECK-NEXT:   %a = accel.load %A[b, 4 * m1 + m0, 4 * p1 + p0] to @buffer empty -inf copies 2
// CHECK-NEXT:   %b = accel.load %B[4 * p1 + p0] to @buffer copies 2 at first(b, m1) turn 1
// CHECK-NEXT:   %zero = accel.task [p0] = 0 on @lanes in @buffer copies 6 at first(m1) stage 1
// CHECK-NEXT:   %s = accel.state [p0] over m1 init %zero
// CHECK-NEXT:   %m = accel.state [p0] over m1 init -inf : f64
// CHECK-NEXT:   %t = accel.task [p0] = @softcap(%a[m0, p0] + m1) reduce add(m0) where 4 * m1 + m0 < 10 on @lanes cols [p0] stage 1
// CHECK-NEXT:   %u = accel.task [p0] = %s[p0] + %t[p0] on @lanes cols [p0] in @buffer copies 2 stage 2 named "running sum"
// CHECK-NEXT:   %x, %i = accel.task [p0] = %a[m0, p0] reduce argmax(m0) empty 7 on @grid rows [m0] cols [p0] in @buffer stage 1 : f64
// CHECK-NEXT:   %n = accel.task [p0] = max(%m[p0], %x[p0]) on @grid cols [p0] copies 2 stage 1 : f64
// CHECK-NEXT:   accel.update %s = %u
// CHECK-NEXT:   accel.update %m = %n
// CHECK-NEXT:   accel.store %u to %S[b, 4 * p1 + p0] at last(m1) stage 3
// CHECK-NEXT:   accel.store %i to %I[b, 4 * p1 + p0] at first(m1) stage 2 turn -1
// CHECK-NEXT: }
accel.kernel @sums on @toy nest {b = 2, m1 = 3, p1 = 2} tiles {m0 = 4, p0 = 4} ii 24
    (%A[2, 10, 8], %B as "shift in"[8] : i32) -> (%S[2, 8], %I[2, 8] : i64) : f32 attributes {note = "kept"} {
  %a = accel.load %A[b, 4 * m1 + m0, 4 * p1 + p0] to @buffer empty -inf copies 2
  %b = accel.load %B[4 * p1 + p0] to @buffer copies 2 at first(b, m1) turn 1
  %zero = accel.task [p0] = 0 on @lanes in @buffer copies 6 at first(m1) stage 1
  %s = accel.state [p0] over m1 init %zero
  %m = accel.state [p0] over m1 init -inf : f64
  %t = accel.task [p0] = @softcap(%a[m0, p0] + m1) reduce add(m0) where 4 * m1 + m0 < 10 on @lanes cols [p0] stage 1
  %u = accel.task [p0] = %s[p0] + %t[p0] on @lanes cols [p0] in @buffer copies 2 stage 2 named "running sum"
  %x, %i = accel.task [p0] = %a[m0, p0] reduce argmax(m0) empty 7 on @grid rows [m0] cols [p0] in @buffer stage 1 : f64
  %n = accel.task [p0] = max(%m[p0], %x[p0]) on @grid cols [p0] copies 2 stage 1 : f64
  accel.update %s = %u
  accel.update %m = %n
  accel.store %u to %S[b, 4 * p1 + p0] at last(m1) stage 3
  accel.store %i to %I[b, 4 * p1 + p0] at first(m1) stage 2 turn -1
}
