// RUN: not einfold-opt %s --split-input-file 2>&1 | filecheck %s --strict-whitespace

// A message is one line with its place; the source line follows as it stands, then carets under the place.

einsum.cascade @f ranks {m = 4} (%A[m]) -> [m] : f32 {
	einsum.retrun %A[m]
}

// CHECK:layout.mlir:6:2: error: unknown operation 'einsum.retrun'; did you mean 'return'?
// CHECK-NEXT:{{^}}	einsum.retrun %A[m]
// CHECK-NEXT:{{^}}	^^^^^^^^^^^^^

// -----

"test.op"(%later) : (i32) -> ()
%later = "test.op"() : () -> i32

// CHECK:layout.mlir:15:1: error: '%later' is used before it is defined
// CHECK-NEXT:{{^}}"test.op"(%later) : (i32) -> ()
// CHECK-NEXT:{{^}}^^^^^^^^^
// CHECK-NEXT:layout.mlir:16:10: note: defined here
// CHECK-NEXT:{{^}}%later = "test.op"() : () -> i32
// CHECK-NEXT:{{^}}         ^^^^^^^^^
