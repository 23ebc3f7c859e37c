// RUN: einfold-opt %s -p einsum-count-passes --remarks=none | filecheck %s
// RUN: einfold-opt %s -p "einsum-count-passes{rank=m}" 2>&1 | filecheck %s --check-prefix=REMARK
// RUN: not einfold-opt %s -p "einsum-count-passes{rank=mm}" 2>&1 | filecheck %s --check-prefix=RANK
// RUN: einfold-opt %s -p einsum-count-passes,einsum-count-passes --remarks=none | filecheck %s
// RUN: einfold-opt %s -p "einsum-count-passes,einsum-count-passes{rank=e}" --remarks=none | filecheck %s --check-prefix=ANEW

// ANEW: attributes {passes = {e = 1 : i64}}
// ANEW: reduce add(e) {passes = {e = 1 : i64}}
// ANEW-NOT: passes

// RANK: error: pass 'einsum-count-passes': unknown rank 'mm'; did you mean 'm'?

// REMARK: einsum-count-passes.mlir:21:1: remark: 3 passes over m [analysis: einsum-count-passes]
// REMARK: einsum-count-passes.mlir:24:9: remark: SN starts pass 2 over m: it needs GM[p], reduced over m [analysis: einsum-count-passes]
// REMARK: einsum-count-passes.mlir:26:8: remark: A starts pass 3 over m: it needs SD[p], reduced over m [analysis: einsum-count-passes]
// REMARK: %QK = {{.*}} reduce add(e) {passes = {m = 1 : i64}}

// CHECK: einsum.cascade @attention ranks {p = 8, m = 8, e = 4, f = 4}
// CHECK-SAME: : f32 attributes {passes = {p = 1 : i64, m = 3 : i64, e = 1 : i64, f = 1 : i64}} {

einsum.cascade @attention ranks {p = 8, m = 8, e = 4, f = 4} (%Q[p, e], %K[m, e], %V[m, f]) -> [p, f] : f32 {
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %GM = einsum.compute [p] = %QK[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %AV = einsum.compute [p, f] = %A[m, p] * %V[m, f] reduce add(m)
  einsum.return %AV[p, f]
}

// CHECK-NEXT: %QK = {{.*}} reduce add(e) {passes = {p = 1 : i64, m = 1 : i64, e = 1 : i64}}
// CHECK-NEXT: %GM = {{.*}} {passes = {p = 1 : i64, m = 1 : i64}}
// CHECK-NEXT: %SN = {{.*}} {passes = {p = 1 : i64, m = 2 : i64}}
// CHECK-NEXT: %SD = {{.*}} {passes = {p = 1 : i64, m = 2 : i64}}
// CHECK-NEXT: %A = {{.*}} {passes = {p = 1 : i64, m = 3 : i64}}
// CHECK-NEXT: %AV = {{.*}} {passes = {p = 1 : i64, m = 3 : i64, f = 1 : i64}}
