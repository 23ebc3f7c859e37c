// RUN: einfold-opt %s -p 'einsum-apply-pdl{file="%S/Inputs/patterns.mlir"},einsum-dce' --split-input-file --remarks=none | filecheck %s
// RUN: einfold-opt %s -p 'einsum-apply-pdl{file="%S/Inputs/patterns.mlir"}' --split-input-file --remarks=applied --verify-diagnostics
// RUN: einfold-opt %s -p 'apply-pdl{pdl-file="%S/Inputs/patterns.mlir"}' --split-input-file | filecheck %s --check-prefix=XDSL
// RUN: not einfold-opt %s -p 'einsum-apply-pdl{file="%S/Inputs/missing.mlir"}' --split-input-file 2>&1 | filecheck %s --check-prefix=MISSING
// RUN: not einfold-opt %s -p 'einsum-apply-pdl{file="%S/Inputs/broken.txt"}' --split-input-file 2>&1 | filecheck %s --check-prefix=BROKEN
// RUN: not einfold-opt %s -p einsum-apply-pdl --split-input-file 2>&1 | filecheck %s --check-prefix=NONE

// MISSING: error: pass 'einsum-apply-pdl': {{.*}}missing.mlir: cannot be read: No such file or directory
// BROKEN: error: pass 'einsum-apply-pdl': {{.*}}broken.txt:3:1:
// NONE: error: pass 'einsum-apply-pdl': the module: no pdl.pattern in it

// CHECK-LABEL: @rewritten
// CHECK-NEXT: %C = einsum.compute [] = %A[m] * %A[m] reduce add(m)
// CHECK-NEXT: %E = einsum.compute [m] = exp(%A[m] + %A2[m])
// CHECK-NEXT: einsum.return %C[], %E[m]
einsum.cascade @rewritten ranks {m = 4} (%A[m], %A2[m]) -> [], [m] : f32 {
  // expected-remark @below {{rewritten by pattern @copy}}
  %B = einsum.compute [m] = %A[m]
  // expected-remark @below {{rewritten by pattern @square}}
  %C = einsum.compute [] = pow(%B[m], 2) reduce add(m)
  %L = einsum.compute [m] = exp(%B[m])
  %R = einsum.compute [m] = exp(%A2[m])
  // expected-remark @below {{rewritten by pattern @product_of_exponentials}}
  %E = einsum.compute [m] = %L[m] * %R[m]
  einsum.return %C[], %E[m]
}

// -----

// What a pattern does not speak of, it may not drop: a filter, an empty value, a reduction. xDSL's own pass drops them.

// CHECK-LABEL: @kept
// CHECK: %B = einsum.compute [m] = %A[m] where m < 3
// CHECK-NEXT: %C = einsum.compute [m] = %A[m] empty 7
// CHECK-NEXT: %D = einsum.compute [m] = %A[m] reduce add(n)
// CHECK-NEXT: %E = einsum.compute [m] = pow(%A[m], 2)
// CHECK-NEXT: %F = einsum.compute [] = pow(%A[m], 2) reduce add(m) where m < 3
// CHECK-NEXT: einsum.return

// XDSL-LABEL: @kept
// XDSL-NOT: where m < 3
// XDSL: einsum.return %A[m], %A[m], %A[m]
einsum.cascade @kept ranks {m = 4, n = 2} (%A[m]) -> [m], [m], [m], [m], [] : f32 {
  %B = einsum.compute [m] = %A[m] where m < 3
  %C = einsum.compute [m] = %A[m] empty 7
  %D = einsum.compute [m] = %A[m] reduce add(n)
  %E = einsum.compute [m] = pow(%A[m], 2)
  %F = einsum.compute [] = pow(%A[m], 2) reduce add(m) where m < 3
  einsum.return %B[m], %C[m], %D[m], %E[m], %F[]
}

