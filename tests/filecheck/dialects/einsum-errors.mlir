// RUN: einfold-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{unknown rank 'q'}}
einsum.cascade @c ranks {p = 4, m = 4} (%A[m, q]) -> [p] : f32 { einsum.return %A[p] }

// -----

// expected-error @below {{rank 'p' is declared twice}}
einsum.cascade @c ranks {p = 4, p = 4} (%A[p]) -> [p] : f32 { einsum.return %A[p] }

// -----

// expected-error @below {{rank 'p' has size 0; sizes run from 1 to 2^40}}
einsum.cascade @c ranks {p = 0} (%A[p]) -> [p] : f32 { einsum.return %A[p] }

// -----

einsum.cascade @c ranks {p = 4, m = 5} (%A[p]) -> [m] : f32 {
// expected-error @below {{rank 'm' has size 5, but dimension 0 of %A has size 4}}
  %B = einsum.compute [m] = %A[m]
  einsum.return %B[m]
}

// -----

einsum.cascade @c ranks {query = 4} (%A[query]) -> [query] : f32 {
// expected-error @below {{unknown rank 'quary'; did you mean 'query'?}}
  %B = einsum.compute [query] = %A[quary]
  einsum.return %B[query]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p]) -> [p] : f32 {
// expected-error @below {{rank expression is not affine: a product of rank variables}}
  %B = einsum.compute [p] = %A[p * m]
  einsum.return %B[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p]) -> [p] : f32 {
// expected-error @below {{rank expression is not affine: it applies 'floor'}}
  %B = einsum.compute [p] = %A[floor(p)]
  einsum.return %B[p]
}

// -----

einsum.cascade @c ranks {p = 4} (%A[p]) -> [p] : f32 {
// expected-error @below {{'where p > 3' leaves no point of the iteration space}}
  %B = einsum.compute [p] = %A[p] where p > 3
  einsum.return %B[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[m, p]) -> [p] : f32 {
// expected-error @below {{rank 'm' is neither in the result nor reduced}}
  %B = einsum.compute [p] = %A[m, p]
  einsum.return %B[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[m, p]) -> [p] : f32 {
// expected-error @below {{unknown reduction 'sum'}}
  %B = einsum.compute [p] = %A[m, p] reduce sum(m)
  einsum.return %B[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[m, p]) -> [p] : f32 {
// expected-error @below {{rank 'm' is reduced twice}}
  %B = einsum.compute [p] = %A[m, p] reduce max(m), add(m)
  einsum.return %B[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[m, p]) -> [p] : f32 {
// expected-error @below {{rank 'p' is reduced, but the result keeps it}}
  %B = einsum.compute [p] = %A[m, p] reduce max(m, p)
  einsum.return %B[p]
}

// -----

einsum.cascade @c ranks {p = 4} (%A[p]) -> [p] : f32 {
// expected-error @below {{unknown operator 'expp'; did you mean 'exp'?}}
  %B = einsum.compute [p] = expp(%A[p])
  einsum.return %B[p]
}

// -----

einsum.cascade @c ranks {p = 4} (%A[p]) -> [p] : f32 {
// expected-error @below {{operator 'max' takes 2 operands, 1 given}}
  %B = einsum.compute [p] = max(%A[p])
  einsum.return %B[p]
}

// -----

einsum.operator @softcap(%x) = tanh(%x)
einsum.cascade @c ranks {p = 4} (%A[p]) -> [p] : f32 {
// expected-error @below {{unknown operator '@softcup'; did you mean '@softcap'?}}
  %B = einsum.compute [p] = @softcup(%A[p])
  einsum.return %B[p]
}

// -----

einsum.cascade @c ranks {p = 4} (%A[p]) -> [p] : f32 {
// expected-error @below {{subscript 'p + 1' of %A runs from 1 to 4, but dimension 0 has size 4}}
  %B = einsum.compute [p] = %A[p + 1]
  einsum.return %B[p]
}

// -----

einsum.cascade @c ranks {p = 4} (%A[p]) -> [p] : f32 {
// expected-error @below {{%A has 1 dimension, 2 subscripts given}}
  %B = einsum.compute [p] = %A[p, p]
  einsum.return %B[p]
}

// -----

einsum.cascade @c ranks {p = 4, s = 3} (%A[p + s]) -> [p + s] : f32 {
// expected-error @below {{result subscript 'p + s' writes a coordinate more than once}}
  %B = einsum.compute [p + s] = %A[p + s]
  einsum.return %B[p + s]
}

// -----

einsum.cascade @c ranks {p = 4} (%A[p]) -> [p] : f32 {
// expected-error @below {{unknown merge 'onion'; did you mean 'union'?}}
  %B = einsum.compute [p] = %A[p] *{onion} 2
  einsum.return %B[p]
}

// -----

einsum.cascade @c ranks {p = 4} (%A[p]) -> [p] : f32 {
// expected-error @below {{expected an element type: f16, bf16, f32, f64, i32, i64, i1}}
  %B = einsum.compute [p] = %A[p] : f8
  einsum.return %B[p]
}

// -----

// expected-error @below {{cascade '@c' declares the results [p], [], but returns [p]}}
einsum.cascade @c ranks {p = 4} (%A[p]) -> [p], [] : f32 {
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, i = 3} (%A[p]) -> [p] : f32 {
// expected-error @below {{einsum.yield gives tensor<4x3xf32> for states of tensor<4xf32>}}
  %B = einsum.iterate i init(%s[p] = 0) {
// expected-error @below {{rank 'i' is iterative here: it is one coordinate and no dimension of the result}}
    %t = einsum.compute [p, i] = %s[p] + i
// expected-error @below {{%t has shape [4, 3], but is named [p] in einsum.yield}}
    einsum.yield %t[p]
  }
  einsum.return %B[p]
}

// -----

einsum.cascade @c ranks {p = 4, i = 3} (%A[p]) -> [p] : f32 {
// expected-error @below {{einsum.yield gives tensor<f32> for states of tensor<4xf32>}}
  %B = einsum.iterate i init(%s[p] = 0) {
    %t = einsum.compute [] = %s[p] reduce add(p)
    einsum.yield %t[]
  }
  einsum.return %B[p]
}

// -----

einsum.cascade @c ranks {m = 10, m1 = 2, m0 = 4} (%A[m]) -> [m1, m0] : f32 {
// expected-error @below {{rank 'm' of size 10 does not fill m1 = 2 x m0 = 4}}
  %B = einsum.view %A[m -> (m1, m0)]
  einsum.return %B[m1, m0]
}

// -----

// expected-error @below {{unknown parameter '%y'}}
einsum.operator @f(%x) = %x + %y

// -----

// expected-error @below {{operator '@f' is defined by itself}}
einsum.operator @f(%x) = @f(%x)

// -----

// expected-error @below {{unknown law 'associativ'; did you mean 'associative'?}}
einsum.operator @f(%x) = %x laws {associativ}

// -----

// expected-error @below {{monotone is 'increasing' or 'decreasing', not 'sideways'}}
einsum.operator @f(%x) = %x laws {monotone = sideways}

// -----

einsum.cascade @c ranks {p = 4} (%A[p]) -> [p] : f32 {
// expected-error @below {{unknown tensor '%C'}}
  %B = einsum.compute [p] = %C[p]
  %C = einsum.compute [p] = %A[p]
  einsum.return %B[p]
}

// -----

// expected-error @below {{this form is read inside an einsum.cascade only, which gives its ranks their sizes}}
einsum.compute [p] = 1
