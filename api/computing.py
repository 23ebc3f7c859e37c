"""The verbs that compute: values by the reference interpreter, time and energy by the simulator, each as its command does it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, get_args

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import DiagnosticException

from ..analysis import remarks
from ..backend.result import SimulationResult
from ..backend.simulate import Fidelity
from ..backend.simulate import simulate as simulated
from ..dialects.accel import KernelOp
from ..dialects.einsum import CascadeOp
from ..interpreter.arguments import argument_names, random_inputs
from ..interpreter.cascade import run_cascade
from ..interpreter.elements import InputError
from ..tools.bounding import bounds_in, bounds_json
from ..tools.commands.eval import DTYPES, check_memory
from ..tools.counting import accounting_in, energy_in, machines_in_order
from ..tools.diagnostics import suggestion
from ..tools.simulation import Wanted, lower, machine_named, mapping_in, only
from ..tools.values_check import ValuesCheck, check_values
from ..tools.verifying import verify_module
from .errors import wrong
from .held import Held
from .module import Module
from .outcomes import Simulation, Values
from .rewriting import resized, running_source

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MOST_EPOCHS = 100_000
"""Epochs whose operations are kept one by one, at most."""


def drawn(cascade: CascadeOp, seed: int, dtype: str | None, file: str) -> dict[str, NDArray[Any]]:
    """Random arguments. Raises `Failure`."""
    _check(cascade, dtype, seed, file)
    return random_inputs(cascade, seed, dtype=dtype)


def compute(
    cascade: CascadeOp,
    inputs: Mapping[str, ArrayLike] | None,
    dtype: str | None,
    seed: int | None,
    functions: Mapping[str, Callable[..., NDArray[Any]]] | None,
    file: str,
) -> Values:
    """A cascade's results. Raises `Failure`."""
    _check(cascade, dtype, seed or 0, file)
    names = argument_names(cascade)
    given: dict[str, NDArray[Any]] = {name: _array(name, value) for name, value in (inputs or {}).items()}
    if (unknown := next((name for name in given if name not in names), None)) is not None:
        raise wrong("inputs", f"no argument is called '{unknown}'{suggestion(unknown, names)}")
    try:
        if seed is not None or inputs is None:
            given = random_inputs(cascade, seed or 0, [n for n in names if n not in given], dtype=dtype) | given
        results = run_cascade(cascade, given, dtype=dtype, functions=functions)
    except InputError as error:
        raise wrong("inputs" if inputs else file, str(error)) from error
    except MemoryError as error:
        raise wrong(file, "the cascade's tensors do not fit into memory; choose smaller ranks with sizes=") from error
    return Values(cascade.sym_name.data, _result_names(cascade), tuple(results), given)


def _array(name: str, value: ArrayLike) -> NDArray[Any]:
    try:
        return np.asarray(value)
    except (ValueError, TypeError) as error:
        raise wrong("inputs", f"'{name}' is no array: {error}") from error


def _result_names(cascade: CascadeOp) -> tuple[str, ...]:
    """The names of what a cascade returns, no two equal."""
    names: list[str] = []
    for position, value in enumerate(cascade.return_op.values):
        name = value.name_hint or f"out{position}"
        names.append(name if name not in names else f"{name}_{position}")
    return tuple(names)


def _check(cascade: CascadeOp, dtype: str | None, seed: int, file: str) -> None:
    if dtype is not None and dtype not in DTYPES:
        raise wrong("dtype", f"unknown type '{dtype}'{suggestion(dtype, DTYPES)}; there are {', '.join(DTYPES)}")
    if seed < 0:
        raise wrong("seed", f"a seed is 0 or more, not {seed}")
    check_memory(cascade, dtype, file)


@dataclass(frozen=True)
class Asked:
    """What a simulation is asked for; see `Module.simulate`."""

    machine: str | os.PathLike[str] | None
    sizes: Mapping[str, int]
    cascade: str | None
    pipeline: str | None
    tiles: Mapping[str, int]
    overlap: bool
    mapping: str | os.PathLike[str] | None
    fidelity: Fidelity
    accounting: str | os.PathLike[str]
    timeline: int
    values: bool
    seed: int

    @property
    def about_cascades(self) -> dict[str, bool]:
        """Argument that needs a cascade -> whether it is given."""
        names = ("machine", "sizes", "cascade", "pipeline", "tiles", "mapping", "values")
        return {name: getattr(self, name) not in (None, {}, False) for name in names} | {"overlap": not self.overlap}


def simulate(held: Held, asked: Asked) -> Simulation:
    """A cascade, or kernels, on a machine. Raises `Failure`."""
    if asked.fidelity not in get_args(Fidelity):
        raise wrong("fidelity", f"unknown fidelity '{asked.fidelity}'; there are {' and '.join(get_args(Fidelity))}")
    if not 0 <= asked.timeline <= MOST_EPOCHS:
        raise wrong("timeline", f"timeline= takes 0 to {MOST_EPOCHS:,} epochs, not {asked.timeline}")
    accounting = accounting_in(os.fspath(asked.accounting))
    found: dict[str, object] = {}
    checked: ValuesCheck | None = None
    with remarks.collect() as made:
        if any(isinstance(op, CascadeOp) for op in held.ir.walk()):
            module, checked, found = _lowered(held, asked)
        else:
            if (given := next((name for name, there in asked.about_cascades.items() if there), None)) is not None:
                raise wrong(held.name, f"{given}= needs an einsum.cascade; there is none in it")
            module = held.ir.clone()
    notes = tuple(r.message for r in made if r.kind == "analysis")
    result = _timed(module, asked, held.name)
    machines = machines_in_order(module)
    energy, bounds = energy_in(result, machines, accounting), bounds_in(result, machines)
    kernels = [op for op in module.walk() if isinstance(op, KernelOp)]
    in_order = [{"name": k.sym_name.data, "loops": k.loops, "tiles": k.tiles.sizes} for k in kernels]
    data = {**found, "notes": list(notes), "kernels_in_order": in_order, **result.to_json()}
    data |= {"energy": energy.to_json(), "bounds": bounds_json(bounds, result.cycles)}
    name = cast(str, found.get("machine", "")) or ", ".join(dict.fromkeys(m.name for m in machines))
    return Simulation(name, result, energy, tuple(bounds), Module(held.with_ir(module)), notes, checked, data)


def _lowered(held: Held, asked: Asked) -> tuple[ModuleOp, ValuesCheck | None, dict[str, object]]:
    """The module with kernels in the cascade's place, the check of their values if asked for, and what there is to say in JSON."""
    held = resized(held, asked.sizes) if asked.sizes else held
    module = held.ir.clone()
    cascade = only(module, held.with_ir(module).cascade(asked.cascade))
    machine = machine_named(module, None if asked.machine is None else os.fspath(asked.machine), held.name)
    found: dict[str, object] = {"cascade": cascade.sym_name.data, "ranks": cascade.sizes, "machine": machine}
    original = module.clone() if asked.values else None
    tiles = tuple(f"{rank}={size}" for rank, size in asked.tiles.items())
    mapping = mapping_in(None if asked.mapping is None else os.fspath(asked.mapping))
    lowered = lower(held.ctx, module, running_source(held), Wanted(machine, asked.pipeline, tiles, asked.overlap, mapping))
    verify_module(module, held.remembered())
    if original is None:
        return module, None, found
    checked = check_values(original, module, lowered, asked.seed, held.name)
    return module, checked, found | {"values": checked.to_json()}


def _timed(module: ModuleOp, asked: Asked, file: str) -> SimulationResult:
    try:
        return simulated(module, fidelity=asked.fidelity, timeline=asked.timeline)
    except DiagnosticException as error:
        raise wrong(file, str(error).splitlines()[0]) from error
