// RUN: einfold passes %s --proof - -o %t.txt | filecheck %s

einsum.cascade @scaled ranks {p = 4, m = 64} (%X[p, m], %T[p]) -> [p] : f32 {
  %GM = einsum.compute [p] = %X[p, m] reduce max(m)
  %SD = einsum.compute [p] = exp((%X[p, m] - %GM[p]) * 2) reduce add(m)
  %L = einsum.compute [p] = log(%SD[p]) + %GM[p]
  einsum.return %L[p]
}

// Claims stand as they are made, over the parts of the derivation.
// CHECK: ; @scaled, rank m, GM: distributivity: the final value of two parts combined is the combination of their final values
// CHECK-NEXT: ; result: proved by z3
// CHECK-NEXT: ; expect: unsat
// CHECK-NEXT: (set-info :smt-lib-version 2.6)
// CHECK-NEXT: (set-info :status unsat)
// CHECK-NEXT: (set-logic QF_NRA)
// CHECK-NEXT: (declare-const %GM.0@1 Real)
// CHECK-NEXT: (declare-const %GM.0@2 Real)
// CHECK-NEXT: (define-fun Max ((a Real) (b Real)) Real (ite (>= a b) a b))
// CHECK-NEXT: (define-fun final ((%GM.0 Real)) Real %GM.0)
// CHECK-NEXT: ; the claim, denied
// CHECK-NEXT: (assert (not (= (final (Max %GM.0@1 %GM.0@2)) (Max (final %GM.0@1) (final %GM.0@2)))))
// CHECK-NEXT: (check-sat)
// CHECK-NEXT: (reset)

// The laws of exp are instances at what occurs.
// CHECK: ; @scaled, rank m, SD: shift: moving the summaries moves the carried terms by the correction matrix
// CHECK: (declare-fun Exp (Real) Real)
// CHECK: (define-fun K.0.0 ((%GM.old Real) (%GM Real)) Real (Exp (* 2.0 (- %GM.old %GM))))
// CHECK: ; the laws of these functions, where they are applied
// CHECK: (assert (= (* (Exp (* 2.0 (- %GM.old %GM))) (Exp (* 2.0 (- |%X[p, m]| %GM.old)))) (Exp (- (* 2.0 |%X[p, m]|) (* 2.0 %GM)))))
// CHECK: (assert (not (= (carried.0 %GM) (* (K.0.0 %GM.old %GM) (carried.0 %GM.old)))))

// What is no claim for a solver is a comment.
// CHECK: ; @scaled, rank m, SD: defined: no correction divides by zero at a reachable value of the summaries (bottoms are replaced first)
// CHECK-NEXT: ; result: proved by inspection: no division, root or logarithm of a summary is in it
// CHECK-EMPTY:
// CHECK-NEXT: ; @scaled, rank m, SD: bottom: where a summary is at its bottom the correction is still exact
// CHECK-NEXT: ; result: tested by evaluation there: absorbed
