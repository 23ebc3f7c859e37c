"""Every obligation of every reduced row of the benchmark is discharged; a corrupted derivation's are not."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from algebra_terms import BENCHMARK, P, R, exp, log, s, softmax, v, weight, x

from einfold.algebra.bounds import state_ranks, verdict
from einfold.algebra.derivation import Derived, Obligation, Options
from einfold.algebra.derive import derive_chain
from einfold.algebra.expr import Apply, Expr, Num, Param
from einfold.algebra.intervals import Interval
from einfold.algebra.invariants import Invariants
from einfold.algebra.laws import DEFAULT_LAWS
from einfold.algebra.obligations import Discharge
from einfold.algebra.scope import Scope
from einfold.algebra.smt import Query, z3

PROVE = Options(prove=True)
REDUCED = [name for name, (_, k) in BENCHMARK.items() if k is not None]


def by_name(found: tuple[Obligation, ...]) -> dict[str, Obligation]:
    return {o.name: o for o in found}


@pytest.mark.parametrize("name", REDUCED)
def test_all_obligations_hold(name: str) -> None:
    last = derive_chain(BENCHMARK[name][0], options=PROVE)[-1]
    assert isinstance(last, Derived)
    found = by_name(last.obligations)
    wanted = {"identity", "distributivity"}
    if last.form == "rebased":
        wanted |= {"shift", "unit", "cocycle", "merge", "empty", "defined"}
    assert {n: found[n].result for n in wanted} == dict.fromkeys(wanted, "proved")
    assert found["differential"].result == "tested"
    assert all(o.seconds < 2 for o in found.values())


def test_queries_are_smtlib_that_another_solver_reads() -> None:
    last = derive_chain([*softmax(), R("AV", "add", weight() * v)], options=PROVE)[-1]
    assert isinstance(last, Derived)
    query = by_name(last.obligations)["cocycle"].smtlib
    assert query is not None
    assert "(declare-fun Exp (Real) Real)" in query
    again = z3().Solver()
    again.from_string(query)
    assert again.check() == z3().unsat


def discharge(item: Derived, chain: list) -> dict[str, Obligation]:  # type: ignore[type-arg]
    known = Invariants(Scope(tuple(r.name for r in chain)), DEFAULT_LAWS)
    for r in chain[:-1]:
        known.add(r.name, r.op, r.body, True)
    return by_name(Discharge(item, known, Options(timeout_ms=500)).all())


@pytest.mark.parametrize("wrong", ["correction", "sign", "basis", "final"])
def test_a_corrupted_derivation_is_not_proved(wrong: str) -> None:
    chain = BENCHMARK["softmax entropy"][0]
    good = derive_chain(chain)[-1]
    assert isinstance(good, Derived)
    assert {o.result for o in discharge(good, chain).values()} == {"proved"}
    match wrong:
        case "correction":  # the off-diagonal entry forgotten
            bad = replace(good, correction=((good.correction[0][0], None), good.correction[1]))
            expected = {"shift"}
        case "sign":
            flipped = Apply("neg", (good.correction[0][1] or Num(0),))
            bad = replace(good, correction=((good.correction[0][0], flipped), good.correction[1]))
            expected = {"shift"}
        case "basis":
            bad = replace(good, accumulators=(replace(good.accumulators[0], basis=good.accumulators[1].basis), good.accumulators[1]))
            expected = {"identity", "shift"}
        case _:
            bad = replace(good, final=Apply("mul", (good.final, good.final)))
            expected = {"identity", "distributivity"}
    found = discharge(bad, chain)
    assert {n for n, o in found.items() if o.result != "proved"} >= expected


def test_a_correction_that_is_no_cocycle_is_not_proved() -> None:
    chain = [R("D", "add", x), R("Z", "add", x - P.D)]
    good = derive_chain(chain)[-1]
    assert isinstance(good, Derived)
    square: Expr = Apply("mul", (Param("D"), Param("D.old")))
    found = discharge(replace(good, correction=((Num(1), square), (None, Num(1)))), chain)
    assert {found[n].result for n in ("unit", "cocycle", "merge")} == {"unknown"}


def test_division_by_what_may_be_zero_is_not_proved() -> None:
    chain = [R("D", "add", x), R("Z", "add", x * x / P.D)]
    good = derive_chain(chain)[-1]
    assert isinstance(good, Derived)
    ratio: Expr = Apply("div", (Param("D.old"), Param("D")))
    forged = replace(good, form="rebased", correction=((ratio,),), rebased_on=("D",), final=Param("Z.0"))
    forged = replace(forged, accumulators=(replace(good.accumulators[0], basis=(x * x / P.D).e),))
    found = discharge(forged, chain)
    assert found["defined"].result == "unknown"
    assert found["shift"].result == "proved", "algebra alone does not see it"


def test_a_division_that_the_original_does_not_make_is_not_proved() -> None:
    """D / D is 1 for every normal form, and nothing where D is zero."""
    chain = [R("D", "add", x), R("Z", "add", x * P.D)]
    good = derive_chain(chain)[-1]
    assert isinstance(good, Derived)
    assert discharge(good, chain)["identity"].result == "proved"
    for through in (lambda e: e * P.D / P.D, lambda e: exp(log(P.D * P.D)) * e / (P.D * P.D)):
        forged = replace(good, final=through(type(x)(good.final)).e)
        assert discharge(forged, chain)["identity"].result == "unknown"


def test_what_contradicts_itself_proves_nothing() -> None:
    query = Query(500)
    query.assume(Param("a"), Interval(Fraction(1), Fraction(0)))
    assert query.equal([(Param("a"), Param("b"))]).result == "unknown"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (exp(P.a - P.b) * exp(P.b), exp(P.a)),
        (exp(2 * P.a), exp(P.a) ** 2),
        (exp(log(P.a * P.a + 1)), P.a * P.a + 1),
    ],
)
def test_exponential_identities(left: object, right: object) -> None:
    assert Query(2000).equal([(left.e, right.e)]).result == "proved"  # type: ignore[attr-defined]


def test_a_wrong_exponential_identity_is_not_proved() -> None:
    assert Query(500).equal([(exp(P.a + P.b).e, (exp(P.a) + exp(P.b)).e)]).result == "unknown"


@pytest.mark.parametrize(
    ("name", "ranks"),
    [
        ("attention, division inside", (2, 2, 2, 2)),
        ("variance", (2, 2, 2, 2)),
        ("kurtosis", (2, 4, 4, 4)),
        ("softmax, data-dependent temperature", (2, 4, 8, 12)),
    ],
)
def test_numbers_that_a_one_pass_state_must_hold(name: str, ranks: tuple[int, ...]) -> None:
    assert state_ranks(BENCHMARK[name][0]) == ranks


def test_verdicts() -> None:
    attention = derive_chain([*softmax(), R("AV", "add", weight() * v)])
    assert verdict(attention, 1).kind == "optimal"
    assert verdict(attention, 2, retained=True).kind == "optimal"
    assert verdict(attention, 2).kind == "unknown"
    gauss = derive_chain(BENCHMARK["Gaussian about the mean"][0])
    found = verdict(gauss, 2)
    assert (found.kind, found.bound) == ("algebra-optimal", 1)
    assert found.why == "no finite separation exists, certified at sampled points: Z (rank at least 12)"
    assert verdict(gauss, 3).kind == "unknown"
    assert verdict(derive_chain([R("D", "max", s), R("Z", "max", (s - P.D) * x)]), 2).kind == "unknown"
