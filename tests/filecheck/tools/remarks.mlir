// RUN: einfold-opt %s --load-plugin %S/Inputs/plugin.py -p test-remark --remarks=all --verify-diagnostics
// RUN: einfold-opt %s --load-plugin %S/Inputs/plugin.py -p test-remark 2>&1 | filecheck %s
// RUN: einfold-opt %s --load-plugin %S/Inputs/plugin.py -p test-remark --remarks=none 2>&1 | filecheck %s --check-prefix=NONE

einsum.cascade @f ranks {m = 4} (%A[m]) -> [] : f32 {
  // expected-remark @below {{nothing to gain here [missed: test-remark]}}
  // expected-remark @below {{looked at it [applied: test-remark]}}
  // expected-remark @below {{one reduction [analysis: test-remark]}}
  %S = einsum.compute [] = %A[m] reduce add(m)
  einsum.return %S[]
}

// CHECK: remarks.mlir:9:8: remark: nothing to gain here [missed: test-remark]
// CHECK-NEXT: %S = einsum.compute
// CHECK-NEXT: ^
// CHECK-NOT: looked at it
// CHECK: remarks.mlir:9:8: remark: one reduction [analysis: test-remark]
// CHECK: builtin.module

// NONE-NOT: remark:
// NONE: builtin.module
