// RUN: einfold-opt %s -p "einsum-place{machine=fusemax-cloud},lower-einsum-to-accel" | filecheck %s
// RUN: einfold-opt %s -p "einsum-place{machine=fusemax-cloud},lower-einsum-to-accel{pipeline=false}" | filecheck %s --check-prefix=PLAIN
// RUN: einfold-opt %s -p "einsum-place{machine=fusemax-cloud},lower-einsum-to-accel" --verify-roundtrip | filecheck %s

// FuseMax's mapping and binding: keys and values serve a block of queries, whose queries and running results stay in the buffer; RDn, RNVn
// and AV of a tile run beside QK and LM of the next one. Without the pipeline there is one stage of tasks, and one copy of what a tile needs.

// CHECK:      accel.kernel @attention on @fusemax_cloud nest {b = 64, h = 12, m1 = 4, p1 = 4} tiles {e = 64, f = 64, m0 = 256, p0 = 256}
// CHECK-NEXT:     (%Q[64, 12, 1024, 64], %K[64, 12, 1024, 64], %V[64, 12, 1024, 64]) -> (%AV[64, 12, 1024, 64]) : f16 {
// CHECK-NEXT:   %rm = accel.state [p0] over m1 init -inf
// CHECK-NEXT:   %rd = accel.state [p0] over m1 init 0
// CHECK-NEXT:   %rnv = accel.state [p0, f] over m1 init 0
// CHECK-NEXT:   %q = accel.load %Q[b, h, 256 * p1 + p0, e] to @buffer copies 5 at first(m1)
// CHECK-NEXT:   %k = accel.load %K[b, h, 256 * m1 + m0, e] to @buffer copies 3 at first(p1)
// CHECK-NEXT:   %qk = accel.task [m0, p0] = %q[p0, e] * %k[m0, e] reduce add(e) on @pe2d rows [m0] cols [p0] stage 2 named "QK"
// CHECK-NEXT:   %lm = accel.task [p0] = %qk[m0, p0] reduce max(m0) on @pe2d rows [m0] cols [p0] copies 2 stage 2 named "LM"
// CHECK-NEXT:   %rmn = accel.task [p0] = max(%rm[p0], %lm[p0]) on @pe1d cols [p0] in @buffer copies 6 stage 2 named "RMn"
// CHECK-NEXT:   %sln = accel.task [m0, p0] = exp(%qk[m0, p0] - %rmn[p0]) on @pe2d rows [m0] cols [p0] stage 2 named "SLN"
// CHECK-NEXT:   %sld = accel.task [p0] = %sln[m0, p0] reduce add(m0) on @pe2d rows [m0] cols [p0] copies 2 stage 2 named "SLD"
// CHECK-NEXT:   %prm = accel.task [p0] = exp(%rm[p0] - %rmn[p0]) on @pe1d cols [p0] stage 2 named "PRM"
// CHECK-NEXT:   %spd = accel.task [p0] = %rd[p0] * %prm[p0] on @pe1d cols [p0] stage 2 named "SPD"
// CHECK-NEXT:   %rdn = accel.task [p0] = %sld[p0] + %spd[p0] on @pe1d cols [p0] in @buffer copies 4 stage 3 named "RDn"
// CHECK-NEXT:   %v = accel.load %V[b, h, 256 * m1 + m0, f] to @buffer copies 3 at first(p1)
// CHECK-NEXT:   %slnv = accel.task [p0, f] = %sln[m0, p0] * %v[m0, f] reduce add(m0) on @pe2d rows [m0] cols [p0] copies 2 stage 2 named "SLNV"
// CHECK-NEXT:   %spnv = accel.task [p0, f] = %rnv[p0, f] * %prm[p0] on @pe1d cols [p0] stage 2 named "SPNV"
// CHECK-NEXT:   %rnvn = accel.task [p0, f] = %slnv[p0, f] + %spnv[p0, f] on @pe1d cols [p0] in @buffer copies 4 stage 3 named "RNVn"
// CHECK-NEXT:   accel.update %rm = %rmn
// CHECK-NEXT:   accel.update %rd = %rdn
// CHECK-NEXT:   accel.update %rnv = %rnvn
// CHECK-NEXT:   %av = accel.task [p0, f] = %rnvn[p0, f] / %rdn[p0] on @pe1d cols [p0] copies 3 at last(m1) stage 3 named "AV"
// CHECK-NEXT:   accel.store %av to %AV[b, h, 256 * p1 + p0, f] at last(m1) stage 5
// CHECK-NEXT: }

// PLAIN: accel.kernel @attention on @fusemax_cloud nest {b = 64, h = 12, m1 = 4, p1 = 4} tiles {e = 64, f = 64, m0 = 256, p0 = 256}
// PLAIN:   %q = accel.load %Q[b, h, 256 * p1 + p0, e] to @buffer copies 4 at first(m1)
// PLAIN:   %k = accel.load %K[b, h, 256 * m1 + m0, e] to @buffer at first(p1)
// PLAIN:   %qk = accel.task [m0, p0] = %q[p0, e] * %k[m0, e] reduce add(e) on @pe2d rows [m0] cols [p0] stage 1 named "QK"
// PLAIN:   %rmn = accel.task [p0] = max(%rm[p0], %lm[p0]) on @pe1d cols [p0] in @buffer copies 5 stage 1 named "RMn"
// PLAIN:   %rdn = accel.task [p0] = %sld[p0] + %spd[p0] on @pe1d cols [p0] in @buffer copies 4 stage 1 named "RDn"
// PLAIN:   %v = accel.load %V[b, h, 256 * m1 + m0, f] to @buffer at first(p1)
// PLAIN:   %rnvn = accel.task [p0, f] = %slnv[p0, f] + %spnv[p0, f] on @pe1d cols [p0] in @buffer copies 4 stage 1 named "RNVn"
// PLAIN:   accel.store %av to %AV[b, h, 256 * p1 + p0, f] at last(m1) stage 2

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
