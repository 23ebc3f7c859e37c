// RUN: einfold-opt %s --split-input-file --verify-diagnostics

// What cannot be read as the notation of Einsums: rank expressions, map expressions, filters, numbers.

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{expected a number}}
  %C = einsum.compute [p] = %A[p] empty none
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{expected an exponent of at most 400}}
  %C = einsum.compute [p] = %A[p] + 1e401
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{rank expression has a number beyond 2^62}}
  %C = einsum.compute [p] = %A[4611686018427387905 * p]
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{rank expression is not affine: it divides}}
  %C = einsum.compute [p] = %A[p / 2]
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{rank expression is not affine: it reads 'A[...]'}}
  %C = einsum.compute [p] = %B[A[p], p] reduce add(m)
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{expected a rank expression: a rank, an integer, or sums and multiples of them}}
  %C = einsum.compute [p] = %A[p, +]
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{expected a comparison of rank expressions: <, <=, >, >= or ==}}
  %C = einsum.compute [p] = %A[p] where p + 1 empty 0
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{expected '==' to compare}}
  %C = einsum.compute [p] = %A[p] where p = 1
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{expected '==' to compare}}
  %C = einsum.compute [p] = %A[p] = 1
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{expected an operand: a tensor, a number, a rank, a function or '('}}
  %C = einsum.compute [p] = %A[p] * )
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{expected an operand: a tensor, a number, a rank, a function or '('}}
  %C = einsum.compute [p] = max(%A[p], )
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{unknown operator 'Exp'; did you mean 'exp'?}}
  %C = einsum.compute [p] = Exp(%A[p])
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{operator 'exp' takes 1 operands, 2 given}}
  %C = einsum.compute [p] = exp(%A[p], %A[p])
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{unknown merge 'left-onyl'; did you mean 'left-only'?}}
  %C = einsum.compute [p] = max{left-onyl}(%A[p], %A[p])
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{expression is nested deeper than 100 levels}}
  %C = einsum.compute [p] = ------------------------------------------------------------------------------------------------------%A[p]
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{expression is nested deeper than 100 levels}}
  %C = einsum.compute [p] = ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((%A[p]))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{expression is nested deeper than 100 levels}}
  %C = einsum.compute [p] = %A[p] + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{unknown tensor '%AA'; did you mean '%A'?}}
  %C = einsum.compute [p] = %AA[p]
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{unknown rank 'mm'; did you mean 'm'?}}
  %C = einsum.compute [mm] = %A[p]
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{subscript 'p - 1' reaches -1; coordinates start at 0}}
  %C = einsum.compute [p - 1] = %A[p]
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{unknown rank 'i'}}
  %C = einsum.iterate i init(%x[] = 0) {
    einsum.yield %x[]
  }
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{'f8E4M3' is not an element type; these are: f16, bf16, f32, f64, i32, i64, i1}}
  %C = einsum.compute [p] = %A[p] : f8E4M3
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{'index' is not an element type; these are: f16, bf16, f32, f64, i32, i64, i1}}
  %C = einsum.iterate p init(%x[] = 0 : index) {
    einsum.yield %x[]
  }
  einsum.return %A[p]
}
