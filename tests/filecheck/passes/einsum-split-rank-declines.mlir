// RUN: einfold-opt %s --split-input-file -p "einsum-split-rank{rank=m size=4 two-level=true}" --remarks=none | filecheck %s
// RUN: einfold-opt %s --split-input-file -p "einsum-split-rank{rank=m size=4 two-level=true}" 2>&1 | filecheck %s --check-prefix=REMARK
// RUN: not einfold-opt %s --split-input-file -p "einsum-split-rank{rank=mm size=4}" 2>&1 | filecheck %s --check-prefix=RANK
// RUN: not einfold-opt %s --split-input-file -p "einsum-split-rank{rank=m size=0}" 2>&1 | filecheck %s --check-prefix=SIZE
// RUN: not einfold-opt %s --split-input-file -p "einsum-split-rank{rank=m size=4 names=p,q}" 2>&1 | filecheck %s --check-prefix=TAKEN
// RUN: not einfold-opt %s --split-input-file -p "einsum-split-rank{rank=m size=4 names=q}" 2>&1 | filecheck %s --check-prefix=ONE
// RUN: not einfold-opt %s --split-input-file -p "einsum-split-rank{rank=m size=4 cascade=smal}" 2>&1 | filecheck %s --check-prefix=CASCADE

// RANK: einsum-split-rank-declines.mlir:17:1: error: pass 'einsum-split-rank': unknown rank 'mm'; did you mean 'm'?
// SIZE: error: pass 'einsum-split-rank': tiles have a size of 1 or more, not 0
// TAKEN: error: pass 'einsum-split-rank': cascade '@iterative' has a rank 'p' already
// ONE: error: pass 'einsum-split-rank': names takes two different ranks, given q
// CASCADE: error: pass 'einsum-split-rank': no cascade '@smal'; did you mean '@small'?

// REMARK: remark: rank 'm' of size 3 is one tile of 4 already [missed: einsum-split-rank]
// CHECK: einsum.cascade @small ranks {m = 3}
einsum.cascade @small ranks {m = 3} (%A[m]) -> [] : f32 {
  %S = einsum.compute [] = %A[m] reduce add(m)
  einsum.return %S[]
}

// -----

// REMARK: remark: rank 'm' is iterative: its coordinates run one by one, not in tiles [missed: einsum-split-rank]
// CHECK: einsum.cascade @iterative ranks {m = 8, p = 2}
einsum.cascade @iterative ranks {m = 8, p = 2} (%A[m, p]) -> [p] : f32 {
  %S = einsum.iterate m init(%s[p] = 0) {
    %n = einsum.compute [p] = %s[p] + %A[m, p]
    einsum.yield %n[p]
  }
  einsum.return %S[p]
}

// -----

// REMARK: remark: this Einsum traverses 'm' whole: a dimension of its result is not a plain rank, and the last tile is ragged
// REMARK: remark: this Einsum traverses 'm' whole: it gives coordinates within several ranks, and the last tile is ragged
// REMARK: remark: reduced over all tiles at once: 'argmax' gives coordinates of the whole rank
// REMARK: remark: reduced over all tiles at once: it is not the last reduction that takes 'm'
// REMARK: remark: reduced over all tiles at once: operator '@left' is not declared associative
// REMARK: remark: reduced over all tiles at once: operator '@first' is not declared commutative, and 'm' is not its outermost rank
// CHECK: %B = einsum.compute [2 * m + 1] = %A[m, p] reduce add(p)
// CHECK-NEXT: %v, %i = einsum.compute [] = %A[m, p] reduce argmax(p, m)
// CHECK-NEXT: %w, %j = einsum.compute [] = %A[4 * m1 + m0, p] reduce argmax(m1, m0, p) where 4 * m1 + m0 < 10
// CHECK-NEXT: %C = einsum.compute [] = %A[4 * m1 + m0, p] reduce add(m1, m0), max(p) where 4 * m1 + m0 < 10
// CHECK-NEXT: %D = einsum.compute [p] = %A[4 * m1 + m0, p] reduce @left(m1, m0) where 4 * m1 + m0 < 10
// CHECK-NEXT: %E = einsum.compute [] = %A[4 * m1 + m0, p] reduce @first(p, m1, m0) where 4 * m1 + m0 < 10
// CHECK-NEXT: %F_local = einsum.compute [m1] = %A[4 * m1 + m0, p] reduce @first(m0, p) where 4 * m1 + m0 < 10
// CHECK-NEXT: %F = einsum.compute [] = %F_local[m1] reduce @first(m1)
einsum.operator @left(%a, %b) = %a - %b laws {identity = 0}
einsum.operator @first(%a, %b) = select(%a == 0, %b, %a) laws {associative, identity = 0}
einsum.cascade @partly ranks {m = 10, p = 2} (%A[m, p]) -> [2 * m + 1], [], [], [], [p], [], [] : f32 {
  %B = einsum.compute [2 * m + 1] = %A[m, p] reduce add(p)
  %v, %i = einsum.compute [] = %A[m, p] reduce argmax(p, m)
  %w, %j = einsum.compute [] = %A[m, p] reduce argmax(m, p)
  %C = einsum.compute [] = %A[m, p] reduce add(m), max(p)
  %D = einsum.compute [p] = %A[m, p] reduce @left(m)
  %E = einsum.compute [] = %A[m, p] reduce @first(p, m)
  %F = einsum.compute [] = %A[m, p] reduce @first(m, p)
  einsum.return %B[2 * m + 1], %i[], %j[], %C[], %D[p], %E[], %F[]
}
