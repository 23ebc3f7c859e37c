"einsum.cascade"() <{sym_name = "a", ranks = #einsum.ranks<{m = 4}>, inputs = [], empties = [], outputs = [], element = f32}> ({
  "einsum.return"() : () -> ()
}) : () -> ()
