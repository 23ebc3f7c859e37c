// RUN: einfold-opt %s --einsum-cse --einsum-dce='ranks=true' --mlir-print-ir-after-change 2>&1 | filecheck %s
// RUN: einfold-opt %s -pass-pipeline='builtin.module(einsum-cse,einsum-dce{ranks=true})' -mlir-pass-statistics 2>&1 | filecheck %s --check-prefix=COUNT
// RUN: cat %s | einfold-opt -t edge | einfold-opt --from edge -t edge | filecheck %s --check-prefix=EDGE
// RUN: einfold-opt %s -t dot | filecheck %s --check-prefix=DOT
// RUN: einfold-opt %s -t latex | filecheck %s --check-prefix=LATEX
// RUN: einfold-opt %s -t 'json{indent=0}' | filecheck %s --check-prefix=JSON

einsum.cascade @twice ranks {m = 4, n = 2} (%A[m]) -> [] : f32 {
  %S = einsum.compute [] = %A[m] reduce add(m) where m < 3
  %T = einsum.compute [] = %A[m] reduce add(m) where m < 3
  %P = einsum.compute [] = %S[] * %T[]
  einsum.return %P[]
}

// CHECK: // -----// IR Dump After einsum-cse //----- //
// CHECK: %P = einsum.compute [] = %S[] * %S[]
// CHECK: // -----// IR Dump After einsum-dce //----- //
// CHECK-NOT: n = 2

// COUNT: einsum-cse
// COUNT-NEXT: (S)      1 Einsums merged
// COUNT: einsum-dce
// COUNT-NEXT: (S)      0 operations, states and collected tensors removed
// COUNT-NEXT: (S)      1 ranks removed

// EDGE: cascade twice: f32
// EDGE-NEXT: rank m = 4, n = 2
// EDGE-NEXT: input A_{m}
// EDGE-NEXT: S_{} = A_{m: m < 3} :: ⋁_{m} +(∪)
// EDGE-NEXT: T_{} = A_{m: m < 3} :: ⋁_{m} +(∪)
// EDGE-NEXT: P_{} = S_{} × T_{}
// EDGE-NEXT: output P_{}

// DOT: digraph einfold {
// DOT: label="@twice: 1 pass over m";
// DOT: label="S []\nadd(m)"

// LATEX: S &= \sum_{m : m < 3} A_{m}
// JSON: "op": "einsum.cascade"
