// RUN: einfold-opt %s -p 'einsum-one-pass{form=split parts=4 size=256}' | filecheck %s --check-prefix SPLIT
// RUN: einfold-opt %s -p 'einsum-one-pass{form=tree parts=4 size=256}' | filecheck %s --check-prefix TREE
// RUN: einfold-opt %s -p 'einsum-one-pass{form=sequential}' | filecheck %s --check-prefix SEQUENTIAL
// RUN: einfold-opt %s -p 'einsum-one-pass{form=split parts=2 size=256}' | filecheck %s --check-prefix LOOPS

// One derivation, four ways to write it. Split-K: four parts side by side, each with its own maximum, and one merge.
einsum.cascade @log_sum_exp ranks {p = 64, m = 1024, e = 32} (%Q[p, e], %K[m, e]) -> [p] : f32 {
  %S  = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SD = einsum.compute [p] = exp(%S[m, p] - %GM[p]) reduce add(m)
  %L  = einsum.compute [p] = log(%SD[p]) + %GM[p]
  einsum.return %L[p]
}

// SPLIT:      ranks {p = 64, m = 1024, e = 32, m2 = 4, m0 = 256}
// SPLIT-NEXT: %S = einsum.compute [m2, m0, p] = %Q[p, e] * %K[256 * m2 + m0, e] reduce add(e)
// SPLIT-NEXT: %LGM = einsum.compute [m2, p] = %S[m2, m0, p] reduce max(m0)
// SPLIT-NEXT: %LSD = einsum.compute [m2, p] = exp(%S[m2, m0, p] - %LGM[m2, p]) reduce add(m0)
// SPLIT-NEXT: %MGM = einsum.compute [p] = %LGM[m2, p] reduce max(m2)
// SPLIT-NEXT: %PGM = einsum.compute [m2, p] = exp(%LGM[m2, p] - %MGM[p])
// SPLIT-NEXT: %MSD = einsum.compute [p] = %LSD[m2, p] * %PGM[m2, p] reduce add(m2)
// SPLIT-NEXT: %L = einsum.compute [p] = log(%MSD[p]) + %MGM[p]

// TREE:      ranks {p = 64, m = 1024, e = 32, m2 = 4, m0 = 256, m3 = 2}
// TREE:      %MGM = einsum.compute [m3, p] = max(%LGM[2 * m3, p], %LGM[2 * m3 + 1, p])
// TREE-NEXT: %PGM = einsum.compute [m3, p] = exp(%LGM[2 * m3, p] - %MGM[m3, p])
// TREE-NEXT: %PGM_1 = einsum.compute [m3, p] = exp(%LGM[2 * m3 + 1, p] - %MGM[m3, p])
// TREE-NEXT: %MSD = einsum.compute [m3, p] = %LSD[2 * m3, p] * %PGM[m3, p] + %LSD[2 * m3 + 1, p] * %PGM_1[m3, p]
// TREE-NEXT: %GM = einsum.compute [p] = max(%MGM[0, p], %MGM[1, p])
// TREE-NEXT: %PGM_2 = einsum.compute [p] = exp(%MGM[0, p] - %GM[p])
// TREE-NEXT: %PGM_3 = einsum.compute [p] = exp(%MGM[1, p] - %GM[p])
// TREE-NEXT: %SD = einsum.compute [p] = %MSD[0, p] * %PGM_2[p] + %MSD[1, p] * %PGM_3[p]

// SEQUENTIAL:      ranks {p = 64, m = 1024, e = 32} (
// SEQUENTIAL-NEXT: %GM, %SD = einsum.iterate m init(%RGM[p] = -inf, %RSD[p] = 0) {
// SEQUENTIAL-NEXT: %S = einsum.compute [p] = %Q[p, e] * %K[m, e] reduce add(e)
// SEQUENTIAL-NEXT: %RGM_next = einsum.compute [p] = max(%S[p], %RGM[p])

// LOOPS:      ranks {p = 64, m = 1024, e = 32, m2 = 2, m1 = 2, m0 = 256}
// LOOPS-NEXT: %AGM, %ASD = einsum.iterate m1 init(%RGM[m2, p] = -inf, %RSD[m2, p] = 0) {
// LOOPS-NEXT: %S = einsum.compute [m2, m0, p] = %Q[p, e] * %K[512 * m2 + 256 * m1 + m0, e] reduce add(e)
