// RUN: einfold-opt %s -p einsum-apply-pdl | filecheck %s
// RUN: einfold-opt %s -p einsum-apply-pdl --pass-statistics 2>&1 | filecheck %s --check-prefix=COUNT

// Patterns of the module itself are used, and are gone then. The one of larger benefit is tried first.

pdl.pattern @never : benefit(1) {
  %type = pdl.type
  %x = pdl.operand
  %out = pdl.attribute
  %map = pdl.attribute = #einsum.map<(in0[m] + in0[m])>
  %root = pdl.operation "einsum.compute" (%x : !pdl.value) {"out" = %out, "map" = %map} -> (%type : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}
pdl.pattern @double : benefit(2) {
  %type = pdl.type
  %x = pdl.operand
  %out = pdl.attribute
  %map = pdl.attribute = #einsum.map<(in0[m] + in0[m])>
  %root = pdl.operation "einsum.compute" (%x : !pdl.value) {"out" = %out, "map" = %map} -> (%type : !pdl.type)
  pdl.rewrite %root {
    %twice = pdl.attribute = #einsum.map<(2 * in0[m])>
    %new = pdl.operation "einsum.compute" (%x : !pdl.value) {"out" = %out, "map" = %twice} -> (%type : !pdl.type)
    pdl.replace %root with %new
  }
}

einsum.cascade @own ranks {m = 4} (%A[m]) -> [m] : f32 {
  %B = einsum.compute [m] = %A[m] + %A[m]
  einsum.return %B[m]
}

// CHECK-NOT: pdl.
// CHECK: %B = einsum.compute [m] = 2 * %A[m]
// CHECK-NOT: pdl.

// COUNT: (S)      1 rewrites by pattern @double
