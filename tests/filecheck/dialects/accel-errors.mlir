// RUN: einfold-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect

// One fault in each machine or kernel.

// expected-error @below {{machine '@toy' has 0 offchip memories; it needs one}}
accel.machine @toy clock 1e9 word 2 {
  accel.memory @buffer
}

// -----

// expected-error @below {{clock is -1; it must be a positive number}}
accel.machine @toy clock -1 word 2 {
  accel.memory @dram offchip
}

// -----

accel.machine @toy clock 1e9 word 2 {
  // expected-error @below {{capacity is 0; it must be a positive number}}
  accel.memory @dram offchip capacity 0
}

// -----

accel.machine @toy clock 1e9 word 2 {
  // expected-error @below {{latency is inf; it must be zero or a positive number}}
  accel.memory @dram offchip latency inf
}

// -----

accel.machine @toy clock 1e9 word 2 {
  // expected-error @below {{energy of 'read' is -2; it must be zero or a positive number}}
  accel.memory @dram offchip energy {read = -2}
}

// -----

accel.machine @toy clock 1e9 word 2 {
  // expected-error @below {{array '@x' has 0 x 4 processing elements}}
  accel.array @x [0, 4] ops {mac = 1, add = 1}
  accel.memory @dram offchip
}

// -----

accel.machine @toy clock 1e9 word 2 {
  // expected-error @below {{operation 'mac' of '@x' takes 0 cycles}}
  accel.array @x [1, 4] ops {mac = 0}
  accel.memory @dram offchip
}

// -----

accel.machine @toy clock 1e9 word 2 {
  // expected-error @below {{unit 'u' of '@x' is given twice}}
  accel.array @x [1, 4] ops {mac = 1, add = 1} units {u = [mac], u = [add]}
  accel.memory @dram offchip
}

// -----

accel.machine @toy clock 1e9 word 2 {
  // expected-error @below {{unit 'u' of '@x' has no operation}}
  accel.array @x [1, 4] ops {mac = 1, add = 1} units {u = []}
  accel.memory @dram offchip
}

// -----

accel.machine @toy clock 1e9 word 2 {
  // expected-error @below {{unit 'u' has 'mack', which '@x' does not do; did you mean 'mac'?}}
  accel.array @x [1, 4] ops {mac = 1, add = 1} units {u = [mack]}
  accel.memory @dram offchip
}

// -----

accel.machine @toy clock 1e9 word 2 {
  // expected-error @below {{'mac' of '@x' is in unit 'u' and in unit 'v'}}
  accel.array @x [1, 4] ops {mac = 1, add = 1} units {u = [mac], v = [add, mac]}
  accel.memory @dram offchip
}

// -----

accel.machine @toy clock 1e9 word 2 {
  // expected-error @below {{'mac' is given twice}}
  accel.array @x [1, 4] ops {mac = 1, mac = 2}
}

// -----

accel.machine @toy clock 1e9 word 2 {
  // expected-error @below {{expected 'ops'}}
  accel.array @x [1, 4] latency 2
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{unknown machine '@toi'; did you mean 'toy'?}}
accel.kernel @k on @toi nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{rank 'i' is both a loop of the nest and a tile rank}}
accel.kernel @k on @toy nest {i = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{tensor '%A' is declared twice}}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24], %C as "A"[24]) -> (%B[24]) : f32 {
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{'test.op' cannot stand in a kernel}}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  "test.op"() : () -> ()
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{the nest has more than 2^256 iterations}}
accel.kernel @k on @toy nest {a = 1099511627776, b = 1099511627776, c = 1099511627776, d = 1099511627776, e = 1099511627776, f = 1099511627776, m1 = 1099511627776, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  // expected-error @below {{unknown rank 'm2'}}
  %a = accel.load %A[8 * m2 + i] to @buffer
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  // expected-error @below {{unknown memory 'bufer'; did you mean 'buffer'?}}
  %a = accel.load %A[8 * m1 + i] to @bufer
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  // expected-error @below {{'@dram' is the offchip memory, from which tiles are loaded}}
  %a = accel.load %A[8 * m1 + i] to @dram
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  // expected-error @below {{%A has 1 dimension, 2 subscripts given}}
  %a = accel.load %A[m1, i] to @buffer
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  // expected-error @below {{subscript 'i + m1 + 24' runs from 24 to 29, all outside dimension 0 of %A, of size 24}}
  %a = accel.load %A[m1 + i + 24] to @buffer
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  // expected-error @below {{%B is not an input tensor of the kernel}}
  %a = accel.load %B[8 * m1 + i] to @buffer
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  // expected-error @below {{unknown loop 'm0'}}
  %a = accel.load %A[8 * m1 + i] to @buffer at first(m0)
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  // expected-error @below {{loop 'm1' stands twice in 'at first(m1) last(m1)'}}
  %a = accel.load %A[8 * m1 + i] to @buffer at first(m1) last(m1)
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  // expected-error @below {{stage 0 and copies 0: a stage is at least 0, copies at least 1}}
  %a = accel.load %A[8 * m1 + i] to @buffer copies 0
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  // expected-error @below {{unknown array 'lane'; did you mean 'lanes'?}}
  %t = accel.task [i] = 2 * %a[i] on @lane cols [i]
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  // expected-error @below {{unknown array or memory 'buffet'; did you mean 'buffer'?}}
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i] in @buffet
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  // expected-error @below {{'@dram' is the offchip memory; a task's result lives on the chip until it is stored}}
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i] in @dram
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  // expected-error @below {{the machine has no 'exp' on '@lanes'; it has mac, add}}
  %t = accel.task [i] = exp(%a[i]) on @lanes cols [i]
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  // expected-error @below {{rank 'j' is spread over '@lanes', but the task has the ranks i}}
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [j]
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  // expected-error @below {{rank 'i' is spread over '@lanes' twice}}
  %t = accel.task [i] = 2 * %a[i] on @lanes rows [i] cols [i]
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  // expected-error @below {{rank 'j' is neither in the result nor reduced}}
  %t = accel.task [i] = %a[i] * j on @lanes
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  // expected-error @below {{rank 'i' is reduced, but the result keeps it}}
  %t = accel.task [i] = %a[i] reduce add(i) on @lanes
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  // expected-error @below {{unknown tile rank 'm1'}}
  %t = accel.task [i] = %a[i] reduce add(m1) on @lanes
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  // expected-error @below {{unknown reduction 'sum'}}
  %t = accel.task [] = %a[i] reduce sum(i) on @lanes
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  // expected-error @below {{subscript 'i + 1' of %a runs from 1 to 4, but dimension 0 has size 4}}
  %t = accel.task [i] = 2 * %a[i + 1] on @lanes
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  // expected-error @below {{%A is in the offchip memory; load a tile of it first}}
  %t = accel.task [i] = 2 * %A[i] on @lanes
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  // expected-error @below {{'where m1 < 0' leaves no point of the iteration space}}
  %t = accel.task [i] = 2 * %a[i] where m1 < 0 on @lanes
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  // expected-error @below {{expected 'on @array'}}
  %t = accel.task [i] = 2 * %a[i]
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  // expected-error @below {{unknown loop 'm'; did you mean 'm1'?}}
  %s = accel.state [i] over m init 0
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  // expected-error @below {{state %s is updated 0 times; a state has one accel.update}}
  %s = accel.state [i] over m1 init 0
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i]
  // expected-error @below {{%a is not a state}}
  accel.update %a = %t
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %s = accel.state [i] over m1 init 0
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i] at first(m1)
  // expected-error @below {{%t is made 'at first(m1)', so it cannot carry state over 'm1'}}
  accel.update %s = %t
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %s = accel.state [i] over m1 init 0
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i] : f64
  // expected-error @below {{state %s of type tensor<4xf32> is updated by %t of type tensor<4xf64>}}
  accel.update %s = %t
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i]
  // expected-error @below {{%A is not an output tensor of the kernel}}
  accel.store %t to %A[8 * m1 + 4 * p1 + i]
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24, 24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i]
  // expected-error @below {{%t has shape [4], but the subscripts cut tiles of shape [4, 4]}}
  accel.store %t to %B[m1 + i, p1 + j]
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i] : f64
  // expected-error @below {{%t holds elements of type f64, %B of type f32}}
  accel.store %t to %B[8 * m1 + 4 * p1 + i]
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{accel.task %t (stage 0) reads accel.load %a (stage 1), but runs 1 epoch before it: the kernel would deadlock}}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer stage 1
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i]
  accel.store %t to %B[8 * m1 + 4 * p1 + i]
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{accel.task %t (stage 0) reads accel.load %a (stage 0), but runs before it in the same epoch: the kernel would deadlock}}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer turn 1
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i]
  accel.store %t to %B[8 * m1 + 4 * p1 + i]
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{accel.load %a needs 3 copies for accel.task mine to read it in time; it has 1}}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i] stage 3 named "mine"
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{accel.task %t needs 3 copies for accel.task %u to read it in time; it has 2}}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %s = accel.state [i] over m1 init 0
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i] copies 2
  %u = accel.task [i] = %s[i] + %t[i] on @lanes cols [i]
  accel.update %s = %t
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{accel.store reads accel.task %t, which is made 'at last(m1)' only; it needs 'at last(m1)' too}}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i] at last(m1)
  accel.store %t to %B[8 * m1 + 4 * p1 + i]
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{'@buffer' holds 64 bytes; kernel '@k' keeps 72 bytes in it}}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer copies 9
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i]
  accel.store %t to %B[8 * m1 + 4 * p1 + i]
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1} registers 8
}
// expected-error @below {{'@lanes' holds 8 bytes; kernel '@k' keeps 16 bytes in it}}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i] copies 2
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{'@lanes' is busy 8 cycles in every epoch; the initiation interval is 7}}
accel.kernel @k on @toy nest {m1 = 3, p1 = 2} tiles {i = 4, j = 4} ii 7 (%A[24]) -> (%B[24]) : f32 {
  %a = accel.load %A[8 * m1 + 4 * p1 + i] to @buffer
  %t = accel.task [i] = 2 * %a[i] on @lanes
  %u = accel.task [i] = 2 * %a[i] on @lanes
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1}
}
accel.kernel @k on @toy nest {m1 = 3, p1 = 3} tiles {i = 4} (%A[12]) -> (%B[12]) : f32 {
  %a = accel.load %A[4 * p1 + i] to @buffer copies 3 at first(m1)
  // expected-error @below {{unknown loop 'm2'}}
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i] if m2 <= p1
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1}
}
// expected-error @below {{%t is left out unless m1 <= p1, but %u reads it all the same}}
accel.kernel @k on @toy nest {m1 = 3, p1 = 3} tiles {i = 4} (%A[12]) -> (%B[12]) : f32 {
  %a = accel.load %A[4 * p1 + i] to @buffer copies 3 at first(m1)
  %t = accel.task [i] = 2 * %a[i] on @lanes cols [i] if m1 <= p1
  %u = accel.task [i] = 2 * %t[i] on @lanes cols [i]
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1}
}
// The running sum of a filtered tile stays as it is; that of an unfiltered one does not.
// expected-error @below {{%s_next is left out unless m1 <= p1, but nothing shows that %s then stays as it is}}
accel.kernel @k on @toy nest {m1 = 3, p1 = 3} tiles {i = 4, j = 4} (%A[12, 12]) -> (%B[12]) : f32 {
  %s = accel.state [i] over m1 init 0
  %r = accel.state [i] over m1 init 0
  %a = accel.load %A[4 * p1 + i, 4 * m1 + j] to @buffer copies 2
  %f = accel.task [i] = %a[i, j] reduce add(j) where 4 * m1 + j <= 4 * p1 + i on @lanes cols [i] stage 1
  %t = accel.task [i] = %a[i, j] reduce add(j) on @lanes cols [i] stage 1
  %r_next = accel.task [i] = %r[i] + %f[i] on @lanes cols [i] copies 4 if m1 <= p1 stage 1
  %s_next = accel.task [i] = %s[i] + %t[i] on @lanes cols [i] copies 4 if m1 <= p1 stage 1
  accel.update %r = %r_next
  accel.update %s = %s_next
}

// -----

accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 64
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1}
}
// The sum may be left out where its filter leaves nothing, which is not where the clause says.
// expected-error @below {{%r_next is left out unless m1 + 1 <= p1, but nothing shows that %r then stays as it is}}
accel.kernel @k on @toy nest {m1 = 3, p1 = 3} tiles {i = 4, j = 4} (%A[12, 12]) -> (%B[12]) : f32 {
  %r = accel.state [i] over m1 init 0
  %a = accel.load %A[4 * p1 + i, 4 * m1 + j] to @buffer copies 2
  %f = accel.task [i] = %a[i, j] reduce add(j) where 4 * m1 + j <= 4 * p1 + i on @lanes cols [i] stage 1
  %r_next = accel.task [i] = %r[i] + %f[i] on @lanes cols [i] copies 4 if m1 < p1 stage 1
  accel.update %r = %r_next
}
