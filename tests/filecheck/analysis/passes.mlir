// RUN: einfold passes %s | filecheck %s
// RUN: einfold passes %s --rank m1 --cascade @one | filecheck %s --check-prefix=ONE
// RUN: einfold passes %s --rank m --cascade three --json | filecheck %s --check-prefix=JSON
// RUN: not einfold passes %s --rank mm 2>&1 | filecheck %s --check-prefix=RANK
// RUN: not einfold passes %s --cascade thre 2>&1 | filecheck %s --check-prefix=CASCADE
// RUN: not einfold passes %s --rank e --cascade later 2>&1 | filecheck %s --check-prefix=NONE
// RUN: not einfold passes %s --rank d --cascade softmax 2>&1 | filecheck %s --check-prefix=UNTRAVERSED

// RANK: passes.mlir: error: unknown rank 'mm'; did you mean 'm'?
// CASCADE: passes.mlir: error: no cascade '@thre'; did you mean '@three'?
// NONE: passes.mlir: error: unknown rank 'e'
// UNTRAVERSED: passes.mlir: error: no Einsum traverses 'd'

// FuseMax (arXiv 2406.10491), Cascade 4: three passes over m.
// CHECK-LABEL: @three
// CHECK-NEXT:   p = 1024: 1 pass
// CHECK-NEXT:   m = 1024: 3 passes
// CHECK-NEXT:     pass  Einsums  reads
// CHECK-NEXT:     1     QK, GM   Q, K
// CHECK-NEXT:     2     SN, SD   QK, GM
// CHECK-NEXT:     3     A, AV    SN, SD, V
// CHECK-NEXT:     SN starts pass 2 over m: it needs GM[p], reduced over m ({{.*}}passes.mlir:46)
// CHECK-NEXT:     A starts pass 3 over m: it needs SD[p], reduced over m ({{.*}}passes.mlir:48)
// CHECK-NEXT:     kept from 1 to 2: QK: M*P = 1048576 elements, 4 MiB (or read K again); and GM
// CHECK-NEXT:     kept from 2 to 3: SN: M*P = 1048576 elements, 4 MiB (or read K again); and SD
// CHECK:        e = 64: 1 pass
// CHECK-NEXT:   f = 64: 1 pass

// JSON: "cascade": "three"
// JSON: "m": {
// JSON-NEXT: "size": 1024,
// JSON-NEXT: "passes": 3,
// JSON: "QK": 1,
// JSON-NEXT: "GM": 1,
// JSON-NEXT: "SN": 2,
// JSON-NEXT: "SD": 2,
// JSON-NEXT: "A": 3,
// JSON-NEXT: "AV": 3
// JSON: "1-2": {
// JSON: "formula": "M*P",
// JSON-NEXT: "elements": 1048576,
// JSON-NEXT: "bytes": 4194304,
einsum.cascade @three ranks {p = 1024, m = 1024, e = 64, f = 64} (%Q[p, e], %K[m, e], %V[m, f]) -> [p, f] : f32 {
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e) where m <= p
  %GM = einsum.compute [p] = %QK[m, p] reduce max(m) where m <= p
  %SN = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p]) where m <= p
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %AV = einsum.compute [p, f] = %A[m, p] * %V[m, f] reduce add(m)
  einsum.return %AV[p, f]
}

// Its Cascade 5: one pass over the tiles m1, two over the elements of each.
// CHECK-LABEL: @one
// CHECK:        m = 1024: 1 pass{{$}}
// CHECK-NEXT:   m1 = 4: 1 pass{{$}}
// CHECK-NEXT:   m0 = 256: 2 passes in each generation of m1
// CHECK-NEXT:     pass  Einsums         reads
// CHECK-NEXT:     1     BQK, LM         Q, K
// CHECK-NEXT:     2     SLN, SLD, SLNV  BQK, RMn, V
// CHECK-NEXT:     SLN starts pass 2 over m0: it needs RMn[p], reduced over m0
// CHECK-NEXT:     kept from 1 to 2: BQK: M0*P = 262144 elements, 1 MiB (or read K again); and RMn
// ONE-NOT: m0
// ONE: m1 = 4: 1 pass
// ONE-NOT: =
einsum.cascade @one ranks {p = 1024, m = 1024, m1 = 4, m0 = 256, e = 64, f = 64} (%Q[p, e], %K[m, e], %V[m, f]) -> [p, f] : f32 {
  %RM, %RD, %RNV = einsum.iterate m1 init(%rm[p] = -inf, %rd[p] = 0, %rnv[p, f] = 0) {
    %BQK = einsum.compute [m0, p] = %Q[p, e] * %K[256 * m1 + m0, e] reduce add(e)
    %LM = einsum.compute [p] = %BQK[m0, p] reduce max(m0)
    %RMn = einsum.compute [p] = max(%rm[p], %LM[p])
    %SLN = einsum.compute [m0, p] = exp(%BQK[m0, p] - %RMn[p])
    %SLD = einsum.compute [p] = %SLN[m0, p] reduce add(m0)
    %SLNV = einsum.compute [p, f] = %SLN[m0, p] * %V[256 * m1 + m0, f] reduce add(m0)
    %PRM = einsum.compute [p] = exp(%rm[p] - %RMn[p])
    %RDn = einsum.compute [p] = %SLD[p] + %rd[p] * %PRM[p]
    %RNVn = einsum.compute [p, f] = %SLNV[p, f] + %rnv[p, f] * %PRM[p]
    einsum.yield %RMn[p], %RDn[p], %RNVn[p, f]
  }
  %AV = einsum.compute [p, f] = %RNV[p, f] / %RD[p]
  einsum.return %AV[p, f]
}

// Partial softmaxes in tiles: what is traversed twice is one element a tile.
// CHECK-LABEL: @split_k
// CHECK-NEXT:   p = 8: 1 pass
// CHECK-NEXT:   m = 1024: 1 pass, 2 phases, 2 passes over summaries
// CHECK-NEXT:     phase  Einsums                reads
// CHECK-NEXT:     1      LM, GM, SLN, SLD       S
// CHECK-NEXT:     2      PLM, SD                LM, GM, SLD
// CHECK-NEXT:     PLM starts pass 2 over summaries along m: it needs GM[p], reduced over m
// CHECK-NEXT:     kept from 1 to 2: LM, SLD: 2*M1*P = 64 elements, 128 B (or read S again); and GM
einsum.cascade @split_k ranks {p = 8, m = 1024, m1 = 4, m0 = 256} (%S[m, p]) -> [p] : f16 {
  %LM = einsum.compute [m1, p] = %S[256 * m1 + m0, p] reduce max(m0)
  %GM = einsum.compute [p] = %LM[m1, p] reduce max(m1)
  %SLN = einsum.compute [m1, m0, p] = exp(%S[256 * m1 + m0, p] - %LM[m1, p])
  %SLD = einsum.compute [m1, p] = %SLN[m1, m0, p] reduce add(m0)
  %PLM = einsum.compute [m1, p] = exp(%LM[m1, p] - %GM[p])
  %SD = einsum.compute [p] = %SLD[m1, p] * %PLM[m1, p] reduce add(m1)
  einsum.return %SD[p]
}

// A later phase that reads what nobody has read is not a second pass.
// CHECK-LABEL: @later
// CHECK-NEXT:   k = 8: 1 pass, 2 phases
// CHECK:          Z waits for phase 2 over k: it needs Y[], reduced over k; it reads no fiber again
einsum.cascade @later ranks {k = 8} (%A[k], %B[k], %C[k]) -> [k] : f32 {
  %Y = einsum.compute [] = %A[k] * %B[k] reduce add(k)
  %Z = einsum.compute [k] = %Y[] * %C[k]
  einsum.return %Z[k]
}

// A retained softmax: the output needs every pass.
// CHECK-LABEL: @softmax
// CHECK-NEXT:   m = 16: 3 passes
einsum.cascade @softmax ranks {m = 16, d = 2} (%S[m]) -> [m] : f32 {
  %GM = einsum.compute [] = %S[m] reduce max(m)
  %SN = einsum.compute [m] = exp(%S[m] - %GM[])
  %SD = einsum.compute [] = %SN[m] reduce add(m)
  %A = einsum.compute [m] = %SN[m] / %SD[]
  einsum.return %A[m]
}
