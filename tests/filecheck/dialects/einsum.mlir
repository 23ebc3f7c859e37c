// RUN: einfold-opt %s | filecheck %s
// RUN: einfold-opt %s --verify-roundtrip | filecheck %s
// RUN: einfold-opt %s --print-op-generic | einfold-opt | filecheck %s
// RUN: einfold-opt %s --print-op-generic | filecheck %s --check-prefix=GENERIC

// CHECK:      einsum.operator @softcap(%x) = 30 * tanh(%x / 30) laws {monotone = increasing}
// CHECK-NEXT: einsum.operator @lse(%a, %b) = max(%a, %b) + log(1 + exp(-abs(%a - %b))) laws {associative, commutative, identity = -inf}
// CHECK-NEXT: einsum.operator @quantise(%x) opaque
// GENERIC:      "einsum.operator"() <{sym_name = "softcap", params = ["x"], laws = {monotone = "increasing"}, body = #einsum.map<(30 * tanh(arg(x) / 30))>}> : () -> ()
einsum.operator @softcap(%x) = 30 * tanh(x / 30) laws {monotone = increasing}
einsum.operator @lse(%a, %b) = max(%a, %b) + log(1 + exp(-abs(%a - %b))) laws {associative, commutative, identity = -inf}
einsum.operator @quantise(%x) opaque

// CHECK-NEXT: einsum.cascade @contract ranks {p = 1024, m = 1024, e = 64} (%Q[p, e], %K[m, e]) -> [p], [m, p] : f32 {
// CHECK-NEXT:   %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
// CHECK-NEXT:   %GM = einsum.compute [p] = %QK[m, p] reduce max(m)
// CHECK-NEXT:   %S = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p]) where m <= p
// CHECK-NEXT:   einsum.return %GM[p], %S[m, p]
// CHECK-NEXT: }
// GENERIC: %S = "einsum.compute"(%QK, %GM) <{out = #einsum.subscripts<[m, p]>, map = #einsum.map<(exp(in0[m, p] - in1[p]))>, where = #einsum.filter<(m <= p)>}> : (tensor<1024x1024xf32>, tensor<1024xf32>) -> tensor<1024x1024xf32>
einsum.cascade @contract ranks {p = 1024, m = 1024, e = 64} (%Q[p, e], %K[m, e]) -> [p], [m, p] : f32 {
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %GM = einsum.compute [p] = %QK[m, p] reduce max(m)
  %S  = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p]) where m <= p
  einsum.return %GM[p], %S[m, p]
}

// CHECK-NEXT: einsum.cascade @subscripts ranks {p = 8, s = 3, i = 8, m1 = 2, m0 = 4, m = 7, huge = 1099511627776} (%I[2 * p + s], %A[i], %B[m] : bf16, %H[huge]) -> [p], [i + 1], [m1, m0] : f32 {
// CHECK-NEXT:   %C = einsum.compute [p] = %I[2 * p + s] * (-2.5) reduce add(s)
// CHECK-NEXT:   %S = einsum.compute [i + 1] = %A[i]
// CHECK-NEXT:   %T = einsum.compute [m1, m0] = %B[4 * m1 + m0] where 4 * m1 + m0 < 7
// CHECK-NEXT:   %V = einsum.view %B[m -> (m1, m0)]
// CHECK-NEXT:   %W = einsum.view %V[(m1, m0) -> m]
// CHECK-NEXT:   einsum.return %C[p], %S[i + 1], %T[m1, m0]
einsum.cascade @subscripts ranks {p = 8, s = 3, i = 8, m1 = 2, m0 = 4, m = 7, huge = 1099511627776}
    (%I[p + s + p], %A[i], %B[m] : bf16, %H[huge]) -> [p], [i + 1], [m1, m0] : f32 {
  %C = einsum.compute [p] = %I[2 * p + s] * -2.5 reduce add(s)
  %S = einsum.compute [i + 1] = %A[i]
  %T = einsum.compute [m1, m0] = %B[m1 * 4 + m0] where m1 * 4 + m0 < 7
  %V = einsum.view %B[m -> (m1, m0)]
  %W = einsum.view %V[(m1, m0) -> m]
  einsum.return %C[p], %S[i + 1], %T[m1, m0]
}

// CHECK:      %X = einsum.compute [m, p] = select(%A[m, p] >= shape(m) * p, -(%A[m, p] + 1.0e-05), inf) where p - 4 < m and m <= p empty -inf
// CHECK-NEXT: %V, %N = einsum.compute [p] = @softcap(%A[m, p]) reduce argmax(m)
// CHECK-NEXT: %L = einsum.compute [] = %A[m, p] reduce @lse(m), max(p) : f64
// CHECK-NEXT: %U = einsum.compute [m, p] = %A[m, p] +{intersection} %X[m, p] * max{left}(%X[m, p], 2) : i32
einsum.cascade @maps ranks {p = 8, m = 16} (%A[m, p] empty 0) -> [p], [], [m, p] : f32 {
  %X = einsum.compute [m, p] = select(%A[m, p] >= shape(m) * p, -(%A[m, p] + 1e-5), inf) where p - 4 < m <= p empty -inf
  %V, %N = einsum.compute [p] = @softcap(%A[m, p]) reduce argmax(m)
  %L = einsum.compute [] = %A[m, p] reduce @lse(m), max(p) : f64
  %U = einsum.compute [m, p] = %A[m, p] +{intersect} %X[m, p] * max{left}(%X[m, p], 2) : i32
  einsum.return %N[p], %L[], %U[m, p]
}

// CHECK:      %D, %P, %C = einsum.iterate i init(%d[v] = %D0[v], %p[] = -inf) {
// CHECK-NEXT:   %n = einsum.compute [v] = min(%d[v], %G[u, v] + %d[u]) reduce min(u) where u >= i
// CHECK-NEXT:   einsum.yield %n[v], %p[] collect %n[v] until %n[v] == %d[v]
// CHECK-NEXT: }
einsum.cascade @iterate ranks {i = 4, u = 5, v = 5} (%G[u, v], %D0[v]) -> [v], [i, v] : f32 {
  %D, %P, %C = einsum.iterate i init(%d[v] = %D0[v], %p[] = -inf) {
    %n = einsum.compute [v] = min(%d[v], %G[u, v] + %d[u]) reduce min(u) where u >= i
    einsum.yield %n[v], %p[] collect %n[v] until %n[v] == %d[v]
  }
  einsum.return %D[v], %C[i, v]
}
