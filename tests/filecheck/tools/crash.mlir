// RUN: rm -rf %t
// RUN: not einfold-opt %s --load-plugin %S/Inputs/plugin.py -p test-mark,test-crash,cse --crash-dir %t 2>&1 | filecheck %s
// RUN: filecheck %s --check-prefix=KEPT --input-file %t/test-crash.crash.mlir
// RUN: not einfold-opt %t/test-crash.crash.mlir --load-plugin %S/Inputs/plugin.py -p test-crash --crash-dir %t 2>&1 | filecheck %s --check-prefix=AGAIN
// RUN: not einfold-opt %s --load-plugin %S/Inputs/plugin.py -p test-spoil --crash-dir %t 2>&1 | filecheck %s --check-prefix=SPOIL

// A pass that crashes, or that leaves IR which does not verify, is named; what it was given is kept.

einsum.cascade @f ranks {m = 4} (%A[m]) -> [] : f32 {
  %S = einsum.compute [] = %A[m] reduce add(m)
  einsum.return %S[]
}

// CHECK: crash.mlir: error: pass 'test-crash' crashed: ZeroDivisionError: on purpose (plugin.py:
// CHECK-NEXT: test-crash.crash.mlir: note: reproducer written; run: einfold-opt --load-plugin {{.*}}plugin.py -p test-crash {{.*}}test-crash.crash.mlir
// CHECK-NOT: Traceback

// KEPT: // Reproduce with: einfold-opt --load-plugin {{.*}}plugin.py -p test-crash test-crash.crash.mlir
// KEPT-NEXT: // configuration: --pass-pipeline='builtin.module(test-crash)'
// KEPT: // ZeroDivisionError: on purpose
// KEPT: einsum.compute [] = %A[m] reduce add(m) {mark = "seen"}

// AGAIN: error: pass 'test-crash' crashed
// AGAIN-NEXT: test-crash.crash1.mlir: note: reproducer written

// SPOIL: crash.mlir:9:1: error: pass 'test-spoil' made invalid IR: a cascade must end in einsum.return
// SPOIL: test-spoil.crash.mlir: note: reproducer written
