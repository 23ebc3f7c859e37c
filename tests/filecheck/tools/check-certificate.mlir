// RUN: einfold passes %s --rank m --json | einfold check-certificate - | filecheck %s
// RUN: einfold passes %s --rank m --json | einfold check-certificate - --against %s | filecheck %s --check-prefix=AGAINST
// RUN: einfold passes %s --cascade gaussian --json | not einfold check-certificate - --against %S/check.mlir 2>&1 | filecheck %s --check-prefix=OTHER
// RUN: not einfold check-certificate %s 2>&1 | filecheck %s --check-prefix=JSON
// RUN: einfold passes %s --rank m --json | filecheck %s --check-prefix=BOUND

einsum.cascade @gaussian ranks {p = 4, m = 64} (%X[p, m]) -> [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %Y = einsum.compute [p] = exp(-pow(%X[p, m] - %SX[p] / shape(m), 2)) reduce add(m)
  einsum.return %Y[p]
}
einsum.cascade @normalised ranks {p = 4, m = 64} (%X[p, m]) -> [p, m] : f32 {
  %SX = einsum.compute [p] = %X[p, m] * %X[p, m] reduce add(m)
  %N = einsum.compute [p, m] = %X[p, m] / %SX[p]
  einsum.return %N[p, m]
}
einsum.cascade @nearest ranks {p = 4, m = 64} (%X[p, m]) -> [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %D = einsum.compute [p] = abs(%X[p, m] - %SX[p]) reduce min(m)
  einsum.return %D[p]
}

// CHECK: @gaussian, rank m, Y: separation rank >= 12 verified (12 points, 400 digits, smallest pivot {{[0-9.]+e-[0-9]+}}){{$}}
// CHECK-NEXT: @normalised, rank m, N: needs later elements, verified ([0, 1] is -0.487805 or -0.16, as X changes from m = 2 on){{$}}
// CHECK-NEXT: @nearest, rank m, D: no certificate: certificates are about sums, and this is a min: not monotone in the elements: the smallest absolute value is not at an end{{$}}
// AGAINST: @gaussian, rank m, Y: separation rank >= 12 verified ({{.*}}), as in {{.*}}check-certificate.mlir{{$}}
// OTHER: <stdin>: error: @gaussian, rank m, Y: {{.*}}check.mlir has no cascade '@gaussian'{{$}}
// JSON: check-certificate.mlir:1:1: error: not JSON: expecting value
// BOUND: "k": null,
// BOUND-NEXT: "k_at_least": 12,
// BOUND: "body": "exp(-pow(%X[p, m] - %SX / shape(m), 2))",
