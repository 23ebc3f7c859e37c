"""The points of a sweep, one by one, in the order of its axes: the last one changes fastest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from ...backend.machine import Machine
from .axes import AS_EINFOLD_DOES, Axis
from .points import Inputs, Job, Point, digest_of, shared_by
from .ranges import Value
from .sweep_file import Sweep


def points_of(sweep: Sweep, job: Job) -> list[Point]:
    """All points, with their digests."""
    found: list[Point] = []
    shared = shared_by(job)
    lowering = [n for n, (axis, _) in sweep.axes.items() if axis.lowers] + [n for n, follow in sweep.follows.items() if follow.axis.lowers]
    for index, choices in enumerate(_choices(sweep)):
        inputs = _inputs(sweep, choices)
        found.append(Point(index, choices, inputs, digest_of(shared, inputs), tuple(choices[n] for n in lowering)))
    return found


def _choices(sweep: Sweep) -> Iterator[dict[str, Value]]:
    each = [list(zip(*(sweep.axes[name][1] for name in group), strict=True)) for group in sweep.groups]
    for chosen in product(*each):
        values = {name: value for group, own in zip(sweep.groups, chosen, strict=True) for name, value in zip(group, own, strict=True)}
        found = {name: values[name] for name in sweep.axes}
        for name, follow in sweep.follows.items():
            of = found[follow.of] if follow.of in found else sweep.fixed[follow.of][1]
            found[name] = follow.values[of]
        yield found


def _inputs(sweep: Sweep, choices: Mapping[str, Value]) -> Inputs:
    axes: dict[str, Axis] = {n: a for n, (a, _) in (*sweep.fixed.items(), *sweep.axes.items())} | {n: f.axis for n, f in sweep.follows.items()}
    values = {n: v for n, (_, v) in sweep.fixed.items()} | dict(choices)
    name = str(values["machine"])
    machine: Machine = sweep.files.machines[name]
    pairs: dict[str, list[tuple[str, int]]] = {"set": [], "tile": []}
    for each, value in values.items():
        axis = axes[each]
        if axis.kind == "field" and isinstance(value, int | float):
            machine = axis.fields[name].put(machine, value)
        elif axis.kind in pairs and isinstance(value, int):
            pairs[axis.kind].append((axis.target, value))
    pipeline = str(values.get("pipeline", AS_EINFOLD_DOES))
    mapping = sweep.files.mappings[str(values.get("mapping", AS_EINFOLD_DOES))]
    own = None if pipeline == AS_EINFOLD_DOES else pipeline
    return Inputs(machine, own, tuple(sorted(pairs["set"])), tuple(sorted(pairs["tile"])), mapping, bool(values.get("overlap", True)))
