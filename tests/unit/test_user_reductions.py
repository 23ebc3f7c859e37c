"""Reductions by users' operators in the tile loop, in parts and in trees: by their laws, whatever their definition says of two identities."""

from __future__ import annotations

import numpy as np
import pytest
from reducing import check, parse
from xdsl.context import Context

from einfold.analysis import remarks
from einfold.passes.einsum_one_pass import EinsumOnePass

SOFT_MAX = """einsum.operator @lse(%a, %b) = max(%a, %b) + log(1 + exp(-abs(%a - %b))) laws {identity = -inf, associative, commutative}
einsum.cascade @c ranks {p = 3, m = 11} (%X[m, p]) -> [p], [p] : f64 {
  %L = einsum.compute [p] = %X[m, p] reduce @lse(m)
  %D = einsum.compute [p] = exp(%X[m, p] - %L[p]) * %X[m, p] reduce add(m)
  einsum.return %L[p], %D[p]
}"""
FORMS = {
    "loop": EinsumOnePass(rank="m", size=4, numerics="fast"),
    "sequential": EinsumOnePass(rank="m", form="sequential", numerics="fast"),
    "split": EinsumOnePass(rank="m", form="split", parts=3, numerics="fast"),
    "empty parts": EinsumOnePass(rank="m", form="split", parts=8, size=1, numerics="fast"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_sum_follows_a_users_reduction(form: str) -> None:
    """Where nothing came before, what is new counts alone: the definition gives NaN for two identities."""
    with np.errstate(invalid="raise"):
        assert check(SOFT_MAX, 1, FORMS[form]) == []


def test_parts_that_may_be_empty_are_not_merged_by_an_operator_that_cannot() -> None:
    declined = check(SOFT_MAX, 1, EinsumOnePass(rank="m", form="tree", parts=4, numerics="fast"))
    assert declined == ["parts of m may be empty, and nothing is known of @lse of two identities"]


def test_nothing_is_known_of_a_users_reduction_but_its_laws() -> None:
    """That it bounds its elements is not: the exponential follows their maximum, which is put beside it."""
    assert check(SOFT_MAX, 1) == []
    module, _ = parse(SOFT_MAX)
    EinsumOnePass(rank="m", size=4).apply(Context(), module)
    assert "%RD_top" in str(module)


def test_a_wrong_law_is_shown_with_its_counterexample() -> None:
    text = """einsum.operator @minus(%a, %b) = %a - %b laws {identity = 0, associative, commutative}
    einsum.cascade @c ranks {p = 3, m = 11} (%X[m, p]) -> [p] : f64 {
      %L = einsum.compute [p] = %X[m, p] reduce @minus(m)
      %D = einsum.compute [p] = pow(%X[m, p] - %L[p], 2) reduce add(m)
      einsum.return %D[p]
    }"""
    module, _ = parse(text)
    with remarks.collect() as found:
        EinsumOnePass(rank="m").apply(Context(), module)
    wrong = [r.message for r in found if r.kind == "missed" and r.message.startswith("L ")]
    assert len(wrong) == 1
    assert "@minus is declared associative, but at " in wrong[0] and " its two sides are " in wrong[0]
