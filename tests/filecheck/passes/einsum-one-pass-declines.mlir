// RUN: einfold-opt %s -p einsum-one-pass --verify-diagnostics | filecheck %s

// Rounding is opaque: the scale must be known before the data is traversed again.
einsum.cascade @quantised ranks {p = 4, m = 1024, f = 8} (%X[p, m], %W[m, f]) -> [p, f] : f32 {
  %AM = einsum.compute [p] = abs(%X[p, m]) reduce max(m)
  // expected-remark @below {{Y stays a later pass over m: its elements and summaries do not separate: round has no law that takes a summary out of it}}
  %Y = einsum.compute [p, f] = round(%X[p, m] / %AM[p]) * %W[m, f] reduce add(m)
  einsum.return %Y[p, f]
}

// CHECK:      einsum.cascade @quantised ranks {p = 4, m = 1024, f = 8} (%X[p, m], %W[m, f]) -> [p, f] : f32 {
// CHECK-NEXT: %AM = einsum.compute [p] = abs(%X[p, m]) reduce max(m)
// CHECK-NEXT: %Y = einsum.compute [p, f] = round(%X[p, m] / %AM[p]) * %W[m, f] reduce add(m)
// CHECK-NEXT: einsum.return %Y[p, f]
// CHECK-NEXT: }
