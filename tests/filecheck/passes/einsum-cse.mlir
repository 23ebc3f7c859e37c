// RUN: einfold-opt %s -p einsum-cse --remarks=none | filecheck %s
// RUN: einfold-opt %s -p einsum-cse --remarks=applied 2>&1 | filecheck %s --check-prefix=REMARK

// REMARK: einsum-cse.mlir:6:1: remark: computed already: %B, %D, %G [applied: einsum-cse]

einsum.cascade @same ranks {m = 8, p = 4} (%X[m, p], %Y[m]) -> [p], [p], [m], [m], [m], [m], [m], [m] : f32 {
  // Conditions and exactly commuting operands count in any order.
  %A = einsum.compute [p] = %X[m, p] * %Y[m] + 1 reduce add(m) where m <= p and p < 3
  %B = einsum.compute [p] = 1 + %Y[m] * %X[m, p] reduce add(m) where 3 > p and p >= m
  // CHECK:      %A = einsum.compute [p] = %X[m, p] * %Y[m] + 1 reduce add(m) where m <= p and p < 3
  // CHECK-NEXT: %C = einsum.compute
  %C = einsum.compute [m] = %Y[m] * 2
  %D = einsum.compute [m] = 2 * %Y[m]
  // Another type, empty value, kind of number, merge, or order of operands that matters: not the same.
  // CHECK-NEXT: %E1 = einsum.compute [m] = %Y[m] * 2 : f64
  // CHECK-NEXT: %E2 = einsum.compute [m] = %Y[m] * 2 empty 0
  // CHECK-NEXT: %E3 = einsum.compute [m] = %Y[m] *{union} 2
  // CHECK-NEXT: %E4 = einsum.compute [m] = 2 *{union} %Y[m]
  // CHECK-NEXT: %E5 = einsum.compute [m] = %Y[m] - 2
  // CHECK-NEXT: %E6 = einsum.compute [m] = 2 - %Y[m]
  // CHECK-NEXT: %E7 = einsum.compute [m] = max(%Y[m], 0.0)
  // CHECK-NEXT: %E8 = einsum.compute [m] = max(0.0, %Y[m])
  // CHECK-NEXT: %E9 = einsum.compute [m] = max(0, %Y[m])
  %E1 = einsum.compute [m] = %Y[m] * 2 : f64
  %E2 = einsum.compute [m] = %Y[m] * 2 empty 0
  %E3 = einsum.compute [m] = %Y[m] *{union} 2
  %E4 = einsum.compute [m] = 2 *{union} %Y[m]
  %E5 = einsum.compute [m] = %Y[m] - 2
  %E6 = einsum.compute [m] = 2 - %Y[m]
  %E7 = einsum.compute [m] = max(%Y[m], 0.0)
  %E8 = einsum.compute [m] = max(0.0, %Y[m])
  %E9 = einsum.compute [m] = max(0, %Y[m])
  // What is the same after its operands have become the same.
  %F = einsum.compute [m] = exp(%C[m])
  %G = einsum.compute [m] = exp(%D[m])
  // CHECK-NEXT: %F = einsum.compute [m] = exp(%C[m])
  // CHECK-NEXT: %H = einsum.compute
  %H = einsum.compute [m] = %E1[m] + %E2[m] + %E3[m] + %E4[m] + %E5[m] + %E6[m] + %E7[m] + %E8[m] + %E9[m]
  // CHECK: einsum.return %A[p], %A[p], %C[m], %C[m], %F[m], %F[m], %H[m], %C[m]
  einsum.return %A[p], %B[p], %C[m], %D[m], %F[m], %G[m], %H[m], %D[m]
}

// A body sees what stands outside, not the other way round; equal iterates and views are one.
// CHECK-LABEL: einsum.cascade @regions
// CHECK-NEXT: %A = einsum.compute [p] = %X[p] * 2
// CHECK-NEXT: %S = einsum.iterate i init(%s[p] = 0) {
// CHECK-NEXT:   %C = einsum.compute [p] = %X[p] * 3
// CHECK-NEXT:   %n = einsum.compute [p] = %s[p] + %A[p] * %C[p]
// CHECK-NEXT:   einsum.yield %n[p] until %n[p] > 9
// CHECK-NEXT: }
// CHECK-NEXT: %E = einsum.compute [p] = %X[p] * 3
// CHECK-NEXT: %T = einsum.iterate i init(%t[p] = 0) {
// CHECK-NEXT:   %k = einsum.compute [p] = %A[p] * %E[p] + %t[p]
// CHECK-NEXT:   einsum.yield
// CHECK-NEXT: }
// CHECK-NEXT: %U = einsum.iterate i init(%u[p] = 1) {
// CHECK:      }
// CHECK-NEXT: %V = einsum.view %X[p -> (q, r)]
// CHECK-NEXT: %Z = einsum.compute [q, r] = %V[q, r] + %V[q, r]
// CHECK-NEXT: einsum.return %S[p], %T[p], %U[p], %E[p], %Z[q, r]
einsum.cascade @regions ranks {i = 3, p = 4, q = 2, r = 2} (%X[p]) -> [p], [p], [p], [p], [q, r] : f32 {
  %A = einsum.compute [p] = %X[p] * 2
  %S = einsum.iterate i init(%s[p] = 0) {
    %B = einsum.compute [p] = %X[p] * 2
    %C = einsum.compute [p] = %X[p] * 3
    %n = einsum.compute [p] = %s[p] + %B[p] * %C[p]
    einsum.yield %n[p] until %n[p] > 9
  }
  %E = einsum.compute [p] = %X[p] * 3
  %T = einsum.iterate i init(%t[p] = 0) {
    %k = einsum.compute [p] = %A[p] * %E[p] + %t[p]
    einsum.yield %k[p] until %k[p] > 9
  }
  %R = einsum.iterate i init(%r[p] = 0) {
    %c = einsum.compute [p] = 3 * %X[p]
    %k = einsum.compute [p] = %c[p] * %A[p] + %r[p]
    einsum.yield %k[p] until %k[p] > 9
  }
  %U = einsum.iterate i init(%u[p] = 1) {
    %k = einsum.compute [p] = %E[p] * %A[p] + %u[p]
    einsum.yield %k[p] until %k[p] > 9
  }
  %V = einsum.view %X[p -> (q, r)]
  %W = einsum.view %X[p -> (q, r)]
  %Z = einsum.compute [q, r] = %V[q, r] + %W[q, r]
  einsum.return %S[p], %R[p], %U[p], %E[p], %Z[q, r]
}

// Reductions, filters, subscripts and guards tell apart.
// CHECK-LABEL: einsum.cascade @different
// CHECK-COUNT-5: einsum.compute [p]
// CHECK-COUNT-3: einsum.iterate
einsum.cascade @different ranks {m = 4, n = 4, p = 4, i = 3} (%X[m, p]) -> [p] : f32 {
  %A = einsum.compute [p] = %X[m, p] reduce add(m)
  %B = einsum.compute [p] = %X[m, p] reduce max(m)
  %C = einsum.compute [p] = %X[m, p] reduce add(m) where m <= p
  %D = einsum.compute [p] = %X[n, p] reduce add(n)
  %E = einsum.compute [p] = %X[p, m] reduce add(m)
  %R = einsum.iterate i init(%s[p] = 0) {
    %n = einsum.compute [p] = %s[p] + 1
    einsum.yield %n[p]
  }
  %S = einsum.iterate i init(%s[p] = 0) {
    %n = einsum.compute [p] = %s[p] + 1
    einsum.yield %n[p] until %n[p] > 1
  }
  %T = einsum.iterate i init(%s[p] = 0) {
    %n = einsum.compute [p] = %s[p] + 1
    einsum.yield %n[p] until %n[p] > 2
  }
  %Z = einsum.compute [p] = %A[p] + %B[p] + %C[p] + %D[p] + %E[p] + %R[p] + %S[p] + %T[p]
  einsum.return %Z[p]
}

// -----

// Where two operands become one, it is named once, and what is printed reads back as the same IR.
// CHECK-LABEL: @twice
einsum.cascade @twice ranks {p = 4, m = 4} (%X[p, m]) -> [p] : f32 {
  // CHECK: %U = einsum.compute [p] = %S[p] + %S[p]
  %S = einsum.compute [p] = %X[p, m] reduce add(m)
  %T = einsum.compute [p] = %X[p, m] reduce add(m)
  %U = einsum.compute [p] = %S[p] + %T[p]
  einsum.return %U[p]
}
