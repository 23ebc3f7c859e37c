// RUN: einfold-opt %s -p einsum-fuse-maps --remarks=none | filecheck %s
// RUN: einfold-opt %s -p "einsum-fuse-maps{max-uses=2}" --remarks=none | filecheck %s --check-prefix=TWICE
// RUN: einfold-opt %s -p "einsum-fuse-maps{max-size=5}" --remarks=none | filecheck %s --check-prefix=SMALL
// RUN: einfold-opt %s -p einsum-fuse-maps --remarks=applied 2>&1 | filecheck %s --check-prefix=REMARK

// A chain of maps becomes one; ranks are renamed, also where they stand as values.
// CHECK-LABEL: einsum.cascade @chain
// CHECK-NEXT: %C = einsum.compute [] = tanh(%X[2 * n + 1] * 2 + n) + %Y[n] reduce add(n)
// CHECK-NEXT: einsum.return %C[]
// REMARK: einsum-fuse-maps.mlir:14:1: remark: inlined %A, %B [applied: einsum-fuse-maps]
// SMALL-LABEL: einsum.cascade @chain
// SMALL-NEXT: %A = einsum.compute [m] = %X[2 * m + 1] * 2 + m
// SMALL-NEXT: %C = einsum.compute [] = tanh(%A[n]) + %Y[n] reduce add(n)
einsum.cascade @chain ranks {n = 4, p = 2, m = 4} (%X[2 * m + 1], %Y[n]) -> [] : f32 {
  %A = einsum.compute [m] = %X[2 * m + 1] * 2 + m
  %B = einsum.compute [m] = tanh(%A[m])
  %C = einsum.compute [] = %B[n] + %Y[n] reduce add(n)
  einsum.return %C[]
}

// Cheap maps may be computed again, up to max-uses reads; others only once an element.
// CHECK-LABEL: einsum.cascade @uses
// CHECK-NEXT: %A = einsum.compute [m] = %X[m] * 2
// CHECK-NEXT: %C = einsum.compute [m] = exp(%X[m])
// CHECK-NEXT: %D = einsum.compute [m, p] = %A[m] + %A[p] + (%X[m] - 1) + %C[m]
// TWICE-LABEL: einsum.cascade @uses
// TWICE-NEXT: %C = einsum.compute [m] = exp(%X[m])
// TWICE-NEXT: %D = einsum.compute [m, p] = %X[m] * 2 + %X[p] * 2 + (%X[m] - 1) + %C[m]
einsum.cascade @uses ranks {m = 4, p = 4} (%X[m]) -> [m, p] : f32 {
  %A = einsum.compute [m] = %X[m] * 2
  %B = einsum.compute [m] = %X[m] - 1
  %C = einsum.compute [m] = exp(%X[m])
  %D = einsum.compute [m, p] = %A[m] + %A[p] + %B[m] + %C[m]
  einsum.return %D[m, p]
}

// A filter that the reader has too; into a body, whose coordinate counts as a point.
// CHECK-LABEL: einsum.cascade @filters
// CHECK-NEXT: %S = einsum.iterate m init(%s[p] = 0) {
// CHECK-NEXT:   %n = einsum.compute [p] = %s[p] + exp(%X[m, p]) where p >= m and p < 3
// CHECK-NEXT:   einsum.yield %n[p]
einsum.cascade @filters ranks {m = 4, p = 4} (%X[m, p]) -> [p] : f32 {
  %A = einsum.compute [m, p] = exp(%X[m, p]) where m <= p
  %S = einsum.iterate m init(%s[p] = 0) {
    %n = einsum.compute [p] = %s[p] + %A[m, p] where p >= m and p < 3
    einsum.yield %n[p]
  }
  einsum.return %S[p]
}
