// RUN: einfold-opt %s '--split-input-file=// ---- next' --verify-diagnostics=only-expected '--output-split-marker=// ===' | filecheck %s

// Parts between lines of one's own choice, and between others where they are written; errors that nobody expects may come.

"test.op"() {part = 1} : () -> ()

// -----

"test.op"() {part = 2} : () -> ()

// ---- next

einsum.nothing

// ---- next

// expected-error @below {{unknown operation}}
einsum.nothing

// ---- next

"test.op"() {part = 3} : () -> ()

// CHECK: part = 1
// CHECK-NEXT: part = 2
// CHECK: // ===
// CHECK-NOT: // ===
// CHECK: part = 3
