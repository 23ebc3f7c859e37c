// RUN: einfold-opt %s -p "einsum-place{machine=fusemax-cloud}" | filecheck %s --check-prefix=FUSEMAX
// RUN: einfold-opt %s -p "einsum-place{machine=flat-cloud}" | filecheck %s --check-prefix=FLAT
// RUN: einfold-opt %s -p 'einsum-place{machine=fusemax-cloud tiles="p=128","f=32"}' | filecheck %s --check-prefix=TILES
// RUN: einfold-opt %s -p "einsum-place{machine=fusemax-cloud},einsum-place,einsum-place{machine=fusemax_cloud}" | filecheck %s --check-prefix=AGAIN

// The binding of FuseMax (MICRO 2024): on the 2D array what is over keys and queries, on the 1D array the running results. FLAT's 2D array
// multiplies only, so that the maximum, the exponentials and their sums fall to its 1D array.

// FUSEMAX: accel.machine @fusemax_cloud clock 940000000 word 2
// FUSEMAX: einsum.cascade @attention {{.*}} attributes {machine = @fusemax_cloud, tiles = #einsum.ranks<{b = 1, h = 1, p = 256, m = 1024, e = 64, f = 64, m1 = 1, m0 = 256}>} {
// FUSEMAX: %QK = {{.*}} {array = @pe2d, rows = ["m0"], cols = ["p"]}
// FUSEMAX: %LM = {{.*}} {array = @pe2d, rows = ["m0"], cols = ["p"]}
// FUSEMAX: %RMn = {{.*}} {array = @pe1d, cols = ["p"]}
// FUSEMAX: %SLN = {{.*}} {array = @pe2d, rows = ["m0"], cols = ["p"]}
// FUSEMAX: %SLD = {{.*}} {array = @pe2d, rows = ["m0"], cols = ["p"]}
// FUSEMAX: %PRM = {{.*}} {array = @pe1d, cols = ["p"]}
// FUSEMAX: %SPD = {{.*}} {array = @pe1d, cols = ["p"]}
// FUSEMAX: %RDn = {{.*}} {array = @pe1d, cols = ["p"]}
// FUSEMAX: %SLNV = {{.*}} {array = @pe2d, rows = ["m0"], cols = ["p"]}
// FUSEMAX: %SPNV = {{.*}} {array = @pe1d, cols = ["p"]}
// FUSEMAX: %RNVn = {{.*}} {array = @pe1d, cols = ["p"]}
// FUSEMAX: %AV = {{.*}} {array = @pe1d, cols = ["p"]}

// FLAT: accel.machine @flat_cloud clock 940000000 word 2
// FLAT: einsum.cascade @attention {{.*}} attributes {machine = @flat_cloud, tiles = #einsum.ranks<{b = 1, h = 1, p = 256, m = 1024, e = 64, f = 64, m1 = 1, m0 = 256}>} {
// FLAT: %QK = {{.*}} {array = @pe2d, rows = ["m0"], cols = ["p"]}
// FLAT: %LM = {{.*}} {array = @pe1d, cols = ["p"]}
// FLAT: %RMn = {{.*}} {array = @pe1d, cols = ["p"]}
// FLAT: %SLN = {{.*}} {array = @pe1d, cols = ["p"]}
// FLAT: %SLD = {{.*}} {array = @pe1d, cols = ["p"]}
// FLAT: %PRM = {{.*}} {array = @pe1d, cols = ["p"]}
// FLAT: %SPD = {{.*}} {array = @pe1d, cols = ["p"]}
// FLAT: %RDn = {{.*}} {array = @pe1d, cols = ["p"]}
// FLAT: %SLNV = {{.*}} {array = @pe2d, rows = ["m0"], cols = ["p"]}
// FLAT: %SPNV = {{.*}} {array = @pe1d, cols = ["p"]}
// FLAT: %RNVn = {{.*}} {array = @pe1d, cols = ["p"]}
// FLAT: %AV = {{.*}} {array = @pe1d, cols = ["p"]}

// TILES: tiles = #einsum.ranks<{b = 1, h = 1, p = 128, m = 1024, e = 64, f = 32, m1 = 1, m0 = 256}>

// AGAIN: accel.machine @fusemax_cloud
// AGAIN-NOT: accel.machine
// AGAIN: %QK = {{.*}} {array = @pe2d, rows = ["m0"], cols = ["p"]}

einsum.cascade @attention ranks {b = 64, h = 12, p = 1024, m = 1024, e = 64, f = 64, m1 = 4, m0 = 256}
    (%Q[b, h, p, e], %K[b, h, m, e], %V[b, h, m, f]) -> [b, h, p, f] : f16 {
  %RM, %RD, %RNV = einsum.iterate m1 init(%rm[b, h, p] = -inf, %rd[b, h, p] = 0, %rnv[b, h, p, f] = 0) {
    %QK   = einsum.compute [b, h, m0, p] = %Q[b, h, p, e] * %K[b, h, 256 * m1 + m0, e] reduce add(e)
    %LM   = einsum.compute [b, h, p] = %QK[b, h, m0, p] reduce max(m0)
    %RMn  = einsum.compute [b, h, p] = max(%rm[b, h, p], %LM[b, h, p])
    %SLN  = einsum.compute [b, h, m0, p] = exp(%QK[b, h, m0, p] - %RMn[b, h, p])
    %SLD  = einsum.compute [b, h, p] = %SLN[b, h, m0, p] reduce add(m0)
    %PRM  = einsum.compute [b, h, p] = exp(%rm[b, h, p] - %RMn[b, h, p])
    %SPD  = einsum.compute [b, h, p] = %rd[b, h, p] * %PRM[b, h, p]
    %RDn  = einsum.compute [b, h, p] = %SLD[b, h, p] + %SPD[b, h, p]
    %SLNV = einsum.compute [b, h, p, f] = %SLN[b, h, m0, p] * %V[b, h, 256 * m1 + m0, f] reduce add(m0)
    %SPNV = einsum.compute [b, h, p, f] = %rnv[b, h, p, f] * %PRM[b, h, p]
    %RNVn = einsum.compute [b, h, p, f] = %SLNV[b, h, p, f] + %SPNV[b, h, p, f]
    einsum.yield %RMn[b, h, p], %RDn[b, h, p], %RNVn[b, h, p, f]
  }
  %AV = einsum.compute [b, h, p, f] = %RNV[b, h, p, f] / %RD[b, h, p]
  einsum.return %AV[b, h, p, f]
}
