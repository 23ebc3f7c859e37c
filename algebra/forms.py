"""The form of a sum: its terms carried as the stability rule chooses, T1 (deferred) and T2 (rebased) in one."""

from __future__ import annotations

from dataclasses import dataclass

from .carry import Carried
from .corners import Corners
from .derivation import Accumulator, Options, Reduction
from .evaluate import Opaque, Table, evaluate, float_functions
from .expr import Expr, Param, walk
from .infinities import finite, may_vanish
from .invariants import Invariants
from .rank_gate import pivots
from .samples import Samples
from .separate import separate
from .stability import Policy
from .terms import wave_value

_FP64_NEGLIGIBLE = 10
_DRAWS = 8


@dataclass(frozen=True)
class SumForm:
    """Accumulators of a sum, its final value, and the matrix that corrects the accumulators when the summaries rebased on move."""

    accumulators: tuple[Accumulator, ...]
    final: Expr
    correction: tuple[tuple[Expr | None, ...], ...]
    rebased_on: tuple[str, ...]
    notes: tuple[str, ...]
    means: frozenset[str]
    wish: Expr | None = None

    def independent(self, body: Expr, known: Invariants, functions: Table) -> int:
        """The separation rank of `body` as fp64 samples see it, at most the number of accumulators."""
        k = len(self.accumulators)
        samples = Samples(known, [body])
        fixed = samples.draw()
        xs = [{e: v for e, v in samples.draw().items() if known.scope.of(e).elements} for _ in range(2 * k)]
        ds = [{e: v for e, v in samples.draw().items() if known.scope.of(e).summaries} for _ in range(2 * k)]
        try:
            rows = [[evaluate(body, {**fixed, **x, **d}, functions) for d in ds] for x in xs]
        except Opaque:
            return k
        return len(pivots(rows, k, _FP64_NEGLIGIBLE)[0])


def carried_form(r: Reduction, body: Expr, known: Invariants, options: Options, late: frozenset[str]) -> SumForm:
    """Separate, choose, carry. Raises `NotSeparable` or `Unstable`."""
    policy = Policy(known, options, late)
    carried = Carried(known.scope)
    terms = separate(body, known)
    for term in terms:
        carried.add(term, policy.choose(term))
    carried.close()
    names = [f"{r.name}.{j}" for j in range(len(carried.monomials))]
    rebased = carried.rebased_on()
    correction = tuple(tuple(row) for row in carried.correction())
    notes, wish = tuple(dict.fromkeys(policy.notes)), next(iter(policy.wishes), None)
    written = all(wave_value(w) in walk(body) for t in terms for w in t.waves)  # else exponentials were joined, and must stay so
    untouched = written and len(names) == len(carried.combination) == 1 and frozenset(rebased) == known.scope.of(body).summaries
    if untouched and not any(known.scope.of(b).summaries for b, _ in carried.combination[0][2]):
        return SumForm((Accumulator(names[0], "add", 0.0, r.body),), Param(names[0]), correction, rebased, notes, frozenset(policy.means), wish)
    skips = any(m.mask for m in carried.monomials) and skips_masked(body, known)
    final = carried.final(names, lambda e: finite(e, known) and not (skips and may_vanish(e, known)))
    accumulators = tuple(Accumulator(n, "add", 0.0, m.basis) for n, m in zip(names, carried.monomials, strict=True))
    return SumForm(accumulators, final, correction, rebased, notes, frozenset(policy.means), wish)


def skips_masked(body: Expr, known: Invariants) -> bool:
    """Whether the body is 0 for some elements whatever the summaries are: then it is where these have seen nothing but such elements."""
    samples, corners, functions = Samples(known, [body]), Corners([body]), float_functions(known.laws)
    bottoms = {Param(n): known.laws.identity(s.op) or 0.0 for n, s in known.summaries.items()}
    try:
        drawn = (point for _ in range(_DRAWS) for point in corners.points(samples.draw()))
        return any(evaluate(body, {**point, **bottoms}, functions) == 0 for point in drawn)
    except Opaque:
        return False
