"""Where the Einsums run that a mapping places, and the checks that its names are names of the cascade and of the machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from ..analysis import remarks
from ..dialects.accel_machine import MachineOp
from ..dialects.einsum import CascadeOp
from ..dialects.notation import nearest
from .mapping import CascadeMapping, EinsumMapping, loop_rank
from .placed import Place
from .work import Work, missing_operations


def check_names(cascade: CascadeOp, mapping: CascadeMapping, works: Sequence[Work], machine: MachineOp) -> None:
    """Raise `LocatedPassFailure` for the first name of a mapping that the cascade or the machine does not have."""
    named = Counter(n for w in works for r in w.op.results_ if (n := r.name_hint) is not None)
    einsums = set(named)
    tensors = einsums | {a.name_hint for a in cascade.body.block.args if a.name_hint is not None}
    told = f"mapping '{mapping.name}'"

    def check(names: Collection[str], known: Collection[str], what: str) -> None:
        for name in names:
            if name not in known:
                remarks.fail(cascade, f"{told}: unknown {what} '{name}'{nearest(name, sorted(known))}")

    check(list(mapping.names), einsums, "Einsum")
    check([*mapping.tensors, *(t for e in mapping.einsums.values() for t in e.taps)], tensors, "tensor")
    check([e.array for e in mapping.einsums.values() if e.array is not None], machine.arrays, "array")
    for name in (loop for t in mapping.tensors.values() for loop in t.hold):
        if loop_rank(name, cascade.sizes) is None:
            remarks.fail(cascade, f"{told}: a tensor is held over loop '{name}', which is over no rank{nearest(name, sorted(cascade.sizes))}")
    for kernel in mapping.kernels:
        # The lowering numbers tensors of one name from the second on.
        numbered = {f"{name}_{i}" for name, count in named.items() for i in range(2, count + 1)}
        check([task.partition(".")[0] for task in kernel.schedule], einsums | numbered, "Einsum")
        check([*kernel.tiles, *kernel.blocks], cascade.sizes, "rank")
        check([*kernel.spill, *kernel.budget], machine.memories, "memory")


def stated_place(work: Work, stated: EinsumMapping, place: Place) -> Place:
    """A place with what a mapping says of it. Raises `LocatedPassFailure` for a rank that the Einsum does not have."""
    for rank in (*(stated.rows or ()), *(stated.cols or ()), *stated.order):
        if rank not in work.ranks:
            remarks.fail(work.op, f"the mapping spreads or orders rank '{rank}' of {work.name}, which has {', '.join(work.ranks)}")
    read = [v.name_hint or "" for v in work.op.operands_]
    for tensor in stated.taps:
        if tensor not in read:
            listed = ", ".join(f"%{r}" for r in read)
            remarks.fail(work.op, f"the mapping lets {work.name} tap %{tensor}, but it reads {listed}{nearest(tensor, sorted(read))}")
    rows, cols = (given if given is not None else own for given, own in ((stated.rows, place.rows), (stated.cols, place.cols)))
    if both := set(rows).intersection(cols):
        remarks.fail(work.op, f"the mapping spreads rank '{min(both)}' of {work.name} over rows and columns")
    return replace(place, rows=rows, cols=cols, order=stated.order, taps=stated.taps, cost=stated.cost, delay=stated.delay, in_place=stated.in_place)


def check_can(work: Work, machine: MachineOp, array: str) -> None:
    """Raise `LocatedPassFailure` if an array lacks an operation of an Einsum that a mapping puts there."""
    missing = missing_operations(work, machine.arrays[array])
    if missing:
        listed = ", ".join(f"'{m}'" for m in missing)
        remarks.fail(work.op, f"the mapping puts {work.name} on '@{array}' of machine '@{machine.sym_name.data}', which has no {listed}")


def stated_for(work: Work, mapping: CascadeMapping) -> EinsumMapping | None:
    """What a mapping says of an Einsum; None if it does not name it."""
    names: Mapping[str, EinsumMapping] = mapping.einsums
    return next((names[n] for r in work.op.results_ if (n := r.name_hint) is not None and n in names), None)
