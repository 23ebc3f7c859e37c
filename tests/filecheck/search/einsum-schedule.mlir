// RUN: einfold-opt %s -p "einsum-schedule{solver=list}" --remarks=none | filecheck %s
// RUN: einfold-opt %s -p "einsum-schedule{solver=list}" --remarks=applied 2>&1 | filecheck %s --check-prefix=REMARK
// RUN: einfold-opt %s -p "einsum-schedule{solver=cp-sat objective=edp budget=60}" --remarks=none | filecheck %s --check-prefix=CPSAT
// RUN: einfold-opt %s -p "einsum-schedule{solver=list contract=false}" --remarks=none | filecheck %s --check-prefix=APART
// RUN: einfold-opt %s -p "einsum-schedule{solver=list}" --remarks=none | einfold-opt - -p "" | filecheck %s

// Every cascade becomes the kernels that were found for it; each says how far from optimal they may be at most, and what scheduled them.
accel.machine @toy clock 1000000000 word 2 {
  accel.memory @dram offchip bandwidth 16000000000
  accel.memory @buffer capacity 65536
  accel.array @grid [4, 8] ops {mac = 1, add = 1, max = 1}
  accel.array @lanes [1, 8] ops {mac = 1, add = 1, max = 1, exp = 6, div = 2}
}

// CHECK-NOT: einsum.cascade
// CHECK: accel.kernel @denominator{{(_1)?}} on @toy nest
// CHECK-NEXT: attributes {gap = {{0\.[0-9]+}} : f64, bound_cycles = {{[0-9.e+]+}} : f64, scheduled_by = "{{list|rule}}"}
// CHECK: accel.load %denominator.Q
// CHECK: accel.task {{.*}} reduce max(m{{0?}}) on
// CHECK: stage {{[2-9]}}{{( turn [0-9]+)?}} named "denominator.
// CHECK: accel.store {{.*}} to %denominator.D
// REMARK: einsum-schedule.mlir:{{[0-9]+}}:1: remark: {{[0-9,]+}} cycles, of which no schedule of {{[0-9]+}} forms saves more than {{[0-9.]+}} %; as written [applied: einsum-schedule]
// CPSAT: accel.kernel @denominator{{(_1)?}} on @toy
einsum.cascade @denominator ranks {m = 64, p = 16, e = 4} (%Q[p, e], %K[m, e]) -> [p] : f16 {
  %S = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %G = einsum.compute [p] = %S[m, p] reduce max(m)
  %N = einsum.compute [m, p] = exp(%S[m, p] - %G[p])
  %D = einsum.compute [p] = %N[m, p] reduce add(m)
  einsum.return %D[p]
}

// The lowering's own rule may do as well as any schedule.
// CHECK: accel.kernel @total on @toy
// CHECK-NEXT: (%total.A[64, 16]) -> (%total.D[16]) : f16 attributes {gap = {{0\.[0-9]+}} : f64, bound_cycles = 1.300000e+02 : f64, scheduled_by = "{{(rule|list)}}"}
// REMARK: einsum-schedule.mlir:{{[0-9]+}}:1: remark: {{[0-9,]+}} cycles
einsum.cascade @total ranks {m = 64, p = 16} (%A[m, p]) -> [p] : f16 {
  %D = einsum.compute [p] = %A[m, p] reduce add(m)
  einsum.return %D[p]
}

// A product may go into a sum as one multiply-add, unless contract=false.
// CHECK: accel.kernel @axpy on @toy
// CHECK: accel.task [{{.*}}] = %axpy_a[{{.*}}] * %axpy_x[{{.*}}] + %axpy_y[{{.*}}] on
// APART: accel.kernel @axpy on @toy
// APART: accel.task [{{.*}}] = %axpy_a[{{.*}}] * %axpy_x[{{.*}}] on
// APART: accel.task [{{.*}}] = {{.*}} + {{.*}} on
// CPSAT: accel.kernel @axpy on @toy
// CPSAT-NOT: scheduled_by = "list"
einsum.cascade @axpy ranks {m = 64, p = 16} (%A[m], %X[m, p], %Y[m, p]) -> [m, p] : f16 {
  %P = einsum.compute [m, p] = %A[m] * %X[m, p]
  %Z = einsum.compute [m, p] = %P[m, p] + %Y[m, p]
  einsum.return %Z[m, p]
}
