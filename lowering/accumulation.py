"""A reduction over loops: each iteration reduces its own tile, and a state carried along the loop puts the parts together."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from ..algebra.affine import Affine
from ..algebra.expr import Access, Apply, Expr, Num, affine_value
from ..algebra.operators import REDUCTION_OPERATORS
from ..analysis import remarks
from ..dialects.accel_attrs import When
from ..dialects.accel_body import UpdateOp
from ..dialects.accel_mix import unit_of
from ..dialects.einsum_attrs import NumberAttr
from ..dialects.einsum_verify import find_operator
from .flow import Unfit
from .kernel_builder import KernelBuilder
from .nest import Loop
from .placed import Place
from .program import Einsum


class Accumulator:
    """Emits the tasks of one Einsum that reduces over `loops` (outermost first)."""

    def __init__(self, builder: KernelBuilder, einsum: Einsum, loops: Sequence[Loop]):
        self.builder, self.einsum, self.loops = builder, einsum, loops
        self.last = einsum.reduce[-1]
        known = REDUCTION_OPERATORS.get(self.last.op)
        self.scalar = self.last.op if known is None else known.scalar
        self.indexed = known is not None and known.results == 2
        self.identity = self._declared_identity() if known is None else known.identity
        self.by_tile = any(builder.nest.tile_rank(r) is not None for r in self.last.ranks)
        self.declares_identity = not self.by_tile and builder.plan.leaves_out(einsum)
        self.merge = "pass-through" if einsum.empty is not None or self.declares_identity else None
        """Where a part or the state declares an empty value, they are put together whatever their values are."""
        self.in_one = not self.by_tile and len(einsum.reduce) == 1 and not self.declares_identity and self._can(einsum.place.array)
        """Nothing is reduced within a tile: one task maps and adds to what there is."""
        self.place = self._place()

    def _declared_identity(self) -> float:
        machine = self.builder.machine
        declared = find_operator(machine, self.last.op).laws.data.get("identity")
        return declared.data if isinstance(declared, NumberAttr) else 0

    def _can(self, array: str) -> bool:
        """Whether an array has the operations that put parts together."""
        needed = ("max", "select", "gt", "lt", "or", "add") if self.indexed else (self.scalar,)
        table = self.builder.machine.arrays[array].ops.table
        return all(op.startswith("@") or unit_of(op, table) is not None for op in needed)

    def _place(self) -> Place:
        """Where parts are put together: on the Einsum's own array if its map is part of it or its rows and columns are all kept, else
        beside it."""
        own, kept = self.einsum.place, {r for s in self.einsum.out for r in s.ranks}
        arrays = sorted(self.builder.machine.arrays.values(), key=lambda a: -a.rows.data * a.cols.data)
        beside = [a.sym_name.data for a in arrays if a.sym_name.data != own.array]
        order = [own.array, *beside] if self.in_one or kept.issuperset((*own.rows, *own.cols)) else [*beside, own.array]
        array = next((name for name in order if self._can(name)), None)
        if array is None:
            machine = self.builder.machine.sym_name.data
            remarks.fail(self.einsum.location, f"no array of machine '@{machine}' can put partial results of '{self.last.op}' together")
        rows = tuple(r for r in own.rows if r in kept and self.builder.machine.arrays[array].rows.data > 1)
        cols = [c for c in own.cols if c in kept] or sorted(kept.difference(rows), key=lambda r: (self.builder.plan.sizes[r], r))[-1:]
        return Place(array, rows, tuple(cols))

    def emit(self) -> list[SSAValue]:
        """The tasks; returns the complete results, which are known at the last coordinate of every loop."""
        if self.indexed:
            return self._emit_indexed()
        einsum, builder = self.einsum, self.builder
        where = builder.plan.where(einsum)
        if einsum.place.in_place:
            return [self._continued()]
        if self.in_one:
            return [self._put_together(builder.map_of(einsum), self.loops)]
        [partial] = builder.task(
            einsum,
            builder.map_of(einsum),
            einsum.reduce,
            where,
            empty=self.identity if self.declares_identity else None,
            declares=False,
            label=f"{einsum.name}.part",
        )
        return [self._put_together(self._read(partial), self.loops)]

    def _continued(self) -> SSAValue:
        """The reduction over the innermost loop as one task, whose accumulators start from the state."""
        einsum, builder, loop = self.einsum, self.builder, self.loops[-1]
        if self.declares_identity or self.merge is not None or len(einsum.reduce) > 1 or self.by_tile is False:
            raise Unfit(f"%{einsum.name} cannot continue in the accumulators: it takes more than one reduction over tiles of present elements")
        tensor = einsum.results[0]
        state = builder.state(tensor, builder.plan.tiles[tensor].dims, builder.out(einsum.out), loop.name, self.identity, f"{einsum.name}.before")
        label = einsum.name if len(self.loops) == 1 else f"{einsum.name}.{loop.name}"
        where = builder.plan.where(einsum)
        [total] = builder.task(einsum, builder.map_of(einsum), einsum.reduce, where, onto=state.result, label=label, declares=False)
        builder.add(UpdateOp(state.result, total), einsum.location)
        return total if len(self.loops) == 1 else self._put_together(self._read(total), self.loops[:-1])

    def _read(self, value: SSAValue, position: int = 0) -> tuple[Expr, list[SSAValue]]:
        """A tile of the result's dimensions, element by element."""
        return Access(position, self.builder.out(self.einsum.out)), [value]

    def _put_together(self, part: tuple[Expr, list[SSAValue]], loops: Sequence[Loop]) -> SSAValue:
        """`state = op(state, part)` along the innermost loop, and on what that gives along the next one outside it."""
        loop, outer = loops[-1], loops[:-1]
        builder, einsum = self.builder, self.einsum
        tensor = einsum.results[0]
        dims = builder.plan.tiles[tensor].dims
        state = builder.state(tensor, dims, builder.out(einsum.out), loop.name, self.identity, f"{einsum.name}.before")
        running, operands = self._read(state.result, len(part[1]))
        name = einsum.name if not outer else f"{einsum.name}.{loop.name}"
        [total] = builder.task(
            einsum,
            (Apply(self.scalar, (running, part[0]), self.merge), [*part[1], *operands]),
            when=self._when(loop),
            place=self.place,
            label=name,
            declares=not outer,
        )
        builder.add(UpdateOp(state.result, total), einsum.location)
        return total if not outer else self._put_together(self._read(total), outer)

    def _when(self, loop: Loop) -> When:
        """When partial results are put together along `loop`: at the end of the loops of the reduction that stand inside it."""
        own = self.builder.plan.when(self.einsum)
        inside = [i.name for i in self.loops[self.loops.index(loop) + 1 :]]
        order = [i.name for i in self.builder.nest.loops]
        return When(own.first, tuple(sorted((*own.last, *inside), key=order.index)))

    def _emit_indexed(self) -> list[SSAValue]:
        """argmax and argmin: the best value so far and the coordinate where it stands, the first one on ties."""
        einsum, builder = self.einsum, self.builder
        loop = self.loops[0]
        value, index = builder.task(
            einsum, builder.map_of(einsum), einsum.reduce, builder.plan.where(einsum), declares=False, label=f"{einsum.name}.part"
        )
        dims, out = builder.plan.tiles[einsum.results[0]].dims, builder.out(einsum.out)
        best = builder.state(einsum.results[0], dims, out, loop.name, self.identity, f"{einsum.name}.best")
        at = builder.state(einsum.results[1], dims, out, loop.name, -1, f"{einsum.results[1].name}.best")
        behind = prod(builder.plan.sizes[r] for r in self.last.ranks[1:])
        start = affine_value(Affine(((loop.name, loop.step * behind),)))
        old, new, old_at, new_at = (Access(i, out) for i in range(4))
        here: Expr = Apply("select", (Apply("lt", (new_at, Num(0))), new_at, Apply("add", (new_at, start))))
        better = Apply("gt" if self.scalar == "max" else "lt", (new, old))
        taken = Apply("or", (better, Apply("lt", (old_at, Num(0)))))
        when = self._when(loop)
        operands = [best.result, value, at.result, index]
        [coordinate] = builder.task(
            einsum,
            (Apply("select", (taken, here, old_at), self.merge), operands),
            when=when,
            place=self.place,
            label=einsum.results[1].name,
            element=i64,
            declares=False,
        )
        [total] = builder.task(
            einsum,
            (Apply(self.scalar, (old, new), self.merge), operands[:2]),
            when=when,
            place=self.place,
            label=einsum.name,
            element=einsum.results[0].element,
        )
        builder.add(UpdateOp(best.result, total), einsum.location)
        builder.add(UpdateOp(at.result, coordinate), einsum.location)
        return [total, coordinate]
