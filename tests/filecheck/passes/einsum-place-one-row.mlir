// RUN: einfold-opt %s -p "einsum-place,lower-einsum-to-accel" | filecheck %s

// A machine without a 2D array: the rank with most work is spread over the lanes of the widest array that can do it.

accel.machine @vector clock 1000000000 word 2 {
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @scratch capacity 65536
  accel.array @wide [1, 8] ops {mac = 1, add = 1}
  accel.array @narrow [1, 2] ops {mac = 1, add = 1, max = 1}
}

// CHECK: accel.kernel @layer on @vector nest {i1 = 3} tiles {j = 4, k = 6, i0 = 8}
// CHECK: %x = accel.task [i0, j] = {{.*}} on @wide cols [i0]
// CHECK: %y = accel.task [i0, j] = {{.*}} on @narrow cols [i0]
einsum.cascade @layer ranks {i = 24, j = 4, k = 6} (%A[i, k], %B[k, j]) -> [i, j] : f32 {
  %X = einsum.compute [i, j] = %A[i, k] * %B[k, j] reduce add(k)
  %Y = einsum.compute [i, j] = max(%X[i, j], 0)
  einsum.return %Y[i, j]
}
