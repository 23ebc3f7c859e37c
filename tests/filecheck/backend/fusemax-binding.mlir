// RUN: einfold-opt %s --verify-roundtrip | filecheck %s

// FuseMax's "+Binding" (MICRO 2024, arXiv 2406.10491) for BERT at 1K, written by hand: the one-pass cascade, one 256 x 256 tile an
// epoch; RD, RNV and AV of the tile before come first on the 1D array. tests/unit/test_simulate_fusemax.py times it at all lengths.

// CHECK: accel.kernel @attention on @fusemax_cloud nest {b = 64, h = 12, p2 = 1, m1 = 4, p1 = 4} tiles {m0 = 256, p0 = 256, e = 64, f = 64}
// CHECK: accel.store %av to %AV[b, h, 1024 * p2 + 256 * p1 + p0, f] at last(m1) stage 5

accel.machine @fusemax_cloud clock 940000000 word 2 {
  accel.memory @dram offchip bandwidth 429496729600
  accel.memory @buffer capacity 16777216
  accel.array @pe2d [256, 256] ops {mac = 1, add = 1, max = 1, exp = 6}
  accel.array @pe1d [1, 256] ops {mac = 1, add = 1, max = 1, exp = 6, div = 1}
}

accel.kernel @attention on @fusemax_cloud nest {b = 64, h = 12, p2 = 1, m1 = 4, p1 = 4} tiles {m0 = 256, p0 = 256, e = 64, f = 64}
    (%Q[64, 12, 1024, 64], %K[64, 12, 1024, 64], %V[64, 12, 1024, 64]) -> (%AV[64, 12, 1024, 64]) : f16 {
  %rm  = accel.state [p0] over m1 init -inf
  %rd  = accel.state [p0] over m1 init 0
  %rnv = accel.state [p0, f] over m1 init 0
  %q   = accel.load %Q[b, h, 1024 * p2 + 256 * p1 + p0, e] to @buffer copies 8 at first(m1)
  %k   = accel.load %K[b, h, 256 * m1 + m0, e] to @buffer copies 3 at first(p1)
  %v   = accel.load %V[b, h, 256 * m1 + m0, f] to @buffer copies 3 at first(p1)
  %bqk = accel.task [m0, p0] = %q[p0, e] * %k[m0, e] reduce add(e) on @pe2d rows [m0] cols [p0] stage 2 named "QK"
  %lm  = accel.task [p0] = %bqk[m0, p0] reduce max(m0) on @pe2d rows [m0] cols [p0] stage 2 named "LM"
  %RM  = accel.task [p0] = max(%rm[p0], %lm[p0]) on @pe1d cols [p0] in @buffer copies 5 stage 2 named "RM"
  %sln = accel.task [m0, p0] = exp(%bqk[m0, p0] - %RM[p0]) on @pe2d rows [m0] cols [p0] stage 2 named "SLN"
  %sld = accel.task [p0] = %sln[m0, p0] reduce add(m0) on @pe2d rows [m0] cols [p0] stage 2 named "SLD"
  %slnv = accel.task [p0, f] = %sln[m0, p0] * %v[m0, f] reduce add(m0) on @pe2d rows [m0] cols [p0] stage 2 named "SLNV"
  %prm = accel.task [p0] = exp(%rm[p0] - %RM[p0]) on @pe1d cols [p0] stage 2 named "PRM"
  %spd = accel.task [p0] = %rd[p0] * %prm[p0] on @pe1d cols [p0] stage 2 named "SPD"
  %spnv = accel.task [p0, f] = %rnv[p0, f] * %prm[p0] on @pe1d cols [p0] stage 2 named "SPNV"
  %RD  = accel.task [p0] = %sld[p0] + %spd[p0] on @pe1d cols [p0] in @buffer copies 5 stage 3 named "RD"
  %RNV = accel.task [p0, f] = %slnv[p0, f] + %spnv[p0, f] on @pe1d cols [p0] in @buffer copies 4 stage 3 named "RNV"
  %av  = accel.task [p0, f] = %RNV[p0, f] / %RD[p0] on @pe1d cols [p0] in @buffer copies 2 at last(m1) stage 3 named "AV"
  accel.store %av to %AV[b, h, 1024 * p2 + 256 * p1 + p0, f] at last(m1) stage 5
  accel.update %rm = %RM
  accel.update %rd = %RD
  accel.update %rnv = %RNV
}
