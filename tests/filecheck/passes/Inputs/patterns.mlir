pdl.pattern @copy : benefit(1) {
  %type = pdl.type
  %x = pdl.operand : %type
  %out = pdl.attribute = #einsum.subscripts<[m]>
  %map = pdl.attribute = #einsum.map<(in0[m])>
  %root = pdl.operation "einsum.compute" (%x : !pdl.value) {"out" = %out, "map" = %map} -> (%type : !pdl.type)
  pdl.rewrite %root {
    pdl.replace %root with (%x : !pdl.value)
  }
}

// A square is a product, whatever is summed of it afterwards.
pdl.pattern @square : benefit(2) {
  %type = pdl.type
  %x = pdl.operand
  %out = pdl.attribute
  %map = pdl.attribute = #einsum.map<(pow(in0[m], 2))>
  %reduce = pdl.attribute
  %root = pdl.operation "einsum.compute" (%x : !pdl.value) {"out" = %out, "map" = %map, "reduce" = %reduce} -> (%type : !pdl.type)
  pdl.rewrite %root {
    %product = pdl.attribute = #einsum.map<(in0[m] * in0[m])>
    %new = pdl.operation "einsum.compute" (%x : !pdl.value) {"out" = %out, "map" = %product, "reduce" = %reduce} -> (%type : !pdl.type)
    pdl.replace %root with %new
  }
}

// exp(a) * exp(b) is exp(a + b): two Einsums and their reader become one.
pdl.pattern @product_of_exponentials : benefit(3) {
  %type = pdl.type
  %a = pdl.operand
  %b = pdl.operand
  %out = pdl.attribute
  %exp = pdl.attribute = #einsum.map<(exp(in0[m]))>
  %mul = pdl.attribute = #einsum.map<(in0[m] * in1[m])>
  %left = pdl.operation "einsum.compute" (%a : !pdl.value) {"out" = %out, "map" = %exp} -> (%type : !pdl.type)
  %right = pdl.operation "einsum.compute" (%b : !pdl.value) {"out" = %out, "map" = %exp} -> (%type : !pdl.type)
  %x = pdl.result 0 of %left
  %y = pdl.result 0 of %right
  %root = pdl.operation "einsum.compute" (%x, %y : !pdl.value, !pdl.value) {"out" = %out, "map" = %mul} -> (%type : !pdl.type)
  pdl.rewrite %root {
    %sum = pdl.attribute = #einsum.map<(exp(in0[m] + in1[m]))>
    %new = pdl.operation "einsum.compute" (%a, %b : !pdl.value, !pdl.value) {"out" = %out, "map" = %sum} -> (%type : !pdl.type)
    pdl.replace %root with %new
  }
}
