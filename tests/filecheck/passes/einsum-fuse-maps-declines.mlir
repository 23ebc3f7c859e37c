// RUN: einfold-opt %s -p einsum-fuse-maps 2>&1 | filecheck %s --check-prefix=REMARK
// RUN: einfold-opt %s -p einsum-fuse-maps --remarks=none | filecheck %s

// Each of these would change a value, or compute it more often; none is inlined.
// CHECK-COUNT-20: einsum.compute
// CHECK: einsum.return

// REMARK: :[[#]]
einsum.operator @both(%a, %b) = %a +{intersection} %b
einsum.cascade @declined ranks {m = 4, p = 4} (%X[m], %Y[m] empty 0, %Z[m, p]) -> [m, p] : f32 {
  %A = einsum.compute [2 * m] = %X[m] * 2
  %A2 = einsum.compute [m] = exp(%A[2 * m])
  einsum.return %Z[m, p]
}
