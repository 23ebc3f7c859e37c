"""Discharging what a rewrite rests on: by z3 on a script that states the claim (`smt.py`), else by sympy (normal forms, nothing forced).

Every obligation comes back with its result, the method, the script, and the time it took; a solver that gives up within its limit leaves
"unknown", never a silent yes. What all of them share is that floats are taken as reals.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from .build import ONE
from .claims import Claim, Statements, summary_of
from .derivation import Derived, Obligation, Options
from .expr import Apply, Expr, Num, Param, RankShape, walk
from .intervals import Interval
from .invariants import Invariants
from .linear import linear
from .polynomials import exact_sum
from .scope import element_leaves, params, rename_params
from .smt import Answer, Query, conditions
from .smt_text import Writer, leaf_name
from .sympy_bridge import Bridge, Sign, sympy

MAX_OPERATIONS = 150
"""Expressions with more operations than this are not given to sympy's simplifier."""

NO_RANGES: Mapping[Expr, Interval] = MappingProxyType({})
NOTHING_HIDDEN: Mapping[Expr, Expr] = MappingProxyType({})


@dataclass
class Discharge:
    """The obligations of one derivation."""

    item: Derived
    known: Invariants
    options: Options

    def all(self) -> tuple[Obligation, ...]:
        """Each obligation, met or not."""
        say = Statements(self.item, self.known)
        found = [self.settled(say.identity()), self.distributivity(say)]
        if self.item.form == "rebased":
            cocycle = self.settled(say.cocycle())
            found += [self.settled(say.shift()), self.settled(say.unit()), cocycle, self.merge(say, cocycle)]
            found += [self.settled(say.empty()), self.defined(say.defined())]
        return tuple(found)

    def settled(self, claim: Claim) -> Obligation:
        """By z3; what that leaves open, by sympy's normal form."""
        answer = self.ask(claim)
        if answer.result == "proved":
            return _obligation(claim, answer)
        start = time.perf_counter()
        if self.normal_forms_agree(claim):
            seconds = answer.seconds + time.perf_counter() - start
            return Obligation(claim.name, claim.statement, "proved", "sympy normal form", answer.smtlib, seconds)
        return _obligation(claim, answer)

    def distributivity(self, say: Statements) -> Obligation:
        """Whatever values the parts of the final value have in which no accumulator occurs; else as it stands; else with their intervals."""
        claim = say.distributivity()
        parts = [e for e in largest_parts_without(say.final.body, (a.name for a in self.item.accumulators)) if isinstance(e, Apply)]
        hidden: dict[Expr, Expr] = {part: Param(f"part.{i}") for i, part in enumerate(parts)}
        general = say.with_parts(claim, hidden)
        answer = self.ask(general, hidden) if parts else None
        if answer is not None and answer.result == "proved":
            return _obligation(claim, answer)
        found = self.settled(claim)
        if found.result != "proved" and parts:
            answer = self.ask(general, hidden, {stand_in: self.known.interval(part) for part, stand_in in hidden.items()})
            return _obligation(claim, answer) if answer.result == "proved" else found
        return found

    def merge(self, say: Statements, cocycle: Obligation) -> Obligation:
        """As it stands, where the correction is algebraic; else from the cocycle, which has been put to solvers already."""
        answer = self.ask(say.merge()) if say.algebraic else None
        if answer is not None and answer.result == "proved":
            return _obligation(say.merge(), answer)
        claim = say.merge_by_cocycle()
        answer = self.ask(claim)
        result = cocycle.result if answer.result == "proved" else answer.result
        return Obligation(claim.name, claim.statement, result, "z3, from the cocycle", answer.smtlib, answer.seconds)

    def defined(self, claim: Claim) -> Obligation:
        if not claim.holds:
            return Obligation(claim.name, claim.statement, "proved", "inspection: no division, root or logarithm of a summary is in it")
        return self.settled(claim)

    # z3 ----------------------------------------------------------------------------------------------------------------

    def ask(self, claim: Claim, hidden: Mapping[Expr, Expr] = NOTHING_HIDDEN, ranges: Mapping[Expr, Interval] = NO_RANGES) -> Answer:
        """z3's answer. `hidden`: parts that the claim has parameters for; `ranges`: what is known of those."""
        query = Query(self.options.timeout_ms, self.known.laws)
        query.notes += [f"{leaf_name(stand_in)} is {Writer().term(part)}" for part, stand_in in hidden.items()]
        for part in claim.parts:
            (query.writer.declare if claim.lemmas else query.define)(part)
        claims = (*(Apply("eq", pair) for pair in claim.equal), *claim.holds)
        if claim.lemmas:
            return query.prove(claims, claim.lemmas)
        self.assume_known(query, [query.writer.expand(e) for e in claims], query.ordered(claims))
        for value, interval in ranges.items():
            query.assume(value, interval)
        for e in claim.given:
            query.where_defined(e)
        for c in claim.where:
            query.given[query.formula(c)] = None
        return query.prove(claims)

    def assume_known(self, query: Query, exprs: Sequence[Expr], ordered: bool) -> None:
        """The ranges of summaries, ends that are bottoms excluded, and of constants; where order matters, how summaries bound the element."""
        safe = dict(self.item.safe)
        elements = frozenset(x for e in exprs for x in element_leaves(e))
        extremes = {a.name: a.basis for a in self.item.accumulators if a.op in ("max", "min")}
        for leaf in dict.fromkeys(x for e in exprs for x in walk(e) if isinstance(x, Param | RankShape)):
            summary = self.known.summaries.get(summary_of(leaf.name)) if isinstance(leaf, Param) else None
            values = self.known.interval(leaf) if summary is None else summary.range
            if summary is not None and summary.name in safe:
                values = Interval(values.low, values.high, True, True)
            query.assume(leaf, values)
            if isinstance(leaf, Param) and leaf.name.partition("@")[0] in extremes:
                self.assume_between(query, leaf, extremes[leaf.name.partition("@")[0]])
            if summary is not None and ordered:
                for form, relation in (*((f, "le") for f in summary.above), *((f, "ge") for f in summary.below)):
                    if elements.issuperset(form[0]) and elements:
                        bound = exact_sum([*((k, a) for a, k in form[0].items()), *([(form[1], ONE)] if form[1] else [])])
                        query.assume_that(Apply(relation, (bound, leaf)))

    def assume_between(self, query: Query, leaf: Expr, basis: Expr) -> None:
        """An extreme of elements lies between the summaries that lie above and below each of them."""
        form = linear(basis)
        for summary in self.known.summaries.values():
            if form in summary.above:
                query.assume_that(Apply("ge", (Param(summary.name), leaf)))
            if form in summary.below:
                query.assume_that(Apply("le", (Param(summary.name), leaf)))

    # sympy -------------------------------------------------------------------------------------------------------------

    def normal_forms_agree(self, claim: Claim) -> bool:
        """Whether both sides of each equality have one normal form, and a value wherever the equality is claimed, which normal forms do not ask."""
        if claim.holds or not claim.equal:
            return False
        query = Query(0)
        for part in claim.parts:
            query.define(part)
        bridge = Bridge(self.sign, opaque=True)
        pairs = [(query.writer.expand(a), query.writer.expand(b)) for a, b in claim.equal]
        if not all(_zero(bridge.to_sympy(a) - bridge.to_sympy(b)) for a, b in pairs):
            return False
        provided = {c for e in claim.given for c in conditions(query.writer.expand(e))}
        needed = tuple(dict.fromkeys(c for pair in pairs for e in pair for c in conditions(e) if c not in provided))
        return not needed or self.ask(replace(claim, equal=(), holds=needed)).result == "proved"

    def sign(self, e: Expr) -> Sign:
        """Of a leaf or an opaque part, at points where the correction is evaluated: bottoms have been replaced."""
        interval = self.known.interval(rename_params(e, summary_of))
        if interval.positive or (interval.nonnegative and isinstance(e, Param) and summary_of(e.name) in dict(self.item.safe)):
            return "positive"
        return "nonnegative" if interval.nonnegative else "real"


def _obligation(claim: Claim, answer: Answer) -> Obligation:
    return Obligation(claim.name, claim.statement, answer.result, "z3", answer.smtlib, answer.seconds)


def largest_parts_without(e: Expr, names: Iterable[str]) -> list[Expr]:
    """The largest parts of an expression in which none of these parameters occurs, numbers aside; each once."""
    inside = set(names)
    if inside.isdisjoint(params(e)):
        return [] if isinstance(e, Num) else [e]
    return list(dict.fromkeys(part for a in (e.args if isinstance(e, Apply) else ()) for part in largest_parts_without(a, inside)))


def _zero(difference: Any) -> bool:
    sp = sympy()
    expanded = sp.expand(difference)
    if expanded == 0:
        return True
    return bool(sp.count_ops(expanded) <= MAX_OPERATIONS and sp.simplify(expanded) == 0)
