// RUN: not einfold-opt %s --split-input-file 2>&1 | filecheck %s

// A part with an error does not keep the others from being processed.

"test.op"() {part = 1} : () -> ()

// -----

"test.op"( {part = 2} : () -> ()

// -----

"test.op"() {part = 3} : () -> ()

// -----

// Only a comment.

// CHECK: split.mlir:9:12: error: operand expected
// CHECK: part = 1
// CHECK: // -----
// CHECK-NOT: // -----
// CHECK: part = 3
