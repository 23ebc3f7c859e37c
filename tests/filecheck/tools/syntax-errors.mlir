// RUN: einfold-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{unknown dialect 'einsm'; did you mean 'einsum'?}}
einsm.cascade @f

// -----

// expected-error @below {{unknown operation 'einsum.cascad'; did you mean 'cascade'?}}
einsum.cascad @f

// -----

// expected-error @below {{unknown operation 'nothing'}}
nothing

// -----

func.func @f(%arg : i32) {
  // expected-error @below {{use of undefined value '%agr'; did you mean '%arg'?}}
  func.return %agr : i32
}

// -----

func.func @f(%arg : i32) {
  // expected-error @below {{operand is used with type i64, but has been previously used or defined with type i32}}
  "test.op"(%arg) : (i64) -> ()
}

// -----

"test.op"() ({
  // expected-error @+1 {{expected an operation, a block label or '}', found ')'}}
  ) : () -> ()

// -----

"test.op"() {a = 1.0} : () -> ()
} // expected-error {{expected an operation, found '}'}}

// -----

// expected-error @below {{unexpected character U+00E9}}
"test.op"() {a = é} : () -> ()

// -----

// expected-error @below {{closing string literal}}
"test.op"() {a = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa} : () -> ()

// -----

"test.op"() {a = "of what cannot be escaped"} : () -> ()
// expected-error @below {{closing string literal}}
"test.op"() {a = "\q"} : () -> ()

// -----

"test.op"() ({
^first:
  "test.op"() : () -> ()
// expected-note @below {{originally declared here}}
^second:
  "test.op"() : () -> ()
// expected-error @below {{re-declaration of block 'second'}}
^second:
  "test.op"() : () -> ()
}) : () -> ()

// -----

"test.op"() ({
  "test.op"() [^nowhere] : () -> ()
// expected-error @below {{region ends with missing block declarations for block(s) nowhere}}
}) : () -> ()

// -----

// expected-error @below {{expected an operation, found the end of the input}}
#a = 1 : i32
