// RUN: einfold-opt %s --verify-roundtrip | filecheck %s
// RUN: einfold-opt %s --print-op-generic | einfold-opt | filecheck %s
// RUN: xdsl-opt %s | filecheck %s

// xDSL's own tool reads the dialect too, by the xdsl.universe entry point.

einsum.operator @softcap(%x) = 30 * tanh(%x / 30)
einsum.cascade @scores ranks {b = 2, p = 8, m = 8, e = 4} (%Q[b, p, e], %K[b, m, e]) -> [b, p] : f32 {
  %QK = einsum.compute [b, m, p] = @softcap(%Q[b, p, e] * %K[b, m, e]) reduce add(e) where m <= p
  %GM = einsum.compute [b, p] = %QK[b, m, p] reduce max(m) where m <= p
  einsum.return %GM[b, p]
}

// CHECK: einsum.operator @softcap(%x) = 30 * tanh(%x / 30)
// CHECK-NEXT: einsum.cascade @scores ranks {b = 2, p = 8, m = 8, e = 4} (%Q[b, p, e], %K[b, m, e]) -> [b, p] : f32 {
// CHECK-NEXT: %QK = einsum.compute [b, m, p] = @softcap(%Q[b, p, e] * %K[b, m, e]) reduce add(e) where m <= p
// CHECK-NEXT: %GM = einsum.compute [b, p] = %QK[b, m, p] reduce max(m) where m <= p
// CHECK-NEXT: einsum.return %GM[b, p]
