"""The operations of an `accel.kernel`, made from a plan: loads where they are first read, tasks, states, stores. Schedules come later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import LocationAttr, TensorType
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from ..algebra.affine import Affine, Comparison
from ..algebra.expr import Access, Expr, Leaf, Num, RankShape, RankValue, affine_value, map_leaves
from ..dialects.accel import KernelOp
from ..dialects.accel_attrs import When, WhenAttr
from ..dialects.accel_body import LoadOp, StateOp, StoreOp
from ..dialects.accel_move import MoveOp
from ..dialects.accel_schedule import ScheduledOp
from ..dialects.accel_task import TaskOp
from ..dialects.accel_tiles import tile_type
from ..dialects.einsum_attrs import FilterAttr, MapAttr, NumberAttr, ReduceAttr, SubscriptsAttr
from ..dialects.notation import Reduction
from .flow import Known
from .homes import Homes
from .kernel_plan import KernelPlan
from .placed import Place
from .program import Einsum, Tensor
from .tiles import Dim, Load, Tile, loaded_when, shape_of, stored_when


class KernelBuilder:
    """Builds one kernel; `outputs` must reach the off-chip memory."""

    def __init__(self, plan: KernelPlan, homes: Homes, element: Attribute, outputs: Sequence[Tensor]):
        self.plan, self.nest, self.machine, self.homes, self.element = plan, plan.nest, homes.machine, homes, element
        self.returning: dict[SSAValue, bool] = {}  # a tile off the chip -> whether it streams to the array that reads it
        self.brought: dict[tuple[SSAValue, str], SSAValue] = {}
        self.tile_ranks = dict(self.nest.tiles)
        self.body: list[Operation] = []
        self.inputs = list(dict.fromkeys(load.tensor for load in plan.loads.values()))
        self.outputs = list(outputs)
        tensors = [*self.inputs, *self.outputs]
        self.block = Block(arg_types=[TensorType(t.element, t.shape) for t in tensors])
        for argument, tensor in zip(self.block.args, tensors, strict=True):
            argument.name_hint = tensor.name
        self.arguments: dict[Tensor, SSAValue] = dict(zip(tensors, self.block.args, strict=True))

    def finish(self, name: str) -> KernelOp:
        """The kernel of what was added, verified by nobody yet, all in stage 0 and with one copy of each tile."""
        self.block.add_ops(self.body)
        nest, tiles = tuple(self.nest.trips.items()), tuple(self.tile_ranks.items())
        inputs, outputs = [t.name for t in self.inputs], [t.name for t in self.outputs]
        return KernelOp(name, self.machine.sym_name.data, nest, tiles, inputs, outputs, self.element, Region(self.block))

    def task(
        self,
        einsum: Einsum,
        mapped: tuple[Expr, Sequence[SSAValue]],
        reduce: Sequence[Reduction] = (),
        where: Sequence[Comparison] = (),
        *,
        when: When | None = None,
        place: Place | None = None,
        empty: int | float | None = None,
        declares: bool = True,
        element: Attribute | None = None,
        label: str | None = None,
        onto: SSAValue | None = None,
    ) -> list[SSAValue]:
        """A task over the dimensions of an Einsum's result; what is not given is as the Einsum has it. Returns its results."""
        when = self.plan.when(einsum) if when is None else when
        place = einsum.place if place is None else place
        label = einsum.name if label is None else label
        out = self.out(einsum.out)
        reduced = tuple(Reduction(r.op, tuple(t for n in r.ranks if (t := self.nest.tile_rank(n)) is not None)) for r in reduce)
        reduced = tuple(r for r in reduced if r.ranks)
        shape = shape_of(self.plan.tiles[einsum.results[0]].dims)
        elements = [t.element for t in einsum.results] if element is None else [element]
        empty = einsum.empty if declares and empty is None else empty
        present = {r for s in out for r in s.ranks} | {r for reduction in reduced for r in reduction.ranks}
        rows, cols = ([t for t in map(self._tile_rank, names) if t is not None and t in present] for names in (place.rows, place.cols))
        expression, operands = _in_order(*mapped)
        if onto is not None:
            operands.append(onto)
        op = TaskOp(
            operands,
            SubscriptsAttr(out),
            MapAttr(expression),
            [TensorType(e, shape) for e in elements],
            place.array,
            reduce=ReduceAttr(reduced) if reduced else None,
            where=FilterAttr(tuple(where)) if where else None,
            empty=None if empty is None else NumberAttr(empty),
            rows=rows,
            cols=cols,
            onto=None if onto is None else len(operands) - 1,
            order=[t for t in map(self._tile_rank, place.order) if t is not None and t in present],
            taps=[i for i, v in enumerate(operands) if self._tensor_of(v) in place.taps] if place.taps else [],
            cost=place.cost,
            delay=place.delay,
            label=label,
            when=WhenAttr.of(when.first, when.last),
        )
        self.add(op, einsum.location)
        for result in op.results_:
            result.name_hint = _hint(label)
        return list(op.results_)

    def _tile_rank(self, rank: str) -> str | None:
        return self.nest.tile_rank(rank) if rank in self.nest.at else None

    def map_of(self, einsum: Einsum) -> tuple[Expr, list[SSAValue]]:
        """An Einsum's map over tiles, and the tiles; what is read for the first time is loaded."""
        operands: list[SSAValue] = []

        def leaf(e: Leaf) -> Expr:
            match e:
                case Access():
                    read = self.plan.reads[einsum, e]
                    value = self._at(self.value(read.source, einsum.location, einsum.place.array), einsum)
                    if value not in operands:
                        operands.append(value)
                    return Access(operands.index(value), read.index)
                case RankValue(rank):
                    return affine_value(self.nest.at[rank])
                case RankShape(rank):
                    return Num(self.plan.sizes[rank])
                case _:
                    return e

        return map_leaves(einsum.map, leaf), operands

    def state(self, tensor: Tensor, dims: Sequence[Dim], out: tuple[Affine, ...], loop: str, init: int | float | SSAValue, name: str) -> StateOp:
        op = StateOp(SubscriptsAttr(out), loop, init, TensorType(tensor.element, shape_of(dims)))
        op.result.name_hint = _hint(name)
        self.body.append(op)
        return op

    def out(self, subscripts: Sequence[Affine]) -> tuple[Affine, ...]:
        """The subscripts of a tile, given those of its tensor: tile ranks only."""
        found: list[Affine] = []
        for subscript in subscripts:
            at = subscript.substitute(self.nest.at)
            inner = Affine.of((r, c) for r, c in at.terms if r in self.nest.tiles)
            if subscript.plain is None:
                found.append(at)
            elif inner.terms:
                found.append(inner)
        return tuple(found)

    def value(self, source: Tile | Load, location: LocationAttr, array: str | None = None) -> SSAValue:
        """A tile, loaded if it has not been yet; one that the mapping streams is loaded to the `array` that reads it."""
        if isinstance(source, Load) and source.value is None:
            tensor, keep = source.tensor, self.homes.keep(source.tensor)
            streamed = array is not None and keep == "stream"
            when = loaded_when(source, self.nest, anew=streamed or keep == "reload")
            type_ = tile_type(source.subscripts, self.nest.tiles, tensor.element)
            empty = None if tensor.empty is None else NumberAttr(tensor.empty)
            op = LoadOp(
                self.arguments[tensor],
                SubscriptsAttr(source.subscripts),
                array if streamed and array is not None else self.homes.memory,
                type_,
                empty=empty,
                when=WhenAttr.of(when.first, when.last),
            )
            self.add(op, location)
            op.result.name_hint = _hint(tensor.name)
            source.value = op.result
        if source.value is None:
            raise ValueError("a tile is read before it is made")
        return source.value

    def away(self, tensor: Tensor, value: SSAValue, einsum: Einsum) -> SSAValue:
        """The tile where later tasks find it: off the chip, if the mapping sends its tensor there."""
        keep = self.homes.keep(tensor)
        if keep not in ("off-chip", "off-chip-stream"):
            return value
        away = self._moved(value, self.machine.offchip.sym_name.data, einsum, "away")
        self.returning[away] = keep == "off-chip-stream"
        return away

    def _at(self, value: SSAValue, einsum: Einsum) -> SSAValue:
        """A tile as an array can read it: one that was moved off the chip is moved back first, once for all that read it there."""
        if value not in self.returning:
            return value
        key = value, einsum.place.array if self.returning[value] else self.homes.memory
        if key not in self.brought:
            self.brought[key] = self._moved(value, key[1], einsum, "back")
        return self.brought[key]

    def _moved(self, value: SSAValue, memory: str, einsum: Einsum, how: str) -> SSAValue:
        owner = value.owner
        when = owner.when_ if isinstance(owner, ScheduledOp) else When()
        op = MoveOp(value, memory, when=WhenAttr.of(when.first, when.last))
        op.result.name_hint = f"{value.name_hint}_{how}"
        self.add(op, einsum.location)
        return op.result

    def _tensor_of(self, value: SSAValue) -> str | None:
        """The name of the tensor whose tile a value is."""
        owner = value.owner
        while isinstance(owner, MoveOp):
            owner = owner.source.owner
        if isinstance(owner, LoadOp):
            return next((t.name for t, v in self.arguments.items() if v is owner.source), None)
        return owner.label.data.partition(".")[0] if isinstance(owner, TaskOp) and owner.label is not None else None

    def store(self, target: Tensor, made: Tensor, subscripts: Sequence[Affine], known: Mapping[str, Known], location: LocationAttr) -> None:
        """Store the tile of `made` to its place in `target`, whose dimensions are `subscripts`, if that must leave the chip."""
        if target not in self.outputs:
            return
        places: list[Affine] = []
        for subscript, size in zip(subscripts, target.shape, strict=True):
            at = subscript.substitute(self.nest.at)
            places.append(at if subscript.plain is not None else Affine.rank(self._whole(size)))
        when = stored_when(known, self.nest)
        value = self.value(self.plan.tiles[made], location)
        self.add(StoreOp(value, self.arguments[target], SubscriptsAttr(tuple(places)), when=WhenAttr.of(when.first, when.last)), location)

    def _whole(self, size: int) -> str:
        """A tile rank that runs over a whole dimension which no rank of the cascade names."""
        name = f"all{size}"
        while self.tile_ranks.get(name, size) != size or name in self.nest.trips:
            name += "_"
        self.tile_ranks[name] = size
        return name

    def add(self, op: Operation, location: LocationAttr) -> None:
        op.location = location
        self.body.append(op)


def _in_order(expression: Expr, operands: Sequence[SSAValue]) -> tuple[Expr, list[SSAValue]]:
    """The same map with its operands numbered as they appear, which is how text reads back."""
    found: list[SSAValue] = []

    def leaf(e: Leaf) -> Expr:
        if not isinstance(e, Access):
            return e
        value = operands[e.tensor]
        if value not in found:
            found.append(value)
        return Access(found.index(value), e.subscripts)

    return map_leaves(expression, leaf), found


def _hint(name: str) -> str:
    """The SSA name of a tile: its tensor's in small letters, as the field writes tiles, fit for SSA."""
    return "".join(c if c.isalnum() or c in "_$-" else "_" for c in name.lower()) if name else "t"
