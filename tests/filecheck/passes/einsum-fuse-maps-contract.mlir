// RUN: einfold-opt %s -p "einsum-fuse-maps{contract=true}" --remarks=none | filecheck %s
// RUN: einfold-opt %s -p "einsum-fuse-maps{contract=true}" --remarks=applied 2>&1 | filecheck %s --check-prefix=APPLIED
// RUN: einfold-opt %s -p "einsum-fuse-maps{contract=true}" 2>&1 | filecheck %s --check-prefix=REMARK
// RUN: einfold-opt %s -p einsum-fuse-maps --remarks=none | filecheck %s --check-prefix=APART

// A product that a sum reads keeps the digits that storing it would round away, as a multiply-add does.
// CHECK-LABEL: einsum.cascade @products
// CHECK-NEXT: %S = einsum.compute [m] = %A[m] * %B[m] + %C[m]
// CHECK-NEXT: %D = einsum.compute [m] = %C[m] - %A[m] * %C[m]
// CHECK-NEXT: einsum.return
// APART-LABEL: einsum.cascade @products
// APART-NEXT: %P = einsum.compute [m] = %A[m] * %B[m]
// APART-NEXT: %S = einsum.compute [m] = %P[m] + %C[m]
// APPLIED: einsum-fuse-maps-contract.mlir:{{[0-9]+}}:1: remark: inlined %P, %Q [applied: einsum-fuse-maps]
einsum.cascade @products ranks {m = 4} (%A[m], %B[m], %C[m]) -> [m], [m] : f16 {
  %P = einsum.compute [m] = %A[m] * %B[m]
  %S = einsum.compute [m] = %P[m] + %C[m]
  %Q = einsum.compute [m] = %A[m] * %C[m]
  %D = einsum.compute [m] = %C[m] - %Q[m]
  einsum.return %S[m], %D[m]
}

// Nothing else is: other operations than a product, other readers than the root of a sum, a sum behind the map.
// CHECK-LABEL: einsum.cascade @others
// CHECK-COUNT-14: einsum.compute
// CHECK: einsum.return
einsum.cascade @others ranks {m = 4} (%A[m], %B[m], %C[m]) -> [m], [m], [m], [m], [m], [], [m] : f16 {
  // REMARK: remark: %E stays: storing it as f16 rounds [missed: einsum-fuse-maps]
  %E = einsum.compute [m] = exp(%A[m])
  %E2 = einsum.compute [m] = %E[m] + %C[m]
  // REMARK: remark: %X stays: storing it as f16 rounds
  %X = einsum.compute [m] = %A[m] + %B[m]
  %X2 = einsum.compute [m] = %X[m] + %C[m]
  // REMARK: remark: %P stays: storing it as f16 rounds
  %P = einsum.compute [m] = %A[m] * %B[m]
  %P2 = einsum.compute [m] = %P[m] * %C[m]
  // REMARK: remark: %Q stays: storing it as f16 rounds
  %Q = einsum.compute [m] = %A[m] * %B[m]
  %Q2 = einsum.compute [m] = exp(%Q[m] + %C[m])
  // REMARK: remark: %R stays: storing it as f16 rounds
  %R = einsum.compute [m] = %A[m] * %B[m]
  %R2 = einsum.compute [m] = max(%R[m], %C[m])
  // REMARK: remark: %T stays: storing it as f16 rounds
  %T = einsum.compute [m] = %A[m] * %B[m]
  %T2 = einsum.compute [] = %T[m] reduce add(m)
  // REMARK: remark: %U stays: storing it as f16 rounds
  %U = einsum.compute [m] = %A[m] * %B[m]
  %U2 = einsum.compute [m] = %U[m] + %U[m] * %C[m]
  einsum.return %E2[m], %X2[m], %P2[m], %Q2[m], %R2[m], %T2[], %U2[m]
}

// Nor where one reader of two is no sum, or reads it more often than max-uses.
// CHECK-LABEL: einsum.cascade @readers
// CHECK-COUNT-5: einsum.compute
// CHECK: einsum.return
// REMARK: remark: %P stays: storing it as f16 rounds
// REMARK: remark: %Q stays: it is read 2 times, more than max-uses = 1
einsum.cascade @readers ranks {m = 4} (%A[m], %B[m], %C[m]) -> [m], [m], [m] : f16 {
  %P = einsum.compute [m] = %A[m] * %B[m]
  %P1 = einsum.compute [m] = %P[m] + %C[m]
  %P2 = einsum.compute [m] = exp(%P[m])
  %Q = einsum.compute [m] = %A[m] * %C[m]
  %Q2 = einsum.compute [m] = %Q[m] + %Q[m]
  einsum.return %P1[m], %P2[m], %Q2[m]
}
