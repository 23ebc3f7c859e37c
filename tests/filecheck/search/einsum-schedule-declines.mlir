// RUN: einfold-opt %s -p einsum-schedule --split-input-file --verify-diagnostics
// RUN: not einfold-opt %s -p "einsum-schedule{machine=fusemax-clod}" --split-input-file 2>&1 | filecheck %s --check-prefix=MACHINE
// RUN: not einfold-opt %s -p "einsum-schedule{objective=size}" 2>&1 | filecheck %s --check-prefix=OBJECTIVE
// RUN: not einfold-opt %s -p "einsum-schedule{solver=simplex}" 2>&1 | filecheck %s --check-prefix=SOLVER
// RUN: not einfold-opt %s -p "einsum-schedule{tolerance=1}" 2>&1 | filecheck %s --check-prefix=OPTION

// MACHINE: einsum-schedule-declines.mlir: error: pass 'einsum-schedule': unknown machine 'fusemax-clod'; did you mean 'fusemax-cloud'?
// OBJECTIVE: <passes>:1:17: error: option 'objective' of pass 'einsum-schedule' takes latency, energy, edp or area, given size
// SOLVER: <passes>:1:17: error: option 'solver' of pass 'einsum-schedule' takes auto, list or cp-sat, given simplex
// OPTION: <passes>:1:17: error: {{.*}}'tolerance'
accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @buffer capacity 65536
  accel.array @lanes [1, 8] ops {mac = 1, add = 1, max = 1}
}
// expected-error @below {{pass 'einsum-schedule': cascade '@soft' has no schedule on '@toy': machine '@toy' cannot run %N: '@lanes' has no 'exp'}}
einsum.cascade @soft ranks {m = 64} (%A[m]) -> [m] : f16 {
  %N = einsum.compute [m] = exp(%A[m])
  einsum.return %N[m]
}

// -----

accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer capacity 2
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{pass 'einsum-schedule': cascade '@large' has no schedule on '@toy': cascade '@large' cannot be lowered: '@buffer' holds 2 bytes; the tiles of kernel '@large' take 4}}
einsum.cascade @large ranks {m = 16, p = 16} (%A[m, p]) -> [m] : f32 {
  %S = einsum.compute [m] = %A[m, p] reduce add(p)
  einsum.return %S[m]
}

// -----

accel.machine @bare clock 1000000000 word 2 {
  accel.memory @dram offchip
  accel.array @lanes [1, 4] ops {mac = 1, add = 1}
}
// expected-error @below {{pass 'einsum-schedule': cascade '@scale' has no schedule on '@bare': machine '@bare' has no memory on the chip, which tiles need}}
einsum.cascade @scale ranks {m = 4} (%A[m]) -> [m] : f32 {
  %S = einsum.compute [m] = %A[m] + 1
  einsum.return %S[m]
}
