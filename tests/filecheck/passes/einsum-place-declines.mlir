// RUN: not einfold-opt %s -p "einsum-place{machine=fusemax-clod}" --split-input-file 2>&1 | filecheck %s --check-prefix=NAME
// RUN: not einfold-opt %s -p "einsum-place" --split-input-file 2>&1 | filecheck %s --check-prefix=NONE
// RUN: not einfold-opt %s -p "einsum-place{machine=fusemax-cloud}" 2>&1 | filecheck %s --check-prefix=UNIT
// RUN: not einfold-opt %s -p 'einsum-place{machine=fusemax-cloud tiles="mm=4"}' --split-input-file 2>&1 | filecheck %s --check-prefix=RANK
// RUN: not einfold-opt %s -p 'einsum-place{machine=fusemax-cloud tiles="m=0"}' --split-input-file 2>&1 | filecheck %s --check-prefix=SIZE
// RUN: not einfold-opt %s -p 'einsum-place{machine="no/such.yaml"}' --split-input-file 2>&1 | filecheck %s --check-prefix=FILE
// RUN: not einfold-opt %s -p "einsum-place{machine=flat_cloud}" 2>&1 | filecheck %s --check-prefix=KNOWN

// NAME: error: pass 'einsum-place': unknown machine 'fusemax-clod'; did you mean 'fusemax-cloud'?
// NONE: error: pass 'einsum-place': the module has no machine; name one with machine=NAME
// UNIT: einsum-place-declines.mlir:20:8: error: pass 'einsum-place': machine '@fusemax_cloud' cannot run %S: '@pe2d' has no '@quantise'; '@pe1d' has no '@quantise'
// RANK: error: pass 'einsum-place': tile 'mm=4': unknown rank 'mm'; did you mean 'm'?
// SIZE: error: pass 'einsum-place': tile 'm=0': a tile is written RANK=SIZE, with a size from 1 to 2^40
// FILE: error: pass 'einsum-place': cannot read machine 'no/such.yaml': No such file or directory
// KNOWN: error: pass 'einsum-place': unknown machine 'flat_cloud'; did you mean 'flat-cloud'?

// What no array of a machine can do is an error that names the Einsum and what each array lacks.
einsum.operator @quantise(%x) opaque
einsum.cascade @opaque ranks {m = 4, p = 4} (%A[m, p]) -> [m, p] : f32 {
  %S = einsum.compute [m, p] = @quantise(%A[m, p])
  einsum.return %S[m, p]
}
