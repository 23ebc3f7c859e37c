// RUN: einfold-opt %s -p einsum-push-filters --remarks=none | filecheck %s
// RUN: einfold-opt %s -p einsum-push-filters --remarks=applied 2>&1 | filecheck %s --check-prefix=REMARK

// Scores under a causal mask are computed where the mask lets anything read them.
// REMARK: einsum-push-filters.mlir:8:1: remark: computed only where they are read: %QK, %S [applied: einsum-push-filters]

// CHECK-LABEL: @causal
einsum.cascade @causal ranks {p = 4, m = 4, e = 2} (%Q[p, e], %K[m, e]) -> [p] : f32 {
  // CHECK: %QK = {{.*}} reduce add(e) where m <= p
  %QK = einsum.compute [p, m] = %Q[p, e] * %K[m, e] reduce add(e)
  // CHECK: %S = {{.*}} where m <= p
  %S = einsum.compute [p, m] = %QK[p, m] / 2
  // CHECK: %GM = {{.*}} reduce max(m) where m <= p
  %GM = einsum.compute [p] = %S[p, m] reduce max(m) where m <= p
  einsum.return %GM[p]
}
