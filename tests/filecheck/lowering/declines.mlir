// RUN: einfold-opt %s -p "lower-einsum-to-accel" --split-input-file --verify-diagnostics --remarks=none

// What has no kernel's shape is an error at the cascade, or at the operation, with the reason.

// expected-error @below {{pass 'lower-einsum-to-accel': cascade '@unplaced' has no machine; run einsum-place first}}
einsum.cascade @unplaced ranks {m = 4} (%A[m]) -> [m] : f32 {
  %S = einsum.compute [m] = %A[m] + 1
  einsum.return %S[m]
}

// -----

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{pass 'lower-einsum-to-accel': the module has no machine '@toi'; did you mean 'toy'?}}
einsum.cascade @elsewhere ranks {m = 4} (%A[m]) -> [m] : f32 attributes {machine = @toi} {
  %S = einsum.compute [m] = %A[m] + 1
  einsum.return %S[m]
}

// -----

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
einsum.cascade @half ranks {m = 4} (%A[m]) -> [m] : f32 attributes {machine = @toy} {
  %S = einsum.compute [m] = %A[m] + 1 {array = @lanes}
  // expected-error @below {{pass 'lower-einsum-to-accel': the Einsum has no array; run einsum-place first}}
  %T = einsum.compute [m] = %S[m] + 1
  einsum.return %T[m]
}

// -----

accel.machine @bare clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{pass 'lower-einsum-to-accel': machine '@bare' has no memory on the chip, which tiles need}}
einsum.cascade @scale ranks {m = 4} (%A[m]) -> [m] : f32 attributes {machine = @bare} {
  %S = einsum.compute [m] = %A[m] + 1 {array = @lanes}
  einsum.return %S[m]
}

// -----

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 24
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{pass 'lower-einsum-to-accel': cascade '@large' cannot be lowered: '@buffer' holds 24 bytes; the tiles of kernel '@large' take 32}}
einsum.cascade @large ranks {m = 16} (%A[m]) -> [m] : f32 attributes {machine = @toy} {
  %S = einsum.compute [m] = %A[m] + 1 {array = @lanes}
  einsum.return %S[m]
}

// -----

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
einsum.cascade @nested ranks {i = 3, j = 4} (%A[i, j]) -> [] : f32 attributes {machine = @toy} {
  %X = einsum.iterate i init(%x[] = 0) {
    // expected-error @below {{pass 'lower-einsum-to-accel': an einsum.iterate in the body of another cannot be lowered to one kernel}}
    %Y = einsum.iterate j init(%y[] = %x[]) {
      %n = einsum.compute [] = %y[] + %A[i, j] {array = @lanes}
      einsum.yield %n[]
    }
    einsum.yield %Y[]
  }
  einsum.return %X[]
}

// -----

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1}
}
// expected-error @below {{cascade '@twice' cannot be lowered: %c traverses rank m, but %s is known only at its end}}
einsum.cascade @twice ranks {i = 3, m = 8} (%A[i, m]) -> [] : f32 attributes {machine = @toy, tiles = #einsum.ranks<{m = 4}>} {
  %X = einsum.iterate i init(%x[] = 0) {
    %s = einsum.compute [] = %A[i, m] reduce max(m) {array = @lanes}
    %c = einsum.compute [] = %A[i, m] - %s[] + %x[] reduce add(m) {array = @lanes}
    einsum.yield %c[]
  }
  einsum.return %X[]
}

// -----

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{cascade '@merged' cannot be lowered: the view %V merges dimensions, and its tiles do not lie on their borders}}
einsum.cascade @merged ranks {m = 12, a = 3, b = 4} (%A[a, b]) -> [m] : f32 attributes {machine = @toy, tiles = #einsum.ranks<{m = 6}>} {
  %V = einsum.view %A[(a, b) -> m]
  %S = einsum.compute [m] = %V[m] + 1 {array = @lanes}
  einsum.return %S[m]
}

// -----

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{cascade '@shifted' cannot be lowered: the result subscript 'm + 1' would be cut into tiles}}
einsum.cascade @shifted ranks {m = 12} (%A[m]) -> [m + 1] : f32 attributes {machine = @toy, tiles = #einsum.ranks<{m = 6}>} {
  %S = einsum.compute [m + 1] = %A[m] + 1 {array = @lanes}
  einsum.return %S[m + 1]
}

// -----

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1}
}
// expected-error @below {{cascade '@where' cannot be lowered: the coordinates of %V cannot be put together from single ones}}
einsum.cascade @where ranks {m = 4} (%A[m]) -> [], [] : f32 attributes {machine = @toy, tiles = #einsum.ranks<{m = 1}>} {
  %V, %I = einsum.compute [] = %A[m] reduce argmax(m) {array = @lanes}
  einsum.return %V[], %I[]
}

// -----

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1}
}
einsum.cascade @absent ranks {m = 4, p = 4} (%A[m, p] empty 0) -> [] : f32 attributes {machine = @toy, tiles = #einsum.ranks<{m = 2}>} {
  // expected-error @below {{the reduction over m is cut into tiles, and which points the one behind it sees cannot be stated}}
  %S = einsum.compute [] = %A[m, p] reduce add(m), max(p) {array = @lanes}
  einsum.return %S[]
}

// -----

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer
  accel.array @grid [2, 4] ops {mac = 1}
}
einsum.cascade @sum ranks {m = 4, p = 4} (%A[m, p]) -> [p] : f32 attributes {machine = @toy, tiles = #einsum.ranks<{m = 2}>} {
  // expected-error @below {{no array of machine '@toy' can put partial results of 'add' together}}
  %S = einsum.compute [p] = %A[m, p] * 2 reduce add(m) {array = @grid}
  einsum.return %S[p]
}

// -----

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1, div = 1}
}
einsum.operator @mean(%a, %b) = (%a + %b) / 2 laws {identity = 0}
// expected-error @below {{cascade '@means' cannot be lowered: '@mean' is not associative, so %S cannot be put together from parts}}
einsum.cascade @means ranks {m = 4} (%A[m]) -> [] : f32 attributes {machine = @toy, tiles = #einsum.ranks<{m = 2}>} {
  %S = einsum.compute [] = %A[m] reduce @mean(m) {array = @lanes}
  einsum.return %S[]
}

// -----

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1, div = 1}
}
einsum.operator @first(%a, %b) = %a laws {associative, identity = 0}
// expected-error @below {{cascade '@order' cannot be lowered: %S cannot be put together from parts in the order of its fiber: '@first' takes rank m in tiles only}}
einsum.cascade @order ranks {m = 4, p = 4} (%A[m, p]) -> [] : f32 attributes {machine = @toy, tiles = #einsum.ranks<{p = 2}>} {
  %S = einsum.compute [] = %A[m, p] reduce @first(m, p) {array = @lanes}
  einsum.return %S[]
}

// -----

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer
  accel.array @lanes [1, 4] ops {mac = 1, add = 1, max = 1, div = 1}
}
// expected-error @below {{cascade '@single' cannot be lowered: %S cannot be put together from single coordinates: the reduction before may see no point of one}}
einsum.cascade @single ranks {m = 2, p = 1} (%A[m, p]) -> [] : f32 attributes {machine = @toy, tiles = #einsum.ranks<{m = 1}>} {
  %S = einsum.compute [] = %A[m, p] reduce max(p), add(m) where m <= p {array = @lanes}
  einsum.return %S[]
}
