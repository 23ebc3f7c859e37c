"""A small complete module for each operation, which the dialect pages show: they parse, verify and round-trip."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_TOY = """\
accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip bandwidth 16e9
  accel.memory @buffer capacity 65536
  accel.array @lanes [1, 8] ops {mac = 1, add = 1, max = 1, exp = 6}
}
"""

_SOFTMAX = """\
einsum.cascade @softmax ranks {p = 8, m = 16} (%S[m, p]) -> [m, p] : f32 {
  %GM = einsum.compute [p]    = %S[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%S[m, p] - %GM[p])
  %SD = einsum.compute [p]    = %SN[m, p] reduce add(m)
  %A  = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  einsum.return %A[m, p]
}
"""

_BFS = """\
einsum.cascade @reached ranks {i = 8, s = 5, d = 5} (%G[s, d], %R0[d] empty 0) -> [d] : f32 {
  %R = einsum.iterate i init(%r[d] = %R0[d]) {
    %near = einsum.compute [d] = %r[s] * %G[s, d] reduce max(s)
    %next = einsum.compute [d] = max(%r[d], %near[d])
    einsum.yield %next[d] until %next[d] == %r[d]
  }
  einsum.return %R[d]
}
"""

_SCALE = (
    _TOY
    + """\
accel.kernel @scale on @toy nest {i1 = 4} tiles {i0 = 8} (%A[32]) -> (%B[32]) : f32 {
  %a = accel.load %A[8 * i1 + i0] to @buffer copies 2
  %b = accel.task [i0] = 2 * %a[i0] on @lanes cols [i0] in @buffer stage 1
  accel.store %b to %B[8 * i1 + i0] stage 1
}
"""
)

_SUM = (
    _TOY
    + """\
accel.kernel @sum on @toy nest {i1 = 4} tiles {i0 = 8} (%A[32]) -> (%S[]) : f32 {
  %a = accel.load %A[8 * i1 + i0] to @buffer copies 2
  %s = accel.state [] over i1 init 0
  %t = accel.task [] = %a[i0] reduce add(i0) on @lanes cols [i0]
  %u = accel.task [] = %s[] + %t[] on @lanes in @buffer
  accel.update %s = %u
  accel.store %u to %S[] at last(i1)
}
"""
)

_MOVE = """\
accel.machine @toy clock 1e9 word 2 {
  accel.memory @dram offchip bandwidth 16e9
  accel.memory @shared capacity 1048576 bandwidth 64e9
  accel.memory @near capacity 65536
  accel.array @lanes [1, 8] ops {mac = 1, add = 1}
}
accel.kernel @scale on @toy nest {i1 = 4} tiles {i0 = 8} (%A[32]) -> (%B[32]) : f32 {
  %far = accel.load %A[8 * i1 + i0] to @shared copies 2
  %a = accel.move %far to @near copies 2 stage 1
  %b = accel.task [i0] = 2 * %a[i0] on @lanes cols [i0] in @near stage 2
  accel.store %b to %B[8 * i1 + i0] stage 2
}
"""

OP_EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "einsum.cascade": _SOFTMAX,
        "einsum.compute": """\
einsum.cascade @scores ranks {p = 8, m = 8, e = 4} (%Q[p, e], %K[m, e]) -> [m, p], [p], [p] : f32 {
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e) where m <= p empty -inf
  %best, %at = einsum.compute [p] = %QK[m, p] reduce argmax(m)
  einsum.return %QK[m, p], %best[p], %at[p]
}
""",
        "einsum.view": """\
einsum.cascade @tiled ranks {e = 4, m = 10, m1 = 3, m0 = 4} (%K[e, m]) -> [e] : f32 {
  %BK = einsum.view %K[e, m -> (m1, m0)]
  %S = einsum.compute [e] = %BK[e, m1, m0] reduce add(m0), add(m1) where 4 * m1 + m0 < 10
  einsum.return %S[e]
}
""",
        "einsum.iterate": """\
einsum.cascade @prefix_sum ranks {i = 8} (%A[i]) -> [], [i] : f32 {
  %S, %P = einsum.iterate i init(%s[] = 0) {
    %t = einsum.compute [] = %s[] + %A[i]
    einsum.yield %t[] collect %t[]
  }
  einsum.return %S[], %P[i]
}
""",
        "einsum.yield": _BFS,
        "einsum.operator": """\
einsum.operator @softcap(%x) = 30 * tanh(%x / 30) laws {monotone = increasing}
einsum.cascade @capped ranks {m = 16} (%S[m]) -> [] : f32 {
  %GM = einsum.compute [] = @softcap(%S[m]) reduce max(m)
  einsum.return %GM[]
}
""",
        "einsum.return": _SOFTMAX,
        "accel.machine": _TOY,
        "accel.array": _TOY,
        "accel.memory": _TOY,
        "accel.kernel": _SCALE,
        "accel.load": _SCALE,
        "accel.move": _MOVE,
        "accel.task": _SCALE,
        "accel.state": _SUM,
        "accel.update": _SUM,
        "accel.store": _SCALE,
    }
)
"""Operation -> a module that has one; a unit test compares the names with those of the dialects."""
