"""Where modules and machines come from: files, texts, and what comes with einfold."""

from __future__ import annotations

import os
from importlib.resources import files

from ..tools.diagnostics import suggestion
from ..tools.loading import new_context
from ..tools.parsing import parse_source
from ..tools.reading import MEBIBYTE, read_source
from ..tools.source import Source, remember
from ..tools.verifying import verify_module
from .errors import telling, wrong
from .held import Held
from .module import Module
from .outcomes import MachineView

TEXT_NAME = "<text>"

MOST_MIB = 16.0


@telling
def load(source: str | os.PathLike[str], *, name: str | None = None, limit_mib: float = MOST_MIB) -> Module:
    """Read and verify IR. A `str` with a line break or a brace in it is the IR itself, any other is a path, as is every `Path`.

    `name` stands for the file in messages. At most `limit_mib` MiB are read. Raises `Error` with the place of each fault.

    >>> import einfold
    >>> module = einfold.load('''
    ... einsum.cascade @mean ranks {m = 8} (%A[m]) -> [] : f32 {
    ...   %S = einsum.compute [] = %A[m] reduce add(m)
    ...   %M = einsum.compute [] = %S[] / 8
    ...   einsum.return %M[]
    ... }
    ... ''')
    >>> module.cascades, module.ranks()
    (('mean',), {'m': 8})
    """
    if isinstance(source, str) and ("\n" in source or "{" in source):
        if len(source) > limit_mib * MEBIBYTE:
            raise wrong(name or TEXT_NAME, f"larger than {limit_mib:g} MiB, the limit for inputs; raise it with limit_mib=")
        if "\0" in source:
            raise wrong(name or TEXT_NAME, "not text: it holds a NUL character")
        read = remember(Source(name or TEXT_NAME, source))
    else:
        path = os.fspath(source)
        if path in ("", "-"):
            raise wrong(path or "''", "neither IR nor the path of a file")
        read = read_source(path, limit_mib)
        read = read if name is None else remember(Source(name, read.text))
    ctx = new_context()
    module = parse_source(read, ctx)
    verify_module(module, read)
    return Module(Held(module, read, ctx))


@telling
def example(name: str) -> Module:
    """One of the cascades that come with einfold (the folder `examples`), by the name of its file.

    >>> import einfold
    >>> einfold.example("softmax")
    <einfold.Module softmax.mlir: @softmax>
    """
    folder = files("einfold.examples")
    known = {entry.name.removesuffix(".mlir"): entry for entry in folder.iterdir() if entry.name.endswith(".mlir")}
    wanted = name.removesuffix(".mlir")
    if wanted not in known:
        raise wrong("einfold.example", f"no example '{name}'{suggestion(wanted, known) or '; there are ' + ', '.join(sorted(known))}")
    return load(str(known[wanted]), name=known[wanted].name)


def machines() -> tuple[str, ...]:
    """The names of the machines that come with einfold.

    >>> import einfold
    >>> "fusemax-cloud" in einfold.machines()
    True
    """
    from ..backend.machine_yaml import machine_names

    return tuple(machine_names())


@telling
def machine(name: str | os.PathLike[str]) -> MachineView:
    """A machine by its name or the path of its YAML file; the attributes are those of `einfold.backend.machine.Machine`.

    >>> import einfold
    >>> cloud = einfold.machine("fusemax-cloud")
    >>> cloud.clock, [array.name for array in cloud.arrays]
    (940000000.0, ['pe2d', 'pe1d'])
    """
    from ..backend.machine_yaml import MachineError, load_machine
    from ..tools.diagnostics import Failure
    from ..tools.simulation import told_at

    try:
        return MachineView(os.fspath(name), load_machine(os.fspath(name)))
    except MachineError as error:
        raise Failure(told_at(str(error), os.fspath(name))) from error
