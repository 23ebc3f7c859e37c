// RUN: einfold-opt %s -p "einsum-split-rank{rank=m size=4 names=mo,mi cascade=second}" --remarks=none | filecheck %s
// RUN: einfold-opt %s -p 'einsum-split-rank{rank=m size=4 names=mo,mi cascade="@second"}' --remarks=applied 2>&1 | filecheck %s --check-prefix=REMARK

// CHECK: einsum.cascade @first ranks {m = 8}
// CHECK-NEXT: %S = einsum.compute [] = %A[m] reduce add(m)
einsum.cascade @first ranks {m = 8} (%A[m]) -> [] : f32 {
  %S = einsum.compute [] = %A[m] reduce add(m)
  einsum.return %S[]
}

// CHECK: einsum.cascade @second ranks {m = 8, mo = 2, mi = 4}
// CHECK-NEXT: %S = einsum.compute [] = %A[4 * mo + mi] reduce add(mo, mi) {note = "kept"}
// REMARK: einsum-split-rank-names.mlir:14:1: remark: 1 Einsum traverses 'm' as mo = 2, mi = 4 [applied: einsum-split-rank]
einsum.cascade @second ranks {m = 8} (%A[m]) -> [] : f32 {
  %S = einsum.compute [] = %A[m] reduce add(m) {note = "kept"}
  einsum.return %S[]
}
