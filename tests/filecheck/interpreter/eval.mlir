// RUN: einfold eval %s --cascade triangle | filecheck %s --check-prefix=TRIANGLE
// RUN: einfold eval %s --cascade triangle --set m=9,k=9 | filecheck %s --check-prefix=NINE
// RUN: einfold eval %s --cascade softmax --seed 3 | filecheck %s --check-prefix=SOFTMAX
// RUN: einfold eval %s --cascade softmax --dtype bf16 | filecheck %s --check-prefix=BF16
// RUN: einfold eval %s --cascade masked | filecheck %s --check-prefix=MASKED
// RUN: not einfold eval %s 2>&1 | filecheck %s --check-prefix=WHICH
// RUN: not einfold eval %s --cascade softmaxx 2>&1 | filecheck %s --check-prefix=NEAREST
// RUN: not einfold eval %s --cascade opaque 2>&1 | filecheck %s --check-prefix=OPAQUE
// RUN: not einfold eval %s --cascade softmax --dtype f8 2>&1 | filecheck %s --check-prefix=DTYPE
// RUN: not einfold eval %s --cascade softmax --inputs %s 2>&1 | filecheck %s --check-prefix=INPUTS

// The interpreter from the command line; values are compared in the unit tests.

// TRIANGLE: out0: int64 [4], from 0 to 6{{$}}
// TRIANGLE-NEXT: out1: int64 [], from 3 to 3{{$}}
// NINE: out0: int64 [9], from 0 to 36{{$}}
// NINE-NEXT: out1: int64 [], from 8 to 8{{$}}
einsum.cascade @triangle ranks {m = 4, k = 4} () -> [m], [] : i64 {
  %S = einsum.compute [m] = k reduce add(k) where k <= m
  %V, %I = einsum.compute [] = %S[m] reduce argmax(m)
  einsum.return %S[m], %I[]
}

// SOFTMAX: out0: float32 [2], from 1 to 1{{$}}
// BF16: out0: float32 [2], from 1 to 1{{$}}
einsum.cascade @softmax ranks {p = 2, m = 8} (%X[p, m]) -> [p] : f32 {
  %G = einsum.compute [p] = %X[p, m] reduce max(m)
  %N = einsum.compute [p, m] = exp(%X[p, m] - %G[p])
  %D = einsum.compute [p] = %N[p, m] reduce add(m)
  %A = einsum.compute [p, m] = %N[p, m] / %D[p]
  %T = einsum.compute [p] = %A[p, m] reduce add(m)
  %R = einsum.compute [p] = round(8 * %T[p]) / 8
  einsum.return %R[p]
}

// A fiber of which nothing is visited gives the identity; 0 / 0 stays what it is.
// MASKED: out0: float32 [4], from 1 to 3, 1 not finite{{$}}
// MASKED-NEXT: out1: float32 [4], from 1 to 1, 1 not finite{{$}}
einsum.cascade @masked ranks {m = 4, k = 4} () -> [m], [m] : f32 {
  %M = einsum.compute [m] = k + 1 reduce max(k) where k < m
  %C = einsum.compute [m] = 1 reduce add(k) where k < m
  %Q = einsum.compute [m] = %C[m] / %C[m]
  einsum.return %M[m], %Q[m]
}

// OPAQUE: eval.mlir: error: operator '@quantise' is opaque: it has no definition to evaluate
einsum.operator @quantise(%x) opaque
einsum.cascade @opaque ranks {m = 4} (%A[m]) -> [m] : f32 {
  %R = einsum.compute [m] = @quantise(%A[m])
  einsum.return %R[m]
}

// WHICH: eval.mlir: error: 4 cascades in it (@triangle, @softmax, @masked, @opaque); choose one with --cascade
// NEAREST: eval.mlir: error: no cascade '@softmaxx'; did you mean '@softmax'?
// DTYPE: einfold eval: error: argument --dtype: invalid choice: 'f8'
// INPUTS: eval.mlir: error: not a readable .npz file:
