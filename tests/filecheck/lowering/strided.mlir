// RUN: einfold-opt %s -p "einsum-one-pass{form=split parts=4 size=8},einsum-dce,einsum-place,lower-einsum-to-accel" | filecheck %s
// RUN: einfold-opt %s -p "einsum-one-pass{form=split parts=4 size=8},einsum-dce,einsum-place,lower-einsum-to-accel" --verify-roundtrip | filecheck %s

// Four parts of 64 keys side by side, each walked in tiles of 8: a tile of keys is 4 by 8 of them, not the 200 from the first to the last.

// CHECK:      accel.kernel @log_sum_exp on @toy nest {m1 = 8}
// CHECK:      %x = accel.load %X[p, 64 * m2 + 8 * m1 + m0] to @buffer
// CHECK:      %lgm = accel.task [m2, p] = %x[p, m2, m0] reduce max(m0)

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @buffer capacity 4096
  accel.array @grid [4, 4] ops {mac = 1, add = 1, max = 1, exp = 6}
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1, exp = 6, div = 1, log = 4}
}
einsum.cascade @log_sum_exp ranks {p = 1, m = 256} (%X[p, m]) -> [p] : f32 {
  %GM = einsum.compute [p] = %X[p, m] reduce max(m)
  %SD = einsum.compute [p] = exp(%X[p, m] - %GM[p]) reduce add(m)
  %L = einsum.compute [p] = log(%SD[p]) + %GM[p]
  einsum.return %L[p]
}
