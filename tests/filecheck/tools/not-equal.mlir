// RUN: einfold-opt %s --verify-roundtrip | filecheck %s

// `!=` is one token in einfold's tools; it prints as the operator it is, which every tool reads.

einsum.cascade @f ranks {m = 4} (%A[m], %B[m]) -> [m] : f32 {
  %D = einsum.compute [m] = %A[m] != %B[m]
  einsum.return %D[m]
}

// CHECK: %D = einsum.compute [m] = ne(%A[m], %B[m])
