"""The option `--accounting NAME|FILE`, and the energy of simulated kernels, each by its own machine's tables."""

from __future__ import annotations

from argparse import ArgumentParser

from xdsl.dialects.builtin import ModuleOp

from ..backend.accounting import Accounting, AccountingError, load_accounting
from ..backend.energy import Energy, energy_of
from ..backend.machine import Machine
from ..backend.result import SimulationResult
from ..dialects.accel import KernelOp
from ..dialects.accel_checks import machine_of
from .diagnostics import Failure
from .simulation import told_at


def add_accounting_option(parser: ArgumentParser) -> None:
    told = "energies: 'full' counts all accesses and operations (default), 'artifact' as the FuseMax artifact does; or a YAML file"
    parser.add_argument("--accounting", metavar="NAME", default="full", help=told)


def accounting_in(name: str) -> Accounting:
    """An accounting by name or path. Raises `Failure` with the place or the nearest name."""
    try:
        return load_accounting(name)
    except AccountingError as error:
        raise Failure(told_at(str(error), "--accounting")) from error


def machines_in_order(module: ModuleOp) -> list[Machine]:
    """The machine of each kernel of a module, in the order of the kernels."""
    return [Machine.from_op(machine_of(op)) for op in module.walk() if isinstance(op, KernelOp)]


def energy_in(result: SimulationResult, machines: list[Machine], accounting: Accounting) -> Energy:
    """The energy of all kernels of a result, of which `machines` are the machines in order."""
    total = Energy(accounting.name, {})
    for part, machine in zip(result.kernels or (result,), machines, strict=True):
        total += energy_of(part.counts, machine, accounting)
    return total


def energy_lines(energy: Energy) -> list[str]:
    """A table: the total, each component with its actions, and what is left uncounted."""
    total = energy.total
    lines = [f"energy ({energy.accounting}): {joules(total)}"]
    for component, actions in energy.actions.items():
        own = sum(actions.values())
        lines.append(f"  {component:<24}{100 * own / total if total else 0.0:7.2f} % {joules(own):>14}")
        lines += [f"    {action:<22}{100 * pj / total if total else 0.0:7.2f} % {joules(pj):>14}" for action, pj in actions.items()]
    for each in energy.uncounted:
        lines.append(f"  not counted: {each.times:,} x {each.action} of {each.component}: {each.reason}")
    return lines


def joules(pj: float) -> str:
    """pJ with the unit that suits its size."""
    for unit, scale in (("MJ", 1e18), ("kJ", 1e15), ("J", 1e12), ("mJ", 1e9), ("uJ", 1e6), ("nJ", 1e3)):
        if pj >= scale:
            return f"{pj / scale:.5g} {unit}"
    return f"{pj:.5g} pJ"
