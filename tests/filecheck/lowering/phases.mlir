// RUN: einfold-opt %s -p "einsum-place,lower-einsum-to-accel" | filecheck %s
// RUN: einfold-opt %s -p "einsum-place,lower-einsum-to-accel" --verify-roundtrip | filecheck %s

// Attention in three passes is three kernels: an Einsum that traverses the keys cannot read what is known only at their end. Kernels hand
// tensors to one another by name; a reduction over tiles of a rank is a state carried along its loop.

// CHECK:      accel.kernel @attention_1 on @toy nest {m1 = 3, p1 = 2} tiles {e = 2, m0 = 4, p0 = 4}
// CHECK-NEXT:     (%Q[8, 2], %K[12, 2]) -> (%QK[12, 8], %GM[8]) : f32 {
// CHECK-NEXT:   %q = accel.load %Q[4 * p1 + p0, e] to @buffer copies 3 at first(m1)
// CHECK-NEXT:   %k = accel.load %K[4 * m1 + m0, e] to @buffer copies 3 at first(p1)
// CHECK-NEXT:   %qk = accel.task [m0, p0] = %q[p0, e] * %k[m0, e] reduce add(e) on @grid rows [m0] cols [p0] copies 3 stage 2 named "QK"
// CHECK-NEXT:   accel.store %qk to %QK[4 * m1 + m0, 4 * p1 + p0] stage 4
// CHECK-NEXT:   %gm_part = accel.task [p0] = %qk[m0, p0] reduce max(m0) on @grid rows [m0] cols [p0] copies 2 stage 2 named "GM.part"
// CHECK-NEXT:   %gm_before = accel.state [p0] over m1 init -inf
// CHECK-NEXT:   %gm = accel.task [p0] = max(%gm_before[p0], %gm_part[p0]) on @lanes cols [p0] in @buffer copies 3 stage 3 named "GM"
// CHECK-NEXT:   accel.update %gm_before = %gm
// CHECK-NEXT:   accel.store %gm to %GM[4 * p1 + p0] at last(m1) stage 5
// CHECK-NEXT: }
// CHECK:      accel.kernel @attention_2 on @toy nest {p1 = 2, m1 = 3} tiles {p0 = 4, m0 = 4}
// CHECK-NEXT:     (%QK[12, 8], %GM[8]) -> (%SN[12, 8], %SD[8]) : f32 {
// CHECK-NEXT:   %qk = accel.load %QK[4 * m1 + m0, 4 * p1 + p0] to @buffer copies 3
// CHECK-NEXT:   %gm = accel.load %GM[4 * p1 + p0] to @buffer copies 3 at first(m1)
// CHECK-NEXT:   %sn = accel.task [m0, p0] = exp(%qk[m0, p0] - %gm[p0]) on @grid rows [m0] cols [p0] copies 3 stage 2 named "SN"
// CHECK-NEXT:   accel.store %sn to %SN[4 * m1 + m0, 4 * p1 + p0] stage 4
// CHECK-NEXT:   %sd_part = accel.task [p0] = %sn[m0, p0] reduce add(m0) on @grid rows [m0] cols [p0] copies 2 stage 2 named "SD.part"
// CHECK-NEXT:   %sd_before = accel.state [p0] over m1 init 0.0
// CHECK-NEXT:   %sd = accel.task [p0] = %sd_before[p0] + %sd_part[p0] on @lanes cols [p0] in @buffer copies 3 stage 3 named "SD"
// CHECK-NEXT:   accel.update %sd_before = %sd
// CHECK-NEXT:   accel.store %sd to %SD[4 * p1 + p0] at last(m1) stage 5
// CHECK-NEXT: }
// CHECK:      accel.kernel @attention_3 on @toy nest {m1 = 3, p1 = 2} tiles {f = 3, m0 = 4, p0 = 4}
// CHECK-NEXT:     (%SN[12, 8], %SD[8], %V[12, 3]) -> (%AV[8, 3]) : f32 {
// CHECK-NEXT:   %sn = accel.load %SN[4 * m1 + m0, 4 * p1 + p0] to @buffer copies 3
// CHECK-NEXT:   %sd = accel.load %SD[4 * p1 + p0] to @buffer copies 3 at first(m1)
// CHECK-NEXT:   %a = accel.task [m0, p0] = %sn[m0, p0] / %sd[p0] on @lanes cols [p0] copies 2 stage 2 named "A"
// CHECK-NEXT:   %v = accel.load %V[4 * m1 + m0, f] to @buffer copies 3 at first(p1)
// CHECK-NEXT:   %av_part = accel.task [p0, f] = %a[m0, p0] * %v[m0, f] reduce add(m0) on @grid rows [m0] cols [p0] copies 2 stage 2 named "AV.part"
// CHECK-NEXT:   %av_before = accel.state [p0, f] over m1 init 0.0
// CHECK-NEXT:   %av = accel.task [p0, f] = %av_before[p0, f] + %av_part[p0, f] on @lanes cols [p0] in @buffer copies 3 stage 3 named "AV"
// CHECK-NEXT:   accel.update %av_before = %av
// CHECK-NEXT:   accel.store %av to %AV[4 * p1 + p0, f] at last(m1) stage 5
// CHECK-NEXT: }

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @buffer capacity 65536
  accel.array @grid [4, 4] ops {mac = 1, add = 1, max = 1, exp = 6}
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1, exp = 6, div = 1}
}
einsum.cascade @attention ranks {p = 8, m = 12, e = 2, f = 3} (%Q[p, e], %K[m, e], %V[m, f]) -> [p, f] : f32 {
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %GM = einsum.compute [p] = %QK[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A  = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %AV = einsum.compute [p, f] = %A[m, p] * %V[m, f] reduce add(m)
  einsum.return %AV[p, f]
}
