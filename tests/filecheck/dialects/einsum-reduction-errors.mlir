// RUN: einfold-opt %s --split-input-file --verify-diagnostics

// Reductions, sequential ranks and results that mean nothing.

einsum.operator @f(%x) = %x + 1
einsum.operator @g(%a, %b) = %a + %b
einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{operator '@f' takes 1 operands; a reduction needs one of 2}}
  %C = einsum.compute [p] = %B[m, p] reduce @f(m)
  einsum.return %A[p]
}

// -----

einsum.operator @f(%x) = %x + 1
einsum.operator @g(%a, %b) = %a + %b
einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{operator '@g' declares no identity, which a reduction needs}}
  %C = einsum.compute [p] = %B[m, p] reduce @g(m)
  einsum.return %A[p]
}

// -----

einsum.operator @f(%x) = %x + 1
einsum.operator @g(%a, %b) = %a + %b
einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{operator '@g' takes 2 operands, 1 given}}
  %C = einsum.compute [p] = @g(%A[p])
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{'argmax' returns coordinates, so it must be the last reduction}}
  %C = einsum.compute [] = %B[m, p] reduce argmax(m), add(p)
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{reduction 'add' names no rank}}
  %C = einsum.compute [p] = %A[p] reduce add()
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  %C = einsum.iterate m init(%x[p] = 0) {
    // expected-error @below {{rank 'm' is iterative here: it is one coordinate and cannot be reduced}}
    %y = einsum.compute [p] = %B[m, p] reduce add(m)
    einsum.yield %y[p]
  }
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{rank 'p' stands twice in the result's subscripts}}
  %C = einsum.compute [p, p] = %A[p]
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{result subscript '2 * p + m' writes a coordinate more than once}}
  %C = einsum.compute [2 * p + m] = %B[m, p]
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4, k = 1} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{a rank stands twice in the view's result}}
  %C = einsum.view %B[m, p -> (m, k)]
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  %C = einsum.iterate m init(%x[p] = 0) {
    // expected-error @below {{rank 'm' is iterative already}}
    %y = einsum.iterate m init(%z[p] = 0) {
      einsum.yield %z[p]
    }
    einsum.yield %y[p]
  }
  einsum.return %A[p]
}

// -----

// expected-error @below {{cascade '@c' declares the results [], but returns nothing}}
einsum.cascade @c ranks {p = 4} (%A[p]) -> [] : f32 {
  // expected-error @below {{einsum.return has 1 tensors and 0 lists of subscripts}}
  "einsum.return"(%A) <{subscripts = []}> : (tensor<4xf32>) -> ()
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{subscript 'm - p' of %A runs from -3 to 3, but dimension 0 has size 4}}
  %C = einsum.compute [p] = %A[m - p] reduce add(m)
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{subscript 'p + 2' of %A runs from 2 to 4, but dimension 0 has size 4}}
  %C = einsum.compute [p] = %A[p + 2] where p < 3
  einsum.return %A[p]
}
