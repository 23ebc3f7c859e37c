"""Where passes are reduced: in iterates too, and over the tiles of a rank that is tiled already."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from reducing import check, parse
from xdsl.context import Context

from einfold.dialects.einsum import IterateOp
from einfold.dialects.einsum_scope import tensor_of
from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.passes.places import passes_over

HOPFIELD = """einsum.cascade @hopfield ranks {t = 3, p = 4, m = 13, e = 2} (%Q[p, e], %K[t, m, e]) -> [p, e] : f64 {
  %R = einsum.iterate t init(%X[p, e] = %Q[p, e]) {
    %S = einsum.compute [m, p] = %X[p, e] * %K[t, m, e] reduce add(e)
    %GM = einsum.compute [p] = %S[m, p] reduce max(m)
    %SN = einsum.compute [m, p] = exp(%S[m, p] - %GM[p] + 0 * t)
    %SD = einsum.compute [p] = %SN[m, p] reduce add(m) where m <= p + t
    %Y = einsum.compute [p, e] = %SN[m, p] / %SD[p] * %K[t, m, e] reduce add(m) where m <= p + t
    einsum.yield %Y[p, e]
  }
  einsum.return %R[p, e]
}"""


def test_chains_in_an_iterate_are_reduced_in_each_generation() -> None:
    assert check(HOPFIELD, 1) == []


def test_the_two_pass_cascade_becomes_the_one_pass_cascade_over_the_same_tiles() -> None:
    """FuseMax's 2-pass cascade: its tiles stay what they are, and are walked one after the other."""
    text = Path("examples/attention-2pass.mlir").read_text()
    for name, size in (("b", 1), ("h", 2), ("p", 3), ("m", 12), ("e", 2), ("f", 2), ("m1", 4), ("m0", 3)):
        text = re.sub(rf"\b{name} = \d+", f"{name} = {size}", text)
    module, cascade = parse(text.replace(": f16 {", ": f64 {"))
    rng = np.random.default_rng(0)
    given = {str(a.name_hint): rng.normal(size=tensor_of(a).get_shape()) for a in cascade.body.block.args}
    expected = run_cascade(cascade, given)
    assert passes_over(cascade, "m") == 2
    EinsumOnePass(size=256).apply(Context(), module)
    assert [op.rank.data for op in module.walk() if isinstance(op, IterateOp)] == ["m1"]
    assert passes_over(cascade, "m") == 1
    np.testing.assert_allclose(run_cascade(cascade, given)[0], expected[0], rtol=1e-12)


def test_a_hand_written_one_pass_cascade_is_left_alone() -> None:
    """The two passes over a tile's elements are within what is held."""
    text = Path("examples/attention-1pass.mlir").read_text()
    module, cascade = parse(text)
    before = str(module)
    EinsumOnePass(size=256).apply(Context(), module)
    assert str(module) == before
    assert cascade.sizes["m0"] == 256
