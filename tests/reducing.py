"""What tests of the pass-reducing rewrites share: a cascade from text, and a check that a rewrite keeps its values in so many passes."""

from __future__ import annotations

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.parser import Parser

from einfold.analysis import remarks
from einfold.dialects.einsum import CascadeOp, Einsum
from einfold.dialects.einsum_scope import tensor_of
from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.passes.places import passes_over


def parse(text: str) -> tuple[ModuleOp, CascadeOp]:
    context = Context()
    context.load_dialect(Builtin)
    context.load_dialect(Einsum)
    module = Parser(context, text).parse_module()
    module.verify()
    return module, next(op for op in module.walk() if isinstance(op, CascadeOp))


def check(text: str, passes: int, rewrite: EinsumOnePass | None = None) -> list[str]:
    """The values stay, the passes over m are as many as stated; the remarks of what was declined."""
    module, cascade = parse(text)
    rng = np.random.default_rng(7)
    given = {str(a.name_hint): rng.normal(size=tensor_of(a).get_shape()) for a in cascade.body.block.args}
    expected = run_cascade(cascade, given)
    with remarks.collect() as found:
        (rewrite or EinsumOnePass(rank="m", size=4)).apply(Context(), module)
    module.verify()
    for actual, wanted in zip(run_cascade(cascade, given), expected, strict=True):
        np.testing.assert_allclose(actual, wanted, rtol=1e-9, atol=1e-12)
    assert passes_over(cascade, "m") == passes
    return [r.message for r in found if r.kind == "missed"]
