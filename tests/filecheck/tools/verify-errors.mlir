// RUN: einfold-opt %s --split-input-file --verify-diagnostics --allow-unregistered-dialect

// expected-error @below {{'%a' is used before it is defined}}
"test.op"(%a) : (i32) -> ()
// expected-note @below {{defined here}}
%a = "test.op"() : () -> i32

// -----

// expected-error @below {{'%self' is used before it is defined}}
%self = "test.op"(%self) : (i32) -> i32

// -----

// A value that one branch defines does not reach the other, nor the block where they meet.

func.func @f(%c : i1) {
  cf.cond_br %c, ^left, ^right
^left:
  %x = "test.op"() : () -> i32
  cf.br ^meet
^right:
  // expected-error @below {{'%x' is used before it is defined}}
  "test.op"(%x) : (i32) -> ()
  cf.br ^meet
^meet:
  // expected-error @below {{'%x' is used before it is defined}}
  "test.op"(%x) : (i32) -> ()
  func.return
}

// -----

// What the entry block defines reaches all others, and regions inside them.

func.func @f(%c : i1) {
  %x = "test.op"() : () -> i32
  cf.br ^next
^next:
  "test.op"(%x) ({
    "test.termop"(%x, %c) : (i32, i1) -> ()
  }) : (i32) -> ()
  func.return
}

// -----

// Graph regions may use before they define.

equivalence.graph -> i32 {
  %1 = "test.op"(%2) : (i32) -> i32
  %2 = "test.op"() : () -> i32
  equivalence.yield %1 : i32
}

// -----

func.func @f() -> i32 {
  // expected-error @below {{Expected arguments to have the same types as the function output types: expected [i32], got []}}
  func.return
}

// -----

func.func @f() {
  // expected-error @below {{Operation test.op terminates block in single-block region but is not a terminator}}
  "test.op"() : () -> ()
}

// -----

// Every fault is told, not only the first.

func.func @f() -> i32 {
  // expected-error @below {{expected [i32], got []}}
  func.return
}
func.func @g() -> i64 {
  // expected-error @below {{expected [i64], got []}}
  func.return
}

// -----

// expected-error @below {{Operation func.func contains empty block in single-block region that expects at least a terminator}}
func.func @f() {
^only:
}
