"""What tests of cascades as their users write them share: a short notation, inputs that are hard, and the comparison with the interpreter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from reducing import parse
from xdsl.context import Context

from einfold.dialects.einsum import CascadeOp
from einfold.dialects.einsum_scope import tensor_of
from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.passes.places import passes_over

SIZES = {"a": 9, "e": 3, "f": 2, "g": 2, "h": 2, "m": 13, "p": 4, "q": 4, "s": 5, "t": 2}
FORMS = (
    EinsumOnePass(size=4),
    EinsumOnePass(form="sequential"),
    EinsumOnePass(size=2, form="split", parts=3),
    EinsumOnePass(size=2, form="tree", parts=4),
)


@dataclass(frozen=True)
class Case:
    """A cascade: users' operators, arguments and Einsums, the last of which is the result (`%O = [p] ...`), passes over `m` before and after.

    `masks` are arguments in which -inf means that an element does not count.
    """

    arguments: str
    einsums: str
    before: int
    after: int
    operators: str = ""
    masks: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        lines = [line.strip() for line in self.einsums.strip().splitlines()]
        name, out = re.findall(r"^(%\w+)(?:, %\w+)? = (\[[^\]]*\])", lines[-1])[0]
        made = "\n".join("  " + re.sub(r"^(%\w+(?:, %\w+)?) = (\[[^\]]*\])", r"\1 = einsum.compute \2 =", line) for line in lines)
        ranks = ", ".join(f"{r} = {n}" for r, n in SIZES.items())
        return f"{self.operators}\neinsum.cascade @c ranks {{{ranks}}} ({self.arguments}) -> {out} : f64 {{\n{made}\n  einsum.return {name}{out}\n}}"


def inputs(cascade: CascadeOp, kind: str, masks: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Signed data, data with a large mean, large data, zeros, and data of which much is masked, in some fibers everything at first."""
    rng = np.random.default_rng(7)
    found = {str(a.name_hint): rng.normal(size=tensor_of(a).get_shape()) for a in cascade.body.block.args}
    for name, values in found.items():
        match kind:
            case "offset":
                found[name] = values + 1000
            case "large":
                found[name] = values * 1000
            case "zeros":
                found[name] = values * 0
            case "masked" if name in masks:
                values[rng.random(values.shape) < 0.4] = -np.inf
                values[0, : values.shape[-1] - 2] = -np.inf
            case _:
                pass
    return found


KINDS = ("signed", "offset", "large", "zeros", "masked")


def check_case(case: Case, rewrite: EinsumOnePass) -> None:
    """As many passes as stated, and the values of the cascade as written wherever that has finite ones."""
    _, written = parse(case.text)
    assert passes_over(written, "m") == case.before
    module, made = parse(case.text)
    rewrite.apply(Context(), module)
    module.verify()
    assert passes_over(made, "m") == case.after
    compared = 0
    for kind in KINDS:
        given: Mapping[str, np.ndarray] = inputs(written, kind, case.masks)
        with np.errstate(all="ignore"):
            wanted, found = run_cascade(written, given)[0], run_cascade(made, given)[0]
        defined = np.isfinite(wanted)
        compared += int(defined.sum())
        scale = np.abs(wanted[defined]).max(initial=0.0)
        np.testing.assert_allclose(found[defined], wanted[defined], rtol=1e-7, atol=1e-9 * scale + 1e-12, err_msg=kind)
    assert compared > 0
