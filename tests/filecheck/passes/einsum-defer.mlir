// RUN: einfold-opt %s -p einsum-defer --remarks=applied | filecheck %s

// FuseMax's Cascade 1 becomes its Cascade 2.
einsum.cascade @cascade1 ranks {k = 4096} (%A[k], %B[k]) -> [] : f32 {
  %Y = einsum.compute [] = %A[k] * %B[k] reduce add(k)
  %Z = einsum.compute [] = %Y[] * %A[k] reduce add(k)
  einsum.return %Z[]
}

// CHECK:      einsum.cascade @cascade1 ranks {k = 4096} (%A[k], %B[k]) -> [] : f32 {
// CHECK-NEXT: %Y = einsum.compute [] = %A[k] * %B[k] reduce add(k)
// CHECK-NEXT: %AZ = einsum.compute [] = %A[k] reduce add(k)
// CHECK-NEXT: %Z = einsum.compute [] = %AZ[] * %Y[]
// CHECK-NEXT: einsum.return %Z[]
// CHECK-NEXT: }
