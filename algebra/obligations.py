"""Discharging what a rewrite rests on: with sympy (normal forms, nothing forced) and z3 (over the reals, laws as ground instances).

Every obligation comes back with its result, the method, the query it was put as, and the time it took; a solver that gives up within its
limit leaves "unknown", never a silent yes. What all of them share is that floats are taken as reals.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .bottoms import FOLLOWING
from .build import ONE, ZERO
from .derivation import OLD, Derived, Obligation, Options
from .expr import Apply, Expr, Num, Param, substitute_params, walk
from .intervals import Interval
from .invariants import Invariants
from .laws import ORDER_AS
from .scope import params, rename_params
from .smt import Query
from .sympy_bridge import Bridge, Sign, sympy

MAX_DIRECT_MERGE = 2
"""Up to this separation rank the associativity of the merge is put to z3 as it stands."""

MAX_OPERATIONS = 150
"""Expressions with more operations than this are not given to sympy's simplifier."""


@dataclass
class Discharge:
    """The obligations of one derivation."""

    item: Derived
    known: Invariants
    options: Options

    def all(self) -> tuple[Obligation, ...]:
        found = [self.identity(), self.distributivity()]
        if self.item.form == "rebased":
            cocycle = self.cocycle()
            found += [self.shift(), self.unit(), cocycle, self.merge(cocycle), self.empty(), self.defined()]
        return tuple(found)

    # sympy -------------------------------------------------------------------------------------------------------------

    def identity(self) -> Obligation:
        """On a fiber of one element the final value is the body."""
        single = {a.name: a.basis for a in self.item.accumulators}
        pairs = [(substitute_params(self.item.final, single), self.item.reduction.body)]
        return self.equal("identity", "the final value of a single element is the original term", pairs)

    def shift(self) -> Obligation:
        """b(x, d') = K(d, d') b(x, d)."""
        bases = [a.basis for a in self.item.accumulators]
        pairs = [(b, self.row(j, [self.renamed(c, {"": OLD}) for c in bases])) for j, b in enumerate(bases)]
        return self.equal("shift", "moving the summaries moves the carried terms by the correction matrix", pairs)

    def unit(self) -> Obligation:
        """K(d, d) = I."""
        pairs: list[tuple[Expr, Expr]] = []
        for j, row in enumerate(self.item.correction):
            for i, k in enumerate(row):
                pairs.append((ZERO if k is None else self.renamed(k, {OLD: ""}), ONE if i == j else ZERO))
        return self.equal("unit", "without a move of the summaries the correction is the identity", pairs)

    def equal(self, name: str, statement: str, pairs: Sequence[tuple[Expr, Expr]]) -> Obligation:
        """By sympy's normal form; what that leaves open, by z3."""
        start = time.perf_counter()
        pairs = [(self.known.laws.inline(a), self.known.laws.inline(b)) for a, b in pairs]
        bridge = Bridge(self.sign, opaque=True)
        if all(_zero(bridge.to_sympy(a) - bridge.to_sympy(b)) for a, b in pairs):
            return Obligation(name, statement, "proved", "sympy normal form", None, time.perf_counter() - start)
        query = self.query()
        self.assume_ranges(query, [e for pair in pairs for e in pair])
        return self.ask(query, name, statement, *(query.translate(a) == query.translate(b) for a, b in pairs))

    def sign(self, e: Expr) -> Sign:
        """Of a leaf or an opaque part, at points where the correction is evaluated: bottoms have been replaced."""
        interval = self.known.interval(rename_params(e, _current))
        if interval.positive or (interval.nonnegative and isinstance(e, Param) and e.name in dict(self.item.safe)):
            return "positive"
        return "nonnegative" if interval.nonnegative else "real"

    def assume_ranges(self, query: Query, exprs: Sequence[Expr]) -> None:
        """The ranges of the summaries, ends that are bottoms excluded."""
        safe = dict(self.item.safe)
        for p in dict.fromkeys(p for e in exprs for p in params(e)):
            summary = self.known.summaries.get(p.removesuffix(OLD))
            if summary is not None:
                values = summary.range
                query.assume(query.real(Param(p)), Interval(values.low, values.high, True, True) if p in safe else values)

    # z3 ----------------------------------------------------------------------------------------------------------------

    def distributivity(self) -> Obligation:
        """final(A (+) B) = final(A) (+) final(B), with the summaries fixed."""
        query = self.query()
        names = [a.name for a in self.item.accumulators]
        hidden = self.hidden(self.item.final, names, query)
        left = {n: Param(n + "'1") for n in names}
        right = {n: Param(n + "'2") for n in names}
        joint: dict[str, Expr] = {a.name: _combine(a.op, left[a.name], right[a.name]) for a in self.item.accumulators}
        both = _combine(self.item.reduction.op, substitute_params(hidden, left), substitute_params(hidden, right))
        claim = query.translate(substitute_params(hidden, joint)) == query.translate(both)
        return self.ask(query, "distributivity", "the final value of two parts combined is the combination of their final values", claim)

    def cocycle(self) -> Obligation:
        """K(d', d'') K(d, d') = K(d, d'')."""
        query = self.query()
        size = range(self.item.k)
        claims: list[Any] = []
        for j in size:
            for i in size:
                path = [_product(self.between(self.item.correction[j][via], 2, 3), self.between(self.item.correction[via][i], 1, 2)) for via in size]
                direct = self.between(self.item.correction[j][i], 1, 3)
                claims.append(query.translate(_sum(path)) == query.translate(direct or ZERO))
        return self.ask(query, "cocycle", "correcting twice is correcting once", *claims)

    def merge(self, cocycle: Obligation) -> Obligation:
        """(p * q) * r = p * (q * r), for any values of the joint summaries: put to z3 as it stands where it is small.

        Otherwise by comparing the coefficients of p, q and r: each equality is an instance of the cocycle.
        """
        statement = "merging partial results is associative"
        if self.item.k <= MAX_DIRECT_MERGE:
            query = self.query()
            left = self.merged(self.merged(self.state(1), self.state(2), 1, 2, 4), self.state(3), 4, 3, 6)
            right = self.merged(self.state(1), self.merged(self.state(2), self.state(3), 2, 3, 5), 1, 5, 6)
            claims = [query.translate(p) == query.translate(q) for p, q in zip(left, right, strict=True)]
            direct = self.ask(query, "merge", statement, *claims)
            if direct.result == "proved":
                return direct
        return Obligation("merge", statement, cocycle.result, "corollary of the cocycle, as the correction is linear", cocycle.smtlib)

    def empty(self) -> Obligation:
        """A state merged with an empty one, which leaves the summaries as they are, is unchanged."""
        query = self.query()
        identities: list[Expr] = [Num(int(a.identity)) for a in self.item.accumulators]
        merged = self.merged(self.state(1), identities, 1, 2, 1)
        claims = [query.translate(p) == query.translate(q) for p, q in zip(merged, self.state(1), strict=True)]
        return self.ask(query, "empty", "an empty tile changes nothing", *claims)

    def defined(self) -> Obligation:
        """No divisor in the correction is zero at a reachable value."""
        query = Query(self.options.timeout_ms, self.known.laws, divisors_nonzero=False)
        entries = [k for row in self.item.correction for k in row if k is not None]
        divisors = dict.fromkeys(e.args[1] for k in entries for e in walk(k) if isinstance(e, Apply) and e.op == "div")
        self.assume_ranges(query, list(divisors))
        claims = [query.translate(d) != 0 for d in divisors]
        statement = "no correction divides by zero at a reachable value of the summaries (bottoms are replaced first)"
        return self.ask(query, "defined", statement, *claims)

    def query(self) -> Query:
        return Query(self.options.timeout_ms, self.known.laws)

    def ask(self, query: Query, name: str, statement: str, *claims: Any) -> Obligation:
        answer = query.prove(query.conjunction(claims))
        return Obligation(name, statement, answer.result, "z3", answer.smtlib, answer.seconds)

    def hidden(self, e: Expr, names: Sequence[str], query: Query) -> Expr:
        """The largest parts without accumulators as constants of their own, within their intervals."""
        if not any(p in names for p in params(e)):
            if isinstance(e, Num):
                return e
            query.assume(query.real(e), self.known.interval(e))
            return query.alias(e)
        if isinstance(e, Apply):
            return Apply(e.op, tuple(self.hidden(a, names, query) for a in e.args), e.merge)
        return e

    def state(self, index: int) -> list[Expr]:
        return [Param(f"{a.name}'{index}") for a in self.item.accumulators]

    def merged(self, p: Sequence[Expr], q: Sequence[Expr], at_p: int, at_q: int, to: int) -> list[Expr]:
        """Two states, each corrected from its summaries to the joint ones, combined."""
        return [Apply("add", (self.row(j, p, at_p, to), self.row(j, q, at_q, to))) for j in range(self.item.k)]

    def row(self, j: int, values: Sequence[Expr], start: int | None = None, to: int | None = None) -> Expr:
        """Row j of K applied to values, between the numbered summary values, or from old to new."""
        entries = tuple(None if k is None else self.renamed(k, {}) for k in self.item.correction[j])
        moved = entries if start is None or to is None else tuple(self.between(k, start, to) for k in entries)
        return _sum([_product(k, v) for k, v in zip(moved, values, strict=True)])

    def between(self, k: Expr | None, start: int, to: int) -> Expr | None:
        return None if k is None else self.renamed(k, {OLD: f"'{start}", "": f"'{to}"})

    def renamed(self, e: Expr, endings: Mapping[str, str]) -> Expr:
        """Summaries with their ending (`.old` or none) exchanged."""

        def name(n: str) -> str:
            n = n.removesuffix(FOLLOWING) + OLD if n.endswith(FOLLOWING) else n
            head = n.removesuffix(OLD)
            ending = n[len(head) :]
            return head + endings[ending] if head in self.known.summaries and ending in endings else n

        return rename_params(e, name)


def _current(name: str) -> str:
    return name.removesuffix(OLD)


def _combine(op: str, a: Expr, b: Expr) -> Expr:
    return Apply({"or": "max", "and": "min"}.get(op, ORDER_AS.get(op, op).removeprefix("arg")), (a, b))


def _product(a: Expr | None, b: Expr | None) -> Expr | None:
    return None if a is None or b is None else Apply("mul", (a, b))


def _sum(parts: Sequence[Expr | None]) -> Expr:
    result: Expr | None = None
    for p in parts:
        if p is not None:
            result = p if result is None else Apply("add", (result, p))
    return ZERO if result is None else result


def _zero(difference: Any) -> bool:
    sp = sympy()
    expanded = sp.expand(difference)
    if expanded == 0:
        return True
    return bool(sp.count_ops(expanded) <= MAX_OPERATIONS and sp.simplify(expanded) == 0)
