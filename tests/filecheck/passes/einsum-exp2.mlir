// RUN: einfold-opt %s -p einsum-exp2 --remarks=none | filecheck %s
// RUN: einfold-opt %s -p "einsum-exp2{degree=3}" --remarks=none | filecheck %s --check-prefix=THREE
// RUN: einfold-opt %s -p einsum-exp2 --remarks=all 2>&1 | filecheck %s --check-prefix=REMARK

// The change of base goes into a factor of the scores' products; the maximum is then one of scaled scores.
// REMARK: einsum-exp2.mlir:13:1: remark: 1 exponentials as powers of two; the change of base goes into %S [applied: einsum-exp2]
// REMARK: einsum-exp2.mlir:26:8: remark: an exponential stays: %X is given, so that scaling it would cost as much as it saves [missed: einsum-exp2]

// CHECK: einsum.operator @exp2_p4(%x) = select(%x < -126, 0, pow(2, round(max(%x, -126))) * (0.9999992614416003 +
// THREE: einsum.operator @exp2_p3(%x) = {{.*}} 0.055171672325748815)

// CHECK-LABEL: @scores
einsum.cascade @scores ranks {p = 4, m = 4, e = 2} (%Q[p, e], %K[m, e]) -> [p, m] : f32 {
  // CHECK: %Q2 = einsum.compute [p, e] = 1.4426950408889634 * %Q[p, e]
  // CHECK: %S = einsum.compute [p, m] = %Q2[p, e] * %K[m, e] reduce add(e)
  %S = einsum.compute [p, m] = %Q[p, e] * %K[m, e] reduce add(e)
  %G = einsum.compute [p] = %S[p, m] reduce max(m)
  // CHECK: %E = einsum.compute [p, m] = @exp2_p4(%S[p, m] - %G[p])
  %E = einsum.compute [p, m] = exp(%S[p, m] - %G[p])
  einsum.return %E[p, m]
}

// CHECK-LABEL: @given
einsum.cascade @given ranks {m = 4} (%X[m]) -> [m] : f32 {
  // CHECK: %E = einsum.compute [m] = exp(%X[m])
  %E = einsum.compute [m] = exp(%X[m])
  einsum.return %E[m]
}
