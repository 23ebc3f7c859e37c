// RUN: einfold check %s | filecheck %s
// RUN: not einfold check %s %s.missing 2>&1 | filecheck %s --check-prefix=MISSING
// RUN: not einfold chekc %s 2>&1 | filecheck %s --check-prefix=COMMAND

"test.op"() : () -> ()

// CHECK: check.mlir: valid, 1 operation{{$}}
// MISSING: check.mlir.missing: error: no such file; did you mean 'check.mlir'?
// COMMAND: einfold: error: unknown command 'chekc'; did you mean 'check'?
