"""What a step over nothing leaves as it is: proved for the running statistics that passes make, and never for a map that changes them."""

from __future__ import annotations

import math
from itertools import product

import pytest

from einfold.algebra.affine import Affine
from einfold.algebra.evaluate import evaluate
from einfold.algebra.expr import Access, Apply, Expr, Num
from einfold.algebra.laws import Laws, UserOperator
from einfold.algebra.unchanged import Carried, Made, Step

P = (Affine.rank("p"),)
INF = math.inf


def at(number: int) -> Expr:
    return Access(number, P)


def call(op: str, *args: Expr | float) -> Expr:
    return Apply(op, tuple(Num(a) if isinstance(a, int | float) else a for a in args))


def made(name: str, body: Expr, *operands: str) -> Made:
    return Made(name, P, body, operands)


def tile(name: str, op: str) -> Made:
    return Made(name, P, at(0), ("x",), (op,))


BOTTOM = call("eq", at(0), -INF)
SOFTMAX = (
    tile("lm", "max"),
    made("rm'", call("max", at(0), at(1)), "lm", "rm"),
    made("sm", call("select", BOTTOM, 0, at(0)), "rm'"),
    made("pm", call("exp", call("sub", call("select", BOTTOM, at(1), at(0)), at(1))), "rm", "sm"),
    tile("ld", "add"),
    made("rd'", call("add", at(0), call("mul", at(1), at(2))), "ld", "rd", "pm"),
)
STATES = (Carried("rm", "rm'", -INF), Carried("rd", "rd'", 0))


def stays(steps: tuple[Made, ...], states: tuple[Carried, ...], *nothing: str, laws: Laws | None = None) -> set[str]:
    return {s.name for s in Step(steps, states, laws or Laws()).unchanged(nothing)}


def test_an_empty_tile_leaves_a_running_softmax_as_it_is() -> None:
    assert stays(SOFTMAX, STATES, "lm", "ld") == {"rm", "rd"}


@pytest.mark.parametrize(("nothing", "left"), [((), set[str]()), (("lm",), {"rm"}), (("ld",), set[str]())])
def test_a_tile_with_points_changes_it(nothing: tuple[str, ...], left: set[str]) -> None:
    assert stays(SOFTMAX, STATES, *nothing) == left


def test_without_a_guard_for_the_bottom_nothing_is_claimed() -> None:
    """exp(-inf - -inf) is no number; only where the maximum cannot be at its bottom is the correction 1."""
    bare = (*SOFTMAX[:2], made("pm", call("exp", call("sub", at(0), at(1))), "rm", "rm'"), *SOFTMAX[4:])
    assert stays(bare, STATES, "lm", "ld") == {"rm"}
    assert stays(bare, (Carried("rm", "rm'", 0), STATES[1]), "lm", "ld") == {"rm", "rd"}
    assert stays(bare, (Carried("rm", "rm'", None), STATES[1]), "lm", "ld") == {"rm"}


ONE = (Carried("s", "s'", 0),)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (call("add", at(0), at(1)), True),
        (call("sub", at(1), at(0)), True),
        (call("sub", at(0), at(1)), False),
        (call("add", call("add", at(0), at(1)), 1), False),
        (call("add", call("mul", at(1), 2), at(0)), False),
        (call("max", at(0), at(1)), False),
        (call("add", call("mul", at(0), at(1)), at(1)), True),
        (call("div", at(1), call("add", at(0), 1)), True),
        (call("select", call("gt", at(0), 0), call("mul", 2, at(1)), at(1)), True),
        (call("select", call("lt", at(1), 0), at(1), call("add", at(0), at(1))), True),
        (call("select", call("lt", at(1), 0), 0, call("add", at(0), at(1))), False),
        (call("or", at(0), at(1)), False),
        (call("and", 1, at(1)), False),
        (Apply("add", (at(0), at(1)), "intersection"), False),
        (Access(1, (Affine.of({"p": 1}, 1),)), False),
    ],
)
def test_sums(body: Expr, kept: bool) -> None:
    """`s'` of the sum over an empty tile and `s`."""
    assert stays((tile("l", "add"), made("s'", body, "l", "s")), ONE, "l") == ({"s"} if kept else set())
    if kept:
        for s in (-2.0, 0.0, 3.5):
            assert evaluate(body, {at(0): 0.0, at(1): s}) == s


def test_a_users_reduction_has_its_own_identity() -> None:
    combine = UserOperator("@join", ("a", "b"), None, associative=True, commutative=True, identity=7)
    steps = (tile("l", "@join"), made("s'", call("@join", at(0), at(1)), "l", "s"))
    assert stays(steps, ONE, "l", laws=Laws((combine,))) == {"s"}
    assert stays(steps, ONE, "l") == set()


def test_accumulators_that_continue() -> None:
    scaled = made("t", call("mul", at(0), at(1)), "s", "one")
    one = made("one", call("exp", 0))
    onto = Made("s'", P, at(0), ("x",), ("add",), onto="t")
    assert stays((one, scaled, onto), ONE, "s'") == {"s"}
    assert stays((one, scaled, onto), ONE) == set()
    assert stays((made("one", call("exp", 1)), scaled, onto), ONE, "s'") == set()


def test_what_is_proved_holds_in_numbers() -> None:
    """All maps of two operators over a state, an empty maximum and a constant: whatever is said to stay does, from the bottom on."""
    leaves = (at(0), at(1), Num(0), Num(1))
    inner = [call(op, a, b) for op, a, b in product(("add", "sub", "mul", "max", "min", "div"), leaves, leaves)]
    claimed = 0
    for op, a, b in product(("add", "mul", "max", "sub", "min"), leaves, inner):
        body = call(op, a, b)
        for initial, values in ((-INF, (-INF, -1.5, 0.0, 2.0)), (0, (-1.5, 0.0, 2.0))):
            state = (Carried("s", "s'", initial),)
            if stays((tile("l", "max"), made("s'", body, "l", "s")), state, "l"):
                claimed += 1
                assert [evaluate(body, {at(0): -INF, at(1): v}) for v in values] == list(values), body
    assert claimed > 50
