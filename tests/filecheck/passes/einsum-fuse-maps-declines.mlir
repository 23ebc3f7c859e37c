// RUN: einfold-opt %s -p einsum-fuse-maps 2>&1 | filecheck %s --check-prefix=REMARK
// RUN: einfold-opt %s -p "einsum-fuse-maps{max-uses=9}" --remarks=none | filecheck %s

// Each of these would change a value, or compute it more often; none is inlined.
einsum.operator @both(%a, %b) = %a +{intersection} %b

// CHECK-LABEL: einsum.cascade @declined
// CHECK-COUNT-20: einsum.compute
// CHECK: einsum.return
einsum.cascade @declined ranks {m = 4, p = 4} (%X[m], %Y[m] empty 0, %Z[m, p])
    -> [2 * m], [m], [m], [m], [m], [m], [m], [m], [p], [m], [m], [m] : f32 {
  // REMARK: einsum-fuse-maps-declines.mlir:14:8: remark: %A stays: a dimension of it is not a plain rank [missed: einsum-fuse-maps]
  // An Einsum that a result needs as a tensor gives no remark.
  %A = einsum.compute [2 * m] = %X[m] * 2
  %A2 = einsum.compute [2 * m] = %A[2 * m] + 1
  // REMARK-NEXT: {{^}}  %A =
  // REMARK: remark: %B stays: storing it as f16 rounds
  %B = einsum.compute [m] = %X[m] * 2 : f16
  %B2 = einsum.compute [m] = %B[m] + 1
  // REMARK: remark: %C stays: the map of %C2 computes in another element type
  %C = einsum.compute [m] = %X[m] * 2 : f64
  %C2 = einsum.compute [m] = %C[m] + 1
  // REMARK: remark: %D stays: it declares an empty value, so where it holds that value it is absent
  %D = einsum.compute [m] = %X[m] * 2 empty 0
  %D2 = einsum.compute [m] = %D[m] + 1
  // REMARK: remark: %E stays: presence decides where it is computed
  %E = einsum.compute [m] = %Y[m] * 2
  %E2 = einsum.compute [m] = %E[m] + 1
  // REMARK: remark: %F stays: presence decides where it is computed
  %F = einsum.compute [m] = %X[m] *{union} 2
  %F2 = einsum.compute [m] = %F[m] + 1
  // REMARK: remark: %G stays: presence decides where it is computed
  %G = einsum.compute [m] = @both(%X[m], 1)
  %G2 = einsum.compute [m] = %G[m] + 1
  // REMARK: remark: %H stays: presence decides where %H2 is computed
  %H = einsum.compute [m] = m * 2
  %H2 = einsum.compute [m] = %H[m] + %Y[m]
  // REMARK: remark: %I stays: %I2 reads it where its filter does not hold
  %I = einsum.compute [m] = %X[m] * 2 where m < 3
  %I2 = einsum.compute [m] = %I[m] + 1 where m < 4
  // REMARK: remark: %J stays: the map of %J2 would compute it several times an element
  %J = einsum.compute [m] = exp(%X[m])
  %J2 = einsum.compute [p] = %J[m] * %Z[m, p] reduce add(m)
  einsum.return %A2[2 * m], %B2[m], %C2[m], %D2[m], %E2[m], %F2[m], %G2[m], %H2[m], %J2[p], %I2[m], %X[m], %X[m]
}

// All readers or none.
// CHECK-LABEL: einsum.cascade @all_or_none
// CHECK-NEXT: %A = einsum.compute [m] = %X[m] * 2
// CHECK-NEXT: %B = einsum.compute [m] = %A[m] + 1
// CHECK-NEXT: %C = einsum.compute [m] = %A[m] + 1 : f64
// CHECK-NEXT: %D = einsum.compute [m] = %A[m] + 2
// REMARK: remark: %A stays: it is read 3 times, more than max-uses = 1
einsum.cascade @all_or_none ranks {m = 4} (%X[m]) -> [m], [m], [m] : f32 {
  %A = einsum.compute [m] = %X[m] * 2
  %B = einsum.compute [m] = %A[m] + 1
  %C = einsum.compute [m] = %A[m] + 1 : f64
  %D = einsum.compute [m] = %A[m] + 2
  einsum.return %B[m], %C[m], %D[m]
}
