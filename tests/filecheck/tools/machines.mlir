// RUN: einfold machines | filecheck %s --check-prefix=LIST
// RUN: einfold machine fusemax-cloud | filecheck %s --check-prefix=ONE
// RUN: not einfold machine fusemax-clod 2>&1 | filecheck %s --check-prefix=NAME
// RUN: einfold simulate %s --machine fusemax-edge | filecheck %s
// RUN: einfold simulate %s --machine fusemax-edge --accounting artifact | filecheck %s --check-prefix=ARTIFACT
// RUN: not einfold simulate %s --machine fusemax-edge --accounting ful 2>&1 | filecheck %s --check-prefix=ACCOUNTING
// RUN: einfold roofline %s --machine fusemax-edge | filecheck %s --check-prefix=ROOF
// RUN: not einfold roofline %s --machine fusemax-edge --rank mm 2>&1 | filecheck %s --check-prefix=RANK

// What machines there are, and what a kernel costs on one: energy by component, how far it is from each bound, its forms under the roof.

einsum.cascade @log_sum_exp ranks {p = 64, m = 256} (%X[p, m]) -> [p] : f32 {
  %GM = einsum.compute [p] = %X[p, m] reduce max(m)
  %SD = einsum.compute [p] = exp(%X[p, m] - %GM[p]) reduce add(m)
  %L = einsum.compute [p] = log(%SD[p]) + %GM[p]
  einsum.return %L[p]
}

// LIST:      machine {{.*}} arrays {{.*}} clock {{.*}} peak {{.*}} on chip {{.*}} off chip
// LIST:      flat-cloud {{.*}} 256 x 256, 1 x 256 {{.*}} 32 MiB
// LIST:      fusemax-edge {{.*}} 32 x 32, 1 x 32 {{.*}} 256 KiB {{.*}} 53.69 GB/s
// LIST:      ipu-mk2-like
// LIST:      tpu-v4-like

// ONE:       │ dram: off chip
// ONE:       │ 429.5 GB/s
// ONE:       │ buffer: 16 MiB
// ONE:       │ pe2d: 256 x 256 elements │
// ONE:       area: 485.2 mm2
// ONE:       source of pe1d:

// NAME:      fusemax-clod: error: unknown machine 'fusemax-clod'; did you mean 'fusemax-cloud'?

// CHECK:       energy (full): {{.*}} uJ
// CHECK:         pe1d registers {{.*}} %
// CHECK:         not counted: {{[0-9]+}} x log of pe1d: the machine's tables have no figure
// CHECK:       lower bounds, as shares of the simulated time
// CHECK:         MACs alone on pe2d
// CHECK:         bytes at dram {{.*}} cycles
// CHECK:         bytes at the port of buffer     no bandwidth stated

// ARTIFACT:  energy (artifact): {{.*}} uJ

// ACCOUNTING: --accounting: error: unknown accounting 'ful'; did you mean 'full'?

// ROOF:      roof: 0.993 T operations/s (0.963 T MAC/s), 53.7 GB/s off the chip, ridge at {{.*}} operations a byte
// ROOF:      as written 2
// ROOF:      one-pass 1
// ROOF:      bytes on the chip for one fiber of m, by its length

// RANK:      --rank: error: @log_sum_exp has no rank 'mm'; did you mean 'm'?
