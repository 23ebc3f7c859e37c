"""For passes of einfold, what the catalogue shows it on: a module, the passes that come before it, and its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class PassExample:
    """`text` is run through `before`, which gives the left side, and then through the pass with `options`, which gives the right."""

    text: str
    options: str = ""
    before: str | None = None
    says: str = ""


_LOG_SUM_EXP = """\
einsum.cascade @log_sum_exp ranks {p = 64, m = 1024} (%X[p, m]) -> [p] : f32 {
  %GM = einsum.compute [p] = %X[p, m] reduce max(m)
  %SD = einsum.compute [p] = exp(%X[p, m] - %GM[p]) reduce add(m)
  %L = einsum.compute [p] = log(%SD[p]) + %GM[p]
  einsum.return %L[p]
}
"""

_SOFTMAX_V = """\
einsum.cascade @softmax_v ranks {p = 64, m = 1024, f = 32} (%S[m, p], %V[m, f]) -> [p, f] : f32 {
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%S[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %AV = einsum.compute [p, f] = %A[m, p] * %V[m, f] reduce add(m)
  einsum.return %AV[p, f]
}
"""

_TWICE = """\
einsum.cascade @twice ranks {p = 8, m = 16} (%A[m, p], %B[m, p]) -> [p] : f32 {
  %S = einsum.compute [m, p] = %A[m, p] * %B[m, p]
  %T = einsum.compute [m, p] = %B[m, p] * %A[m, p]
  %U = einsum.compute [m, p] = exp(%A[m, p])
  %R = einsum.compute [p] = %S[m, p] + %T[m, p] reduce add(m)
  einsum.return %R[p]
}
"""

_CAUSAL = """\
einsum.cascade @causal ranks {p = 64, m = 64, e = 32} (%Q[p, e], %K[m, e]) -> [p] : f32 {
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %GM = einsum.compute [p] = %QK[m, p] reduce max(m) where m <= p
  einsum.return %GM[p]
}
"""

_PATTERN = """\
pdl.pattern @double : benefit(1) {
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
"""

_SILU = """\
einsum.cascade @silu ranks {m = 64} (%X[m], %Y[m]) -> [m] : f32 {
  %S = einsum.compute [m] = sigmoid(%X[m])
  %G = einsum.compute [m] = %X[m] * %S[m]
  %R = einsum.compute [m] = %G[m] * %Y[m]
  einsum.return %R[m]
}
"""

_MATMUL = """\
accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip bandwidth 64e9
  accel.memory @buffer capacity 65536
  accel.array @grid [16, 16] ops {mac = 1, add = 1, max = 1}
  accel.array @lanes [1, 16] ops {mac = 1, add = 1, max = 1, exp = 6, div = 1}
}
einsum.cascade @product ranks {m = 64, n = 64, k = 32} (%A[m, k], %B[k, n]) -> [m, n] : f32 {
  %C = einsum.compute [m, n] = %A[m, k] * %B[k, n] reduce add(k)
  einsum.return %C[m, n]
}
"""

DEFAULT = PassExample(
    """\
einsum.cascade @attention ranks {p = 64, m = 1024, e = 32, f = 32} (%Q[p, e], %K[m, e], %V[m, f]) -> [p, f] : f32 {
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %GM = einsum.compute [p] = %QK[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %AV = einsum.compute [p, f] = %A[m, p] * %V[m, f] reduce add(m)
  einsum.return %AV[p, f]
}
"""
)
"""For a pass that has none of its own."""

PASS_EXAMPLES: Mapping[str, PassExample] = MappingProxyType(
    {
        "einsum-apply-pdl": PassExample(_PATTERN, says="The pattern finds what is added to itself, and makes it a product."),
        "einsum-count-passes": PassExample(_SOFTMAX_V, says="Each Einsum is told its pass over each rank that it traverses."),
        "einsum-cse": PassExample(_TWICE, says="A product of the same two tensors is the same product."),
        "einsum-dce": PassExample(_TWICE, says="Nothing reads `U`."),
        "einsum-defer": PassExample(_SOFTMAX_V, says="The division leaves the sum over m and is done once per query: three passes become two."),
        "einsum-fuse-maps": PassExample(_SILU, says="A map that is read once moves into its reader."),
        "einsum-one-pass": PassExample(_LOG_SUM_EXP, says="The sum follows the running maximum and is corrected when it moves."),
        "einsum-online": PassExample(_LOG_SUM_EXP, options="size=128", says="The same for two reductions, in tiles of 128."),
        "einsum-place": PassExample(_MATMUL, says="Each Einsum is given its array, rows and columns, and each cascade its tiles."),
        "einsum-push-filters": PassExample(_CAUSAL, says="Scores above the diagonal are not computed, since nothing reads them."),
        "einsum-reorder": PassExample(_SOFTMAX_V, options="order=p,m", says="What an Einsum makes for another one has `p` first."),
        "einsum-split-rank": PassExample(_LOG_SUM_EXP, options="rank=m size=256", says="`m` is traversed as `256 * m1 + m0`."),
        "einsum-schedule": PassExample(
            _MATMUL, options="solver=list", says="Kernels of the best schedule that was found, and how far it may be from the best."
        ),
        "lower-einsum-to-accel": PassExample(_MATMUL, before="einsum-place", says="A loop nest over tiles, loads, a task on the 2D array, a store."),
    }
)
"""Pass -> its example; whichever has none is shown on `DEFAULT`."""
