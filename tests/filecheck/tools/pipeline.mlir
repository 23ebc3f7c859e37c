// RUN: not einfold-opt %s -p cse,einsum-onepass 2>&1 | filecheck %s --check-prefix=PASS
// RUN: not einfold-opt %s --load-plugin %S/Inputs/plugin.py -p 'test-refuse{reson=a}' 2>&1 | filecheck %s --check-prefix=OPTION
// RUN: not einfold-opt %s --load-plugin %S/Inputs/plugin.py -p 'test-refuse{reason=a times=b}' 2>&1 | filecheck %s --check-prefix=TYPE
// RUN: not einfold-opt %s --load-plugin %S/Inputs/plugin.py -p 'cse, test-refuse' 2>&1 | filecheck %s --check-prefix=MISSING
// RUN: not einfold-opt %s --load-plugin %S/Inputs/plugin.py -p 'cse, test-refuse{ reason="not today" factor=2 }' 2>&1 | filecheck %s --check-prefix=REFUSED
// RUN: not einfold-opt %s -p 'cse{' 2>&1 | filecheck %s --check-prefix=OPEN
// RUN: not einfold-opt %s -t mlr 2>&1 | filecheck %s --check-prefix=TARGET
// RUN: not einfold-opt %s --split-input-fil=1 2>&1 | filecheck %s --check-prefix=FLAG

einsum.cascade @f ranks {m = 4} (%A[m]) -> [] : f32 {
  %S = einsum.compute [] = %A[m] reduce add(m)
  einsum.return %S[]
}

// PASS: <passes>:1:5: error: unknown pass 'einsum-onepass'; did you mean 'einsum-one-pass'?
// PASS-NEXT: cse,einsum-onepass
// PASS-NEXT: {{^}}    ^^^^^^^^^^^^^^

// OPTION: <passes>:1:13: error: pass 'test-refuse' has no option 'reson'; did you mean 'reason'?
// TYPE: <passes>:1:22: error: option 'times' of pass 'test-refuse' takes a whole number, given b
// MISSING: <passes>:1:6: error: pass 'test-refuse' needs option 'reason' (a word or a text in double quotes)
// REFUSED: pipeline.mlir:11:8: error: pass 'test-refuse': not today, 1 times 2.0
// REFUSED-NEXT: %S = einsum.compute
// OPEN: <passes>:1:5: error: expected an option's name or '}'
// TARGET: <target>:1:1: error: unknown target 'mlr'; did you mean 'mlir'?
// FLAG: einfold-opt: error: unknown option '--split-input-fil'; did you mean '--split-input-file'?
