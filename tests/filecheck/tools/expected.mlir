// RUN: not einfold-opt %s --split-input-file --verify-diagnostics 2>&1 | filecheck %s

// The checks of --verify-diagnostics can fail: an expectation that is not met is an error, and so is what nobody expected.

// expected-error @below {{something that does not come}}
"test.op"() : () -> ()
// CHECK: expected.mlir:5:4: error: expected error "something that does not come" did not come

// -----

einsum.nothing
// CHECK: expected.mlir:11:1: error: unexpected error: unknown operation 'einsum.nothing'

// -----

// expected-error @below {{unknown}}
// expected-error @below {{unknown}}
einsum.nothing
// CHECK: expected.mlir:17:4: error: expected error "unknown" did not come

// -----

// expected-eror @below {{unknown operation}}
einsum.nothing
// CHECK: expected.mlir:23:4: error: malformed expectation

// -----

// expected-error @below 2 {{unknown operation}}
einsum.nothing
// CHECK: expected.mlir:29:4: error: expected error "unknown operation" did not come

// -----

// expected-error-re @below {{^unknown operation '[a-z.]+'$}}
einsum.nothing

// -----

einsum.nothing // expected-warning {{unknown operation}}
// CHECK-NOT: :36:
// CHECK: expected.mlir:40:1: error: unexpected error: unknown operation
// CHECK: expected.mlir:40:19: error: expected warning "unknown operation" did not come
// CHECK-NOT: error
