"""From a chain of dependent reductions to one pass: the engine behind `einsum-online`, `einsum-defer` and `einsum-one-pass`.

Each reduction in turn is separated into a summary part and an element part, put into the form the stability rule chooses, and tested
against the original. What cannot be separated is refused with the reason. Theory and sources: docs/theory.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from .bottoms import safety
from .build import ONE, product
from .checking import proved, tested
from .derivation import COUNT, DEFAULT_OPTIONS, Accumulator, Derived, Form, Obligation, Options, Reduction, Refusal
from .emptiness import emptiness, empty_value
from .evaluate import float_functions
from .expr import Apply, Expr, Num, Param, walk
from .fallback import NotFound, from_values
from .forms import carried_form
from .invariants import Invariants
from .laws import DEFAULT_LAWS, ORDER_AS, Laws
from .memo import Canonical, canonical, remembered
from .ordered import NotOrdered, Ordered
from .probe import counterexamples
from .scope import Scope, params
from .semiring import distributed, product_reduction
from .stability import Unstable
from .terms import NotSeparable


def derive_chain(
    reductions: Sequence[Reduction],
    laws: Laws = DEFAULT_LAWS,
    options: Options = DEFAULT_OPTIONS,
    counts: Sequence[Expr] = (),
    late: Iterable[str] = (),
) -> tuple[Derived | Refusal, ...]:
    """Derive what can be computed in one traversal of the fiber, for reductions in order of dependence.

    `counts` are leaves (numbers, rank shapes, constants) that are known to equal the number of elements visited in every fiber: a sum divided by
    one of them is a mean, and is rebased on as the mean of what was seen so far. `late` names constants of the fiber that are known only after its
    elements were traversed: nothing that is carried depends on them.

    Chains that are equal up to the names of tensors, summaries and constants are derived once. Raises ValueError if a name occurs
    twice or a body mentions a later reduction.
    """
    names = [r.name for r in reductions]
    for i, r in enumerate(reductions):
        if names.index(r.name) != i:
            raise ValueError(f"two reductions are named {r.name}")
        later = [p for p in params(r.body) if p in names[i:]]
        if later:
            raise ValueError(f"reduction {r.name} uses {later[0]}, which is not an earlier reduction")
    key = canonical(reductions, laws, counts, late)
    found = remembered(key, options, lambda: _derive(key, options))
    return tuple(key.restore(item) for item in found)


def _derive(key: Canonical, options: Options) -> tuple[Derived | Refusal, ...]:
    """Once to see which sums are rebased on as means, and again if there are any."""
    chain = Chain(key.laws, options, key.counted, late=set(key.late))
    results = chain.derive(key.reductions)
    if not chain.means:
        return results
    return Chain(key.laws, options, key.counted, chain.means, late=set(key.late)).derive(key.reductions)


@dataclass
class Chain:
    """The state of one derivation: what is known of the summaries so far."""

    laws: Laws
    options: Options
    counted: bool = False
    means: set[str] = field(default_factory=set[str])
    known: Invariants = field(init=False)
    late: set[str] = field(default_factory=set[str])
    results: list[Derived | Refusal] = field(default_factory=list[Derived | Refusal])

    def derive(self, reductions: Sequence[Reduction]) -> tuple[Derived | Refusal, ...]:
        self.known = Invariants(Scope((*sorted(self.late), *(r.name for r in reductions))), self.laws, self.counted)
        for name in sorted(self.late):
            self.known.add_late(name)
        for r in reductions:
            self.record(self.one(r))
        return tuple(self.results)

    def record(self, item: Derived | Refusal) -> None:
        """Test the new item together with those before it, refuse it if it is wrong, and attach what is known of its summary."""
        r = item.reduction
        if isinstance(item, Derived) and self.options.check:
            item = tested(item, self.results, self.laws)
        if isinstance(item, Derived) and self.options.prove:
            item = proved(item, self.known, self.options)
        self.results.append(item)
        total = False
        if isinstance(item, Derived) and not item.waits_for:
            total = self.known.defined(item.final) is None
        else:
            self.late.add(r.name)
        self.known.add(r.name, r.op, r.body, total)

    def one(self, r: Reduction) -> Derived | Refusal:
        """Derive one reduction from those before it."""
        identity = self.laws.identity(r.op)
        if identity is None or not self.laws.reduces(r.op):
            return Refusal(r, f"{r.op} is not a commutative, associative operator with an identity")
        broken = [text for op in operators(r) for text in self.broken(op)]
        if broken:
            return Refusal(r, broken[0])
        body = r.body
        needed = self.known.scope.of(body).summaries
        if not needed:
            accumulator = Accumulator(f"{r.name}.0", r.op, identity, r.body)
            if r.name in self.means and r.op == "add":
                return self.estimated(r, accumulator)
            return self.uncorrected(r, "base", (accumulator,), Param(accumulator.name), "it depends on no other reduction")
        try:
            if r.op in ORDER_AS:
                ordered = Ordered(r.name, r.op, self.known)
                final = ordered.final(body)
                why = "it is monotone in the elements, so their extremes are carried and the summaries applied at the end"
                return self.uncorrected(r, "ordered", tuple(ordered.accumulators), final, why)
            if r.op == "add":
                return self.summed(r, body)
            if r.op == "mul":
                accumulators, final = product_reduction(r.name, body, self.known)
                why = "the factor that all elements share comes out as a power of their count"
                return self.uncorrected(r, "deferred", accumulators, final, why)
            split = distributed(r.name, r.op, body, self.known)
            if split is not None:
                why = f"{split[2]} distributes over {r.op}, so the summaries are applied at the end"
                return self.uncorrected(r, "deferred", split[0], split[1], why, split[2])
            return Refusal(r, f"no law takes the summaries out of {r.op}")
        except NotSeparable as e:
            return self.inseparable(r, body, e)
        except NotOrdered as e:
            return Refusal(r, f"not monotone in the elements: {e}")
        except Unstable as e:
            return Refusal(r, str(e), centre=e.centre)

    def estimated(self, r: Reduction, accumulator: Accumulator) -> Derived:
        """A sum that is rebased on as a mean: it also counts, and on a prefix it is scaled up to the whole fiber."""
        seen = Accumulator(f"{r.name}.1", "add", 0.0, ONE)
        why = "it depends on no other reduction; a mean of what was seen stands for it on a prefix"
        derived = self.uncorrected(r, "base", (accumulator, seen), Param(accumulator.name), why)
        estimate = product([(Param(accumulator.name), 1), (COUNT, 1), (Param(seen.name), -1)])
        return replace(derived, k=1, empty=Apply("eq", (Param(seen.name), Num(0))), estimate=estimate)

    def broken(self, op: str) -> tuple[str, ...]:
        """Declared laws of a user's operator that its body breaks."""
        user = self.laws.user(op)
        return () if user is None else counterexamples(user, self.laws)

    def inseparable(self, r: Reduction, body: Expr, failure: NotSeparable) -> Derived | Refusal:
        """Structure does not separate it: for a sum, the rank gate, and what numbers can find."""
        if r.op != "add":
            return Refusal(r, f"its elements and summaries do not separate: {failure.why}")
        if any(self.known.summaries[n].op == "late" for n in self.known.scope.of(body).summaries):  # no numbers are known that it may have
            return Refusal(r, f"its elements and summaries do not separate: {failure.why}")
        found = from_values(r.name, self.laws.inline(body), self.known, self.options, frozenset(self.late), float_functions(self.laws))
        if isinstance(found, NotFound):
            return Refusal(r, f"its elements and summaries do not separate: {failure.why}; {found.reason}", found.certificate)
        derived = self.uncorrected(r, "deferred", found.accumulators, found.final, found.why, "mul")
        if found.correction is None:
            return derived
        return self.corrected(derived, found.correction, found.rebased_on)

    def summed(self, r: Reduction, body: Expr) -> Derived | Refusal:
        """A sum: T1 or T2, by the stability rule."""
        late = frozenset(self.late)
        form = carried_form(r, body, self.known, self.options, late)
        if len(form.accumulators) > 1 and form.independent(body, self.known, float_functions(self.laws)) < len(form.accumulators):
            expanded = carried_form(r, body, self.known, replace(self.options, numerics="fast"), late)
            if len(expanded.accumulators) < len(form.accumulators):
                form = expanded
        self.means.update(form.means)
        if not form.rebased_on:
            why = ("the summaries factor out of the sum and are applied at the end", *form.notes)
            return self.uncorrected(r, "deferred", form.accumulators, form.final, "; ".join(why), "mul")
        follow = f"carried terms follow the running {', '.join(form.rebased_on)}, which keeps them in range; the rest is applied at the end"
        derived = self.uncorrected(r, "rebased", form.accumulators, form.final, "; ".join((follow, *form.notes)), "mul")
        return replace(self.corrected(derived, form.correction, form.rebased_on), centre=form.wish)

    def corrected(self, derived: Derived, correction: tuple[tuple[Expr | None, ...], ...], rebased: tuple[str, ...]) -> Derived:
        """The rebased form: with its correction, and made safe at the bottoms of the summaries."""
        safe = safety(derived.accumulators, correction, rebased, self.known, float_functions(self.laws))
        found = (
            Obligation("shift", "moving the summaries moves the carried terms by the correction matrix", "proved", "by construction from the laws"),
            Obligation("defined", "the correction is finite at every reachable value of the summaries", "proved", "intervals under invariants"),
            Obligation("bottom", "where a summary is at its bottom the correction is still exact", "tested", f"evaluation there: {safe.found}"),
        )
        return replace(
            derived,
            form="rebased",
            correction=safe.correction,
            rebased_on=rebased,
            safe=safe.safe,
            starts_safe=safe.starts_safe,
            obligations=found,
        )

    def uncorrected(
        self, r: Reduction, form: Form, accumulators: tuple[Accumulator, ...], final: Expr, why: str, times: str | None = None
    ) -> Derived:
        """A derivation whose accumulators are simply folded."""
        size = range(len(accumulators))
        identity_matrix = tuple(tuple(Num(1) if i == j else None for j in size) for i in size)
        identity = self.laws.identity(r.op)
        start = 0.0 if identity is None else identity
        waits = tuple(p for p in params(final) if p in self.late)
        empty_safe = empty_value(accumulators, final, self.known) == start
        empty = None if empty_safe else emptiness(accumulators, final, self.known)
        return Derived(
            r, form, len(accumulators), accumulators, identity_matrix, times, final, (), (), why, (), True, empty_safe, empty, waits, start
        )


def operators(r: Reduction) -> tuple[str, ...]:
    """The operators of a reduction: its own and those of its body."""
    return tuple(dict.fromkeys((r.op, *(e.op for e in walk(r.body) if isinstance(e, Apply)))))
