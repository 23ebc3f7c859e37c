"""The option `--components SOURCE`: energies and areas by another source, beside the tables' and instead of them."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence

from ..backend.components import UNIT, Figure, figures, with_figures
from ..backend.components_yaml import Components, ComponentsError, load_components
from ..backend.energy import Energy
from ..backend.hwcomponents_source import SourceMissing, hwcomponents
from ..backend.machine import Machine
from .counting import joules
from .diagnostics import Diagnostic, Failure
from .machine_told import table
from .simulation import told_at
from .terminal import Part, Table

OPTION = "--components"
HEAD = ("part", "entry", "", "tables", "components", "ratio", "")


def add_components_option(parser: ArgumentParser) -> None:
    told = "energies and areas by the models of another source instead of the tables: 'hwcomponents', or a YAML file that names models"
    parser.add_argument(OPTION, metavar="SOURCE", help=told)


def components_in(name: str | None) -> Components | None:
    """What the option says; None if it is not given. Raises `Failure`, also if the source is missing: before anything is worked out or written."""
    if name is None:
        return None
    try:
        found = load_components(name)
        hwcomponents()
    except ComponentsError as error:
        raise Failure(told_at(str(error), OPTION)) from error
    except SourceMissing as error:
        raise Failure(Diagnostic("error", str(error), OPTION)) from error
    return found


def compared(machine: Machine, components: Components) -> list[Figure]:
    """A machine's figures by its tables and by the source. Raises `Failure` if the source gives no figure at all."""
    try:
        found = figures(machine, components.asked(machine), hwcomponents())
    except ComponentsError as error:
        raise Failure(told_at(str(error), OPTION)) from error
    if all(each.other is None for each in found):
        raise Failure(Diagnostic("error", f"{components.source} gives no figure of machine '{machine.name}': {found[0].reason}", OPTION))
    return found


def replaced(machine: Machine, components: Components | None) -> tuple[Machine, list[Figure]]:
    """A machine with the source's figures, and all of them; as it is without a source."""
    if components is None:
        return machine, []
    found = compared(machine, components)
    return with_figures(machine, found), found


def replaced_all(machines: Sequence[Machine], components: Components) -> tuple[list[Machine], list[Figure]]:
    """Machines, of which several may be the same, with the source's figures; the figures of each machine once."""
    known: dict[str, tuple[Machine, list[Figure]]] = {}
    for machine in machines:
        if machine.name not in known:
            known[machine.name] = replaced(machine, components)
    return [known[m.name][0] for m in machines], [f for _, found in known.values() for f in found]


def energies_told(tables: Energy, other: Energy, source: str) -> str:
    """A kernel's energy by both, and the ratio."""
    ratio = f", {other.total / tables.total:.3g} times as much" if tables.total else ""
    return f"energy by the tables {joules(tables.total)}, with the figures of {source} {joules(other.total)}{ratio}"


def figures_parts(found: Sequence[Figure], source: str) -> list[Part]:
    """Both figures of each component and their ratio; why there is none."""
    rows = [(f.part, f.entry, UNIT[f.quantity], _cell(f.table), _cell(f.other), "" if f.ratio is None else f"{f.ratio:.3g}", f.reason) for f in found]
    lacking = sum(f.other is None for f in found)
    head = f"components by {source}: {len(found) - lacking} of {len(found)} figures{'; the others are the tables' if lacking else ''}"
    return [head, Table(HEAD, rows, table([HEAD, *rows]), frozenset({3, 4, 5}))]


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:,.6g}"
