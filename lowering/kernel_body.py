"""The body of a kernel: its units one after another, each as tasks, with what they carry and what must leave the chip."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from xdsl.ir import Attribute

from ..algebra.affine import Affine
from ..dialects.accel import KernelOp
from ..dialects.accel_body import StateOp, UpdateOp
from .accumulation import Accumulator
from .homes import Homes
from .kernel_builder import KernelBuilder
from .kernel_plan import KernelPlan
from .program import Carried, Einsum, Iteration, Tensor, Unit


def build_kernel(name: str, units: Sequence[Unit], plan: KernelPlan, homes: Homes, element: Attribute, stored: Collection[Tensor]) -> KernelOp:
    """The kernel of some units; of the tensors they make, those in `stored` become its outputs."""
    made = dict.fromkeys(t for unit in units for t in _made(unit))
    body = _Body(KernelBuilder(plan, homes, element, [t for t in made if t in stored]))
    for unit in units:
        if isinstance(unit, Iteration):
            body.iteration(unit)
        else:
            body.einsum(unit)
    return body.builder.finish(name)


def _made(unit: Unit) -> list[Tensor]:
    if isinstance(unit, Einsum):
        return list(unit.results)
    return [*(t for e in unit.body for t in e.results), *(c.result for c in (*unit.carried, *unit.collected))]


class _Body:
    def __init__(self, builder: KernelBuilder):
        self.builder, self.plan = builder, builder.plan

    def einsum(self, einsum: Einsum) -> None:
        loops = self.plan.reduced_loops(einsum)
        if loops:
            made = Accumulator(self.builder, einsum, loops).emit()
        else:
            made = self.builder.task(einsum, self.builder.map_of(einsum), einsum.reduce, self.plan.where(einsum))
        for result, value in zip(einsum.results, made, strict=True):
            self.plan.tiles[result].value = value
            self.builder.store(result, result, einsum.out, self.plan.flow.known[result], einsum.location)
            self.plan.tiles[result].value = self.builder.away(result, value, einsum)

    def iteration(self, iteration: Iteration) -> None:
        states = [self._state(carried, iteration) for carried in iteration.carried]
        for einsum in iteration.body:
            self.einsum(einsum)
        known, location = self.plan.flow.known, iteration.location
        for carried, state in zip(iteration.carried, states, strict=True):
            if carried.value is not None:
                self.builder.add(UpdateOp(state.result, self.builder.value(self.plan.tiles[carried.value], location)), location)
                self.builder.store(carried.result, carried.result, carried.subscripts, known[carried.result], location)
        for collected in iteration.collected:
            maker = next(e for e in iteration.body if collected.value in e.results)
            subscripts = (Affine.rank(iteration.rank), *maker.out)
            self.builder.store(collected.result, collected.value, subscripts, known[collected.value], location)

    def _state(self, carried: Carried, iteration: Iteration) -> StateOp:
        tile, loop = self.plan.tiles[carried.state], self.plan.nest.at[iteration.rank].ranks[0]
        initial = carried.initial
        if isinstance(initial, Tensor):
            initial = self.builder.value(self.plan.initial[carried], iteration.location)
        state = self.builder.state(carried.state, tile.dims, self.builder.out(carried.subscripts), loop, initial, carried.state.name)
        tile.value = state.result
        return state
