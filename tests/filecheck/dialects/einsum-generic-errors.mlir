// RUN: einfold-opt %s --split-input-file --verify-diagnostics

// What the pretty form cannot even say, or says only for operators: operands, types and attributes that do not fit together.

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{%B is an operand that the map does not read}}
  %C = "einsum.compute"(%A, %B) <{out = #einsum.subscripts<[p]>, map = #einsum.map<(in0[p])>}> : (tensor<4xf32>, tensor<4x4xf32>) -> tensor<4xf32>
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{the map reads operand 1, but there are 1}}
  %C = "einsum.compute"(%A) <{out = #einsum.subscripts<[p]>, map = #einsum.map<(in0[p] + in1[p])>}> : (tensor<4xf32>) -> tensor<4xf32>
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{parameter '%x' outside an operator}}
  %C = "einsum.compute"(%A) <{out = #einsum.subscripts<[p]>, map = #einsum.map<(in0[p] + arg(x))>}> : (tensor<4xf32>) -> tensor<4xf32>
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{result has type tensor<5xf32>, but its subscripts give the shape [4]}}
  %C = "einsum.compute"(%A) <{out = #einsum.subscripts<[p]>, map = #einsum.map<(in0[p])>}> : (tensor<4xf32>) -> tensor<5xf32>
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{'index' is not an element type}}
  %C = "einsum.compute"(%A) <{out = #einsum.subscripts<[p]>, map = #einsum.map<(in0[p])>}> : (tensor<4xf32>) -> tensor<4xindex>
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{'f32' is not an element type}}
  %C, %I = "einsum.compute"(%B) <{out = #einsum.subscripts<[p]>, map = #einsum.map<(in0[m, p])>, reduce = #einsum.reduce<argmax(m)>}> : (tensor<4x4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{the Einsum gives 2 tensors, 1 named}}
  %C = "einsum.compute"(%B) <{out = #einsum.subscripts<[p]>, map = #einsum.map<(in0[m, p])>, reduce = #einsum.reduce<argmax(m)>}> : (tensor<4x4xf32>) -> tensor<4xf32>
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{the Einsum gives 1 tensors, 2 named}}
  %C, %D = "einsum.compute"(%A) <{out = #einsum.subscripts<[p]>, map = #einsum.map<(in0[p])>}> : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4, m1 = 2, m0 = 2} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{result has type tensor<4xf32>, but its ranks are [m1, m0]}}
  %C = "einsum.view"(%A) <{regroup = #einsum.regroup<[p -> (m1, m0)]>}> : (tensor<4xf32>) -> tensor<4xf32>
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4, m1 = 2, m0 = 2} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{a view keeps the element type}}
  %C = "einsum.view"(%A) <{regroup = #einsum.regroup<[p -> (m1, m0)]>}> : (tensor<4xf32>) -> tensor<2x2xf64>
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  %C = einsum.iterate m init(%x[p] = 0) {
    // expected-error @below {{tensors are guarded, but there is no guard}}
    "einsum.yield"(%x, %x) <{subscripts = [#einsum.subscripts<[p]>], operandSegmentSizes = array<i32: 1, 0, 1>}> : (tensor<4xf32>, tensor<4xf32>) -> ()
  }
  einsum.return %A[p]
}

// -----

einsum.cascade @c ranks {p = 4, m = 4} (%A[p], %B[m, p]) -> [p] : f32 {
  // expected-error @below {{a state [p] is initialised by [m]}}
  %C = einsum.iterate m init(%x[p] = %A[m]) {
    einsum.yield %x[p]
  }
  einsum.return %A[p]
}

// -----

// expected-error @below {{'einsum.compute' must stand in an einsum.cascade}}
%C = "einsum.compute"() <{out = #einsum.subscripts<[]>, map = #einsum.map<(1)>}> : () -> tensor<f32>

// -----

// expected-error @below {{2 arguments, but 1 empty values}}
"einsum.cascade"() <{sym_name = "c", ranks = #einsum.ranks<{p = 4}>, inputs = [#einsum.subscripts<[p]>, #einsum.subscripts<[p]>], empties = [unit], outputs = [#einsum.subscripts<[p]>], element = f32}> ({
^bb0(%A: tensor<4xf32>, %B: tensor<4xf32>):
  "einsum.return"(%A) <{subscripts = [#einsum.subscripts<[p]>]}> : (tensor<4xf32>) -> ()
}) : () -> ()

// -----

// expected-error @below {{'index' is not an element type}}
"einsum.cascade"() <{sym_name = "c", ranks = #einsum.ranks<{p = 4}>, inputs = [], empties = [], outputs = [], element = index}> ({
  "einsum.return"() <{subscripts = []}> : () -> ()
}) : () -> ()

// -----

// expected-error @below {{%A has shape [5], but is named [p] in the arguments}}
"einsum.cascade"() <{sym_name = "c", ranks = #einsum.ranks<{p = 4}>, inputs = [#einsum.subscripts<[p]>], empties = [unit], outputs = [], element = f32}> ({
^bb0(%A: tensor<5xf32>):
  "einsum.return"() <{subscripts = []}> : () -> ()
}) : () -> ()

// -----

// expected-error @below {{an operator's parameters must be one or more different names}}
"einsum.operator"() <{sym_name = "f", params = ["x", "x"], laws = {}}> : () -> ()

// -----

// expected-error @below {{an operator's body may use its parameters and numbers only}}
"einsum.operator"() <{sym_name = "f", params = ["x"], laws = {}, body = #einsum.map<(in0[p])>}> : () -> ()

// -----

// expected-error @below {{an operator's body may use its parameters and numbers only}}
einsum.operator @f(%x) = %x * shape(m)

// -----

// expected-error @below {{unknown parameter 'xx'; did you mean 'x'?}}
einsum.operator @f(%x) = %x * xx

// -----

// expected-error @below {{law 'identity' has a value of another kind}}
einsum.operator @f(%x, %y) = %x + %y laws {identity = zero}
