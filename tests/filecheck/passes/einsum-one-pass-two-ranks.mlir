// RUN: einfold-opt %s -p einsum-one-pass | filecheck %s

// One softmax over a cache and new keys: the sums over each follow that rank's own running maximum, and both are brought to the common one at
// the end. Neither loop reads what the other makes.
einsum.cascade @two_caches ranks {p = 4, a = 512, b = 256, f = 2} (%S[p, a], %V[a, f], %T[p, b], %W[b, f]) -> [p, f] : f32 {
  %MA = einsum.compute [p] = %S[p, a] reduce max(a)
  %MB = einsum.compute [p] = %T[p, b] reduce max(b)
  %M = einsum.compute [p] = max(%MA[p], %MB[p])
  %DA = einsum.compute [p] = exp(%S[p, a] - %M[p]) reduce add(a)
  %DB = einsum.compute [p] = exp(%T[p, b] - %M[p]) reduce add(b)
  %OA = einsum.compute [p, f] = exp(%S[p, a] - %M[p]) * %V[a, f] reduce add(a)
  %OB = einsum.compute [p, f] = exp(%T[p, b] - %M[p]) * %W[b, f] reduce add(b)
  %O = einsum.compute [p, f] = (%OA[p, f] + %OB[p, f]) / (%DA[p] + %DB[p])
  einsum.return %O[p, f]
}

// CHECK:      einsum.cascade @two_caches ranks {p = 4, a = 512, b = 256, f = 2, a1 = 4, a0 = 128, b1 = 4, b0 = 64} (%S[p, a], %V[a, f], %T[p, b], %W[b, f]) -> [p, f] : f32 {
// CHECK-NEXT: %MA, %ADA, %AOA = einsum.iterate a1 init(%RMA[p] = -inf, %RDA[p] = 0, %ROA[p, f] = 0) {
// CHECK-NEXT: %LMA = einsum.compute [p] = %S[p, 128 * a1 + a0] reduce max(a0)
// CHECK-NEXT: %RMA_next = einsum.compute [p] = max(%LMA[p], %RMA[p])
// CHECK-NEXT: %SMA = einsum.compute [p] = select(%RMA_next[p] == -inf, 0, %RMA_next[p])
// CHECK-NEXT: %LDA_map = einsum.compute [a0, p] = exp(%S[p, 128 * a1 + a0] - %SMA[p])
// CHECK-NEXT: %LDA = einsum.compute [p] = %LDA_map[a0, p] reduce add(a0)
// CHECK-NEXT: %PMA = einsum.compute [p] = exp(select(%RMA[p] == -inf, %SMA[p], %RMA[p]) - %SMA[p])
// CHECK-NEXT: %PDA = einsum.compute [p] = %RDA[p] * %PMA[p]
// CHECK-NEXT: %RDA_next = einsum.compute [p] = %LDA[p] + %PDA[p]
// CHECK-NEXT: %LOA = einsum.compute [p, f] = %LDA_map[a0, p] * %V[128 * a1 + a0, f] reduce add(a0)
// CHECK-NEXT: %POA = einsum.compute [p, f] = %ROA[p, f] * %PMA[p]
// CHECK-NEXT: %ROA_next = einsum.compute [p, f] = %LOA[p, f] + %POA[p, f]
// CHECK-NEXT: einsum.yield %RMA_next[p], %RDA_next[p], %ROA_next[p, f]
// CHECK-NEXT: }
// CHECK-NEXT: %MB, %ADB, %AOB = einsum.iterate b1 init(%RMB[p] = -inf, %RDB[p] = 0, %ROB[p, f] = 0) {
// CHECK-NEXT: %LMB = einsum.compute [p] = %T[p, 64 * b1 + b0] reduce max(b0)
// CHECK-NEXT: %RMB_next = einsum.compute [p] = max(%LMB[p], %RMB[p])
// CHECK-NEXT: %SMB = einsum.compute [p] = select(%RMB_next[p] == -inf, 0, %RMB_next[p])
// CHECK-NEXT: %LDB_map = einsum.compute [b0, p] = exp(%T[p, 64 * b1 + b0] - %SMB[p])
// CHECK-NEXT: %LDB = einsum.compute [p] = %LDB_map[b0, p] reduce add(b0)
// CHECK-NEXT: %PMB = einsum.compute [p] = exp(select(%RMB[p] == -inf, %SMB[p], %RMB[p]) - %SMB[p])
// CHECK-NEXT: %PDB = einsum.compute [p] = %RDB[p] * %PMB[p]
// CHECK-NEXT: %RDB_next = einsum.compute [p] = %LDB[p] + %PDB[p]
// CHECK-NEXT: %LOB = einsum.compute [p, f] = %LDB_map[b0, p] * %W[64 * b1 + b0, f] reduce add(b0)
// CHECK-NEXT: %POB = einsum.compute [p, f] = %ROB[p, f] * %PMB[p]
// CHECK-NEXT: %ROB_next = einsum.compute [p, f] = %LOB[p, f] + %POB[p, f]
// CHECK-NEXT: einsum.yield %RMB_next[p], %RDB_next[p], %ROB_next[p, f]
// CHECK-NEXT: }
// CHECK-NEXT: %DA = einsum.compute [p] = %ADA[p] * exp(%MA[p] - max(%MA[p], %MB[p]))
// CHECK-NEXT: %OA_part = einsum.compute [p] = exp(%MA[p] - max(%MA[p], %MB[p]))
// CHECK-NEXT: %OA = einsum.compute [p, f] = %AOA[p, f] * %OA_part[p]
// CHECK-NEXT: %DB = einsum.compute [p] = %ADB[p] * exp(%MB[p] - max(%MA[p], %MB[p]))
// CHECK-NEXT: %OB_part = einsum.compute [p] = exp(%MB[p] - max(%MA[p], %MB[p]))
// CHECK-NEXT: %OB = einsum.compute [p, f] = %AOB[p, f] * %OB_part[p]
// CHECK-NEXT: %O = einsum.compute [p, f] = (%OA[p, f] + %OB[p, f]) / (%DA[p] + %DB[p])
// CHECK-NEXT: einsum.return %O[p, f]
// CHECK-NEXT: }
