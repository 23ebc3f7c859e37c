"""Einsums written where each summary has an old and a new value: bases, corrections and running values, nothing computed twice.

A loop's body is one such place (old: before the tile, new: after it), the merge of parts another (old: a part's own, new: the whole's).
Sub-expressions that are shared, or that have fewer ranks than what they stand in, become Einsums of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from xdsl.ir import Operation, SSAValue

from ..algebra.affine import Affine, Comparison
from ..algebra.derivation import OLD, Derived
from ..algebra.expr import Access, Apply, Expr, Num, Param, map_leaves, substitute_params, walk
from ..dialects.notation import Reduction
from .links import Link
from .plain_form import element_of, number, scalar_of
from .tensors import TensorTable, read_ranks


@dataclass(frozen=True)
class Reading:
    """A value of a summary or accumulator: the tensor, and the leading subscripts that choose its part."""

    value: SSAValue
    lead: tuple[Affine, ...] = ()


Running = Mapping[str, tuple[Reading, Reading]]
"""A summary's name -> its old and its new value."""


class Place:
    """Einsums in the making, in order, for one place where summaries have an old and a new value."""

    def __init__(
        self,
        table: TensorTable,
        safe: Mapping[str, Mapping[str, Expr]],
        localise: Callable[[Expr], Expr] = lambda e: e,
        fixed: frozenset[str] = frozenset(),
        lead: tuple[Affine, ...] = (),
        inner: str | None = None,
    ):
        """`safe`: what stands for summaries in a guarded link; `localise`: how elements are read here; `fixed`: ranks that are one coordinate here.

        `lead` numbers the parts: a first dimension. `inner` numbers a tile's elements, and stands before the innermost dimension of a result.
        """
        self.table, self.safe, self.localise, self.fixed, self.lead, self.inner = table, safe, localise, fixed, lead, inner
        self.operations: list[Operation] = []
        self.running: dict[str, tuple[Reading, Reading]] = {}
        self.names: dict[Expr, str] = {}
        self.occurs: Counter[Expr] = Counter()
        self.emitted: dict[tuple[Expr, tuple[Comparison, ...]], Access] = {}

    def half_bound(self, expression: Expr, link: Link) -> Expr:
        """Constants and elements bound, summaries still parameters: comparable between links."""
        needed = {n.name for n in link.needs}
        constants = {n: e for n, e in link.bindings.items() if n not in needed}
        return self.localise(substitute_params(substitute_params(expression, self.safe.get(link.name, {})), constants))

    def count(self, links: Iterable[tuple[Link, Derived]], *, bases: bool) -> None:
        """Note which sub-expressions occur how often, over all that is to be written."""
        for link, derived in links:
            entries = [e for row in derived.correction for e in row if e is not None and derived.rebased_on]
            roots = [*(a.basis for a in derived.accumulators if bases), *entries]
            for root in {self.half_bound(e, link): None for e in roots}:
                self.occurs.update(e for e in walk(root) if isinstance(e, Apply))

    def bind(self, expression: Expr, link: Link) -> Expr:
        """Everything bound: summaries to their new values, `NAME.old` to their old ones."""

        def leaf(e: Expr) -> Expr:
            if not isinstance(e, Param):
                return e
            name = e.name.removesuffix(OLD)
            bound = link.bindings[name]
            if not isinstance(bound, Access):
                raise ValueError(f"summary '{name}' is read as an expression")
            reading = self.running[name][0 if e.name.endswith(OLD) else 1]
            return self.table.access(reading.value, (*reading.lead, *bound.subscripts))

        return map_leaves(expression, leaf)

    def split(self, half: Expr, link: Link, root: frozenset[str], where: tuple[Comparison, ...], *, top: bool = True, occurs: int = 1) -> Expr:
        """Bind an expression that stands in one with the ranks `root` and that occurs so many times.

        Parts with fewer ranks, and parts that occur more often, are emitted as Einsums of their own.
        """
        if not isinstance(half, Apply):
            return self.bind(half, link)
        bound = self.bind(half, link)
        reads = any(isinstance(e, Access) for e in walk(bound))
        smaller = not top and self.ranks(bound) < root
        if reads and (smaller or self.occurs[half] > occurs):
            return self._own(half, bound, link, where)
        return Apply(half.op, tuple(self.split(a, link, root, where, top=False, occurs=occurs) for a in half.args), half.merge)

    def ranks(self, bound: Expr) -> frozenset[str]:
        """The ranks an expression has here, without those that are one coordinate."""
        return frozenset(read_ranks(bound)) - self.fixed

    def _own(self, half: Expr, bound: Expr, link: Link, where: tuple[Comparison, ...]) -> Access:
        ranks = self.ranks(bound)
        kept = tuple(c for c in where if set(c.ranks) <= ranks | self.fixed)
        key = (bound, kept)
        if key not in self.emitted:
            order = [r for r in self._rank_order(link) if r in ranks]
            out = tuple(Affine.rank(r) for r in (*order, *(r for r in read_ranks(bound) if r in ranks and r not in order)))
            inner = bound
            if isinstance(half, Apply):
                occurs = max(1, self.occurs[half])
                inner = Apply(half.op, tuple(self.split(a, link, ranks, kept, top=False, occurs=occurs) for a in half.args), half.merge)
            made = self.add(out, inner, link, self.names.get(half, f"L{link.name}_map"), where=kept)
            self.emitted[key] = self.table.access(made, out)
        return self.emitted[key]

    def _rank_order(self, link: Link) -> list[str]:
        """The parts', then kept ranks before the tile's, the way the result lists them, with the innermost last: [m2, b, h, m0, p]."""
        outs = [s.ranks[0] for s in link.op.out.data if s.ranks]
        needed = [s.ranks[0] for n in link.needs for s in n.op.out.data if s.ranks]
        shared = [r for r in outs if r in needed] or outs
        lead = [r for s in self.lead for r in s.ranks]
        inner = () if self.inner is None else (self.inner,)
        return [*lead, *shared[:-1], *inner, *shared[-1:]]

    def corrected(self, link: Link, derived: Derived, accumulated: Sequence[Access], position: int) -> Expr:
        """Old accumulators, corrected to the summaries' new values: the sum over l of K[position][l] (x) A_l."""
        op = derived.accumulators[position].op
        if not derived.rebased_on or derived.times is None:
            return accumulated[position]
        total: Expr | None = None
        for entry, value in zip(derived.correction[position], accumulated, strict=True):
            if entry is None:
                continue
            factor = self._factor(entry, link)
            term = value if factor is None else Apply(derived.times, (value, factor))
            total = term if total is None else Apply(scalar_of(op), (total, term))
        return number(derived.accumulators[position].identity) if total is None else total

    def _factor(self, entry: Expr, link: Link) -> Expr | None:
        """A correction's entry as something to read; None where it is 1, the identity of multiplication."""
        if entry == Num(1):
            return None
        half = self.half_bound(entry, link)
        bound = self.bind(half, link)
        if not isinstance(half, Apply) or not any(isinstance(e, Access) for e in walk(bound)):
            return bound
        self.names.setdefault(half, "P" + "".join(n.name for n in link.needs if _mentions(entry, n.name)))
        return self._own(half, bound, link, ())

    def summary(self, link: Link, derived: Derived, accumulated: Mapping[str, Access], which: int, name: str, lead: tuple[Affine, ...]) -> Reading:
        """A summary's running value, from its accumulators and others' old (`which` 0) or new values (1), for each coordinate of `lead`."""

        def leaf(e: Expr) -> Expr:
            if not isinstance(e, Param):
                return e
            if e.name in accumulated:
                return accumulated[e.name]
            bound = link.bindings[e.name]
            if e.name in self.running and isinstance(bound, Access):
                reading = self.running[e.name][which]
                return self.table.access(reading.value, (*reading.lead, *bound.subscripts))
            return bound

        out = (*lead, *link.op.out.data)
        expression = map_leaves(derived.running, leaf)
        if isinstance(expression, Access) and expression.subscripts == out:
            return Reading(self.table.value(expression), lead)
        return Reading(self.add(out, expression, link, name), lead)

    def add(
        self,
        out: Sequence[Affine],
        expression: Expr,
        link: Link,
        name: str,
        *,
        reduce: Sequence[Reduction] = (),
        where: Sequence[Comparison] = (),
    ) -> SSAValue:
        op = self.table.compute(out, expression, element_of(link), reduce=reduce, where=where, like=link.op, name=name)
        self.operations.append(op)
        return op.results_[0]


def _mentions(expression: Expr, name: str) -> bool:
    return any(isinstance(e, Param) and e.name.removesuffix(OLD) == name for e in walk(expression))
