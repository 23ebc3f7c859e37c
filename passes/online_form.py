"""Emitting a derived chain as one traversal: a loop over tiles of the rank that carries accumulators.

In the loop every accumulator is a state. A tile contributes a reduction of the accumulator's basis over the tile; where the basis
depends on a running summary, what was accumulated before is first corrected to the summary's new value. Sub-expressions that are
shared, or that have fewer ranks than what they stand in, become Einsums of their own, so nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.ir import Block, Region, SSAValue

from ..algebra.affine import Affine, Comparison
from ..algebra.derivation import Derived
from ..algebra.expr import Access, Apply, Expr, Num, Param, RankValue, affine_value, map_leaves, substitute_params, walk
from ..dialects.einsum import ComputeOp, IterateOp, YieldOp
from ..dialects.einsum_attrs import NumberAttr, SubscriptsAttr
from ..dialects.einsum_scope import tensor_of
from ..dialects.notation import Reduction
from .bottoms import leaves_bottom
from .chains import Link
from .plain_form import Finals, accumulator_out, element_of, number, numbered, scalar_of
from .tensors import TensorTable, read_ranks
from .tiling import Sharing, State, Tiling


class LoopEmitter:
    """Builds `einsum.iterate` over the tiles of a chain's rank."""

    def __init__(self, table: TensorTable, links: Sequence[tuple[Link, Derived]], tiling: Tiling, sunk: Sequence[ComputeOp]):
        """`sunk` are the Einsums that make the chain's elements and have no other use; they move into the loop."""
        self.table, self.links, self.tiling, self.sunk = table, links, tiling, sunk
        self.local: dict[SSAValue, SSAValue] = {}
        self.running: dict[str, tuple[SSAValue, SSAValue]] = {}
        self.sharing = Sharing()
        self.names: dict[Expr, str] = {}
        self.safe: dict[str, dict[str, Expr]] = {
            link.name: dict(derived.safe) for link, derived in links if derived.safe and not self._starts(link, derived)
        }
        self.moving = self._moving()
        self.block = Block()

    def _moving(self) -> set[str]:
        """The summaries whose running values the loop needs: those rebased on, and those that give their running values."""
        named = {link.name: derived for link, derived in self.links}
        found: set[str] = set()
        waiting = [name for derived in named.values() for name in derived.rebased_on]
        while waiting:
            name = waiting.pop()
            if name in named and name not in found:
                found.add(name)
                waiting += [e.name for e in walk(named[name].running) if isinstance(e, Param)]
        return found

    def _guarded(self, form: Expr) -> list[Expr]:
        """The form with the summaries of each guarded link replaced by what stands for them before they have a value."""
        return [substitute_params(form, replacements) for replacements in self.safe.values()]

    def _starts(self, link: Link, derived: Derived) -> bool:
        """Whether the first tile surely brings every summary rebased on off its bottom, so that no replacement is needed."""
        summaries = [other for other, _ in self.links if other.name in derived.rebased_on]
        first = Affine.rank(self.tiling.inner)
        return derived.starts_safe and all(leaves_bottom(s, self.tiling.rank, first, self.table) for s in summaries)

    def emit(self, forms: Mapping[Expr, str]) -> tuple[IterateOp, Finals]:
        """The loop, and the summaries' final values; `forms` names expressions by the Einsums that computed them before."""
        states = self._states()
        guards = {e: f"S{name}" for replacements in self.safe.values() for name, e in replacements.items()}
        for op in self.sunk:
            self._sink(op)
        self.names = {self.localise(f): f"L{name}" for form, name in forms.items() for f in (form, *self._guarded(form))}
        self.names |= {self.localise(e): name.replace(".old", "_old") for e, name in guards.items()}
        self._count()
        by_name = {s.accumulator.name: s for s in states}
        for link, derived in self.links:
            own = [by_name[a.name] for a in derived.accumulators]
            self._update(link, derived, own)
            self._run(link, derived, by_name)
        self.block.add_op(YieldOp([self._next(s) for s in states], [SubscriptsAttr(s.out) for s in states]))
        iterate = IterateOp(
            self.tiling.outer,
            [],
            [SubscriptsAttr(s.out) for s in states],
            [NumberAttr(number(s.accumulator.identity).value) for s in states],
            Region(self.block),
            [s.argument.type for s in states],
        )
        iterate.location = self.links[-1][0].op.location
        finals = Finals(self.table, self.links)
        for state, result in zip(states, iterate.results_, strict=True):
            result.name_hint = state.link.op.results_[0].name_hint if self._is_summary(state) else f"A{str(state.argument.name_hint)[1:]}"
            finals.accumulators[state.accumulator.name] = self.table.access(result, state.out)
        return iterate, finals

    def _states(self) -> list[State]:
        states: list[State] = []
        for link, derived in self.links:
            for position, accumulator in enumerate(derived.accumulators):
                out = accumulator_out(link, accumulator.basis)
                shape = [s.bounds(self.table.sizes)[1] + 1 for s in out]
                argument = self.block.insert_arg(TensorType(element_of(link), shape), len(self.block.args))
                argument.name_hint = numbered(f"R{link.name}", position, len(derived.accumulators))
                states.append(State(link, accumulator, out, argument))
        return states

    def _is_summary(self, state: State) -> bool:
        """Whether an accumulator is its summary, with nothing to apply at the end."""
        derived = next(d for link, d in self.links if link is state.link)
        return derived.final == Param(state.accumulator.name) and state.out == state.link.op.out.data

    @staticmethod
    def _next(state: State) -> SSAValue:
        if state.next is None:
            raise ValueError(f"accumulator '{state.accumulator.name}' was not updated")
        return state.next

    def localise(self, expression: Expr) -> Expr:
        """The expression as the loop's body reads it: this tile's coordinates, and the tile's own elements where they are made here."""
        inner, outer = {self.tiling.rank: Affine.rank(self.tiling.inner)}, {self.tiling.rank: self.tiling.coordinate}

        def leaf(e: Expr) -> Expr:
            if isinstance(e, Access):
                value = self.table.value(e)
                if value in self.local:
                    return self.table.access(self.local[value], [s.substitute(inner) for s in e.subscripts])
                return Access(e.tensor, tuple(s.substitute(outer) for s in e.subscripts))
            if isinstance(e, RankValue) and e.rank == self.tiling.rank:
                return affine_value(self.tiling.coordinate)
            return e

        return map_leaves(expression, leaf)

    def _filter(self, where: Iterable[Comparison]) -> tuple[Comparison, ...]:
        return (*(c.substitute({self.tiling.rank: self.tiling.coordinate}) for c in where), *self.tiling.ragged)

    def _sink(self, op: ComputeOp) -> None:
        expression = self.localise(self.table.lift(op.map.data, op.operands_))
        out = [s.substitute({self.tiling.rank: Affine.rank(self.tiling.inner)}) for s in op.out.data]
        where = self._filter(op.where.data if op.where is not None else ())
        element = tensor_of(op.results_[0]).get_element_type()
        reduce = op.reduce.data if op.reduce is not None else ()
        name = op.results_[0].name_hint
        made = self.table.compute(out, expression, element, reduce=reduce, where=where, empty=op.empty, like=op, name=name)
        self.block.add_op(made)
        self.local[op.results_[0]] = made.results_[0]

    def _half_bound(self, expression: Expr, link: Link) -> Expr:
        """Constants and elements bound, summaries still parameters: comparable between links."""
        needed = {n.name for n in link.needs}
        constants = {n: e for n, e in link.bindings.items() if n not in needed}
        return self.localise(substitute_params(substitute_params(expression, self.safe.get(link.name, {})), constants))

    def _count(self) -> None:
        for link, derived in self.links:
            entries = [e for row in derived.correction for e in row if e is not None and derived.rebased_on]
            roots = {self._half_bound(e, link): None for e in (*(a.basis for a in derived.accumulators), *entries)}
            for root in roots:
                self.sharing.occurs.update(e for e in walk(root) if isinstance(e, Apply))

    def _bind(self, expression: Expr, link: Link) -> Expr:
        """Everything bound: summaries to their running values, `NAME.old` to what they were before this tile."""

        def leaf(e: Expr) -> Expr:
            if not isinstance(e, Param):
                return e
            old = e.name.endswith(".old")
            name = e.name.removesuffix(".old")
            bound = link.bindings[name]
            if not isinstance(bound, Access):
                raise ValueError(f"summary '{name}' is read as an expression")
            return self.table.access(self.running[name][0 if old else 1], bound.subscripts)

        return map_leaves(expression, leaf)

    def _split(self, half: Expr, link: Link, root: frozenset[str], where: tuple[Comparison, ...], *, top: bool = True, occurs: int = 1) -> Expr:
        """Bind an expression that stands in one with the ranks `root` and that occurs so many times.

        Parts with fewer ranks, and parts that occur more often, are emitted as Einsums of their own.
        """
        if not isinstance(half, Apply):
            return self._bind(half, link)
        bound = self._bind(half, link)
        reads = any(isinstance(e, Access) for e in walk(bound))
        smaller = not top and frozenset(read_ranks(bound)) - {self.tiling.outer} < root
        if reads and (smaller or self.sharing.occurs[half] > occurs):
            return self._own(half, bound, link, where)
        return Apply(half.op, tuple(self._split(a, link, root, where, top=False, occurs=occurs) for a in half.args), half.merge)

    def _own(self, half: Expr, bound: Expr, link: Link, where: tuple[Comparison, ...]) -> Access:
        ranks = frozenset(read_ranks(bound)) - {self.tiling.outer}
        kept = tuple(c for c in where if set(c.ranks) <= ranks | {self.tiling.outer})
        key = (bound, kept)
        if key not in self.sharing.emitted:
            order = [r for r in self._rank_order(link) if r in ranks]
            out = tuple(Affine.rank(r) for r in (*order, *(r for r in read_ranks(bound) if r in ranks and r not in order)))
            inner = bound
            if isinstance(half, Apply):
                inner = Apply(
                    half.op,
                    tuple(self._split(a, link, ranks, kept, top=False, occurs=max(1, self.sharing.occurs[half])) for a in half.args),
                    half.merge,
                )
            name = self.names.get(half, f"L{link.name}_map")
            op = self.table.compute(out, inner, element_of(link), where=kept, like=link.op, name=name)
            self.block.add_op(op)
            self.sharing.emitted[key] = self.table.access(op.results_[0], out)
        return self.sharing.emitted[key]

    def _rank_order(self, link: Link) -> list[str]:
        """Kept ranks before the tile's, the way the result lists them, with the innermost last: [b, h, m0, p]."""
        outs = [s.ranks[0] for s in link.op.out.data if s.ranks]
        needed = [s.ranks[0] for n in link.needs for s in n.op.out.data if s.ranks]
        shared = [r for r in outs if r in needed] or outs
        return [*shared[:-1], self.tiling.inner, *shared[-1:]]

    def _update(self, link: Link, derived: Derived, own: Sequence[State]) -> None:
        where = self._filter(link.where)
        reduced = tuple(self.tiling.inner if r == self.tiling.rank else r for r in link.reduced)
        for position, state in enumerate(own):
            half = self._half_bound(state.accumulator.basis, link)
            every = (frozenset(read_ranks(half)) | {s.ranks[0] for s in state.out} | {self.tiling.inner}) - {self.tiling.outer}
            basis = self._split(half, link, every, where)
            reduce = (Reduction(state.accumulator.op, reduced),)
            name = numbered(f"L{link.name}", position, len(derived.accumulators))
            tile = self._add(state.out, basis, link, name, reduce=reduce, where=where)
            previous = self._corrected(link, derived, own, position)
            combined = Apply(scalar_of(state.accumulator.op), (self.table.access(tile, state.out), previous))
            name = numbered(f"R{link.name}_next", position, len(derived.accumulators))
            state.next = self._add(state.out, combined, link, name)

    def _corrected(self, link: Link, derived: Derived, own: Sequence[State], position: int) -> Expr:
        """What was accumulated before, corrected to the summaries' new values: the sum over l of K[position][l] (x) A_l."""
        state = own[position]
        if not derived.rebased_on or derived.times is None:
            return self.table.access(state.argument, state.out)
        total: Expr | None = None
        for entry, other in zip(derived.correction[position], own, strict=True):
            if entry is None:
                continue
            accumulated = self.table.access(other.argument, other.out)
            factor = self._factor(entry, link)
            term = accumulated if factor is None else Apply(derived.times, (accumulated, factor))
            total = term if total is None else Apply(scalar_of(state.accumulator.op), (total, term))
        if total is None:
            return number(state.accumulator.identity)
        if isinstance(total, Access):
            return total
        value = self._add(state.out, total, link, numbered(f"P{link.name}", position, len(derived.accumulators)))
        return self.table.access(value, state.out)

    def _factor(self, entry: Expr, link: Link) -> Expr | None:
        """A correction's entry as something to read; None where it is 1, the identity of multiplication."""
        if entry == Num(1):
            return None
        half = self._half_bound(entry, link)
        bound = self._bind(half, link)
        if not isinstance(half, Apply) or not any(isinstance(e, Access) for e in walk(bound)):
            return bound
        self.names.setdefault(half, "P" + "".join(n.name for n in link.needs if _mentions(entry, n.name)))
        return self._own(half, bound, link, ())

    def _run(self, link: Link, derived: Derived, by_name: dict[str, State]) -> None:
        """Make the running values of a summary, before and after this tile, if something is rebased on it."""
        if link.name not in self.moving:
            return
        values: list[SSAValue] = []
        for which in (0, 1):
            own = [by_name[a.name] for a in derived.accumulators]
            accumulated = {s.accumulator.name: self.table.access(self._next(s) if which else s.argument, s.out) for s in own}

            def leaf(e: Expr, which: int = which, accumulated: dict[str, Access] = accumulated) -> Expr:
                if not isinstance(e, Param):
                    return e
                if e.name in accumulated:
                    return accumulated[e.name]
                bound = link.bindings[e.name]
                if e.name in self.running and isinstance(bound, Access):
                    return self.table.access(self.running[e.name][which], bound.subscripts)
                return bound

            expression = map_leaves(derived.running, leaf)
            if isinstance(expression, Access) and expression.subscripts == link.op.out.data:
                values.append(self.table.value(expression))
            else:
                values.append(self._add(link.op.out.data, expression, link, f"{link.name}_{'now' if which else 'before'}"))
        self.running[link.name] = (values[0], values[1])

    def _add(
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
        self.block.add_op(op)
        return op.results_[0]


def _mentions(expression: Expr, name: str) -> bool:
    return any(isinstance(e, Param) and e.name.removesuffix(".old") == name for e in walk(expression))
