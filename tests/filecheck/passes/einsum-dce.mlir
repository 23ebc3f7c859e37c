// RUN: einfold-opt %s -p einsum-dce --remarks=none | filecheck %s
// RUN: einfold-opt %s -p "einsum-dce{ranks=true}" --remarks=applied 2>&1 | filecheck %s --check-prefix=RANKS

// RANKS: einsum-dce.mlir:8:1: remark: removed 7 dead operations, states or collected tensors, ranks q, r, z [applied: einsum-dce]
// RANKS: einsum.cascade @dead ranks {i = 3, p = 4, s = 2}

// CHECK: einsum.cascade @dead ranks {i = 3, p = 4, q = 2, r = 2, s = 2, z = 7}
einsum.cascade @dead ranks {i = 3, p = 4, q = 2, r = 2, s = 2, z = 7} (%X[p], %Y[p]) -> [p], [i, p] : f32 {
  %A = einsum.compute [p] = %X[p] * shape(s)
  %B = einsum.compute [p] = %A[p] * 3
  %V = einsum.view %B[p -> (q, r)]
  %W = einsum.compute [q, r] = %V[q, r] + z reduce add(z)
  // CHECK-NEXT: %A = einsum.compute [p] = %X[p] * shape(s)
  // A state that only itself reads, what feeds it, and what is collected in vain: dead. The guard's tensors live.
  %S, %T, %U, %H, %G = einsum.iterate i init(%s[p] = 0, %t[p] = %Y[p], %u[p] = %A[p]) attributes {note = "kept"} {
    %n = einsum.compute [p] = %s[p] + %A[p]
    %m = einsum.compute [p] = %t[p] * 2
    %k = einsum.compute [p] = %u[p] + %X[p]
    %g = einsum.compute [p] = %n[p] * 5
    einsum.yield %n[p], %m[p], %k[p] collect %g[p], %m[p] until %k[p] > 9
  }
  // CHECK-NEXT: %S, %U, %H = einsum.iterate i init(%s[p] = 0, %u[p] = %A[p]) attributes {note = "kept"} {
  // CHECK-NEXT:   %n = einsum.compute [p] = %s[p] + %A[p]
  // CHECK-NEXT:   %k = einsum.compute [p] = %u[p] + %X[p]
  // CHECK-NEXT:   %g = einsum.compute [p] = %n[p] * 5
  // CHECK-NEXT:   einsum.yield %n[p], %k[p] collect %g[p] until %k[p] > 9
  // CHECK-NEXT: }
  %D = einsum.iterate i init(%d[p] = 0) {
    %e = einsum.compute [p] = %d[p] + %A[p]
    einsum.yield %e[p]
  }
  // CHECK-NEXT: einsum.return %S[p], %H[i, p]
  einsum.return %S[p], %H[i, p]
}

// One live result keeps an Einsum of two.
// CHECK-LABEL: einsum.cascade @two
// CHECK-NEXT: %v, %i = einsum.compute [] = %A[m] reduce argmax(m)
// CHECK-NEXT: einsum.return %i[]
einsum.cascade @two ranks {m = 4} (%A[m]) -> [] : f32 {
  %v, %i = einsum.compute [] = %A[m] reduce argmax(m)
  einsum.return %i[]
}

// What only initialises a state that lives, lives; what only initialises a dead one does not.
// CHECK-LABEL: einsum.cascade @inits
// CHECK-NEXT: %A = einsum.compute [p] = %X[p] * 2
// CHECK-NEXT: %S = einsum.iterate i init(%s[p] = %A[p]) {
einsum.cascade @inits ranks {i = 3, p = 4} (%X[p]) -> [p] : f32 {
  %A = einsum.compute [p] = %X[p] * 2
  %B = einsum.compute [p] = %X[p] * 3
  %S, %T = einsum.iterate i init(%s[p] = %A[p], %t[p] = %B[p]) {
    %n = einsum.compute [p] = %s[p] + 1
    %k = einsum.compute [p] = %t[p] + 1
    einsum.yield %n[p], %k[p]
  }
  einsum.return %S[p]
}
