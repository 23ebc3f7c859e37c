"""The verbs that ask: passes, derivations, explanations."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import ModuleOp

from ..analysis.einsums import Program
from ..analysis.passes_over import PassCounter
from ..dialects.einsum import CascadeOp
from ..dialects.einsum_scope import tensor_of
from ..interpreter.arguments import argument_names
from ..tools.diagnostics import suggestion
from .answers import Derivation, Explanation, PassCounts
from .errors import wrong


def arguments(cascade: CascadeOp) -> dict[str, tuple[int, ...]]:
    """Argument -> shape."""
    return {name: tensor_of(value).get_shape() for name, value in zip(argument_names(cascade), cascade.body.block.args, strict=True)}


def passes(cascade: CascadeOp, rank: str | None, tiles: Sequence[Sequence[str]], file: str) -> PassCounts:
    """The passes over one rank or all. Raises `Failure`."""
    from ..tools.commands.passes import to_lines

    for each in (*((rank,) if rank is not None else ()), *(r for parts in tiles for r in parts)):
        _check_rank(cascade, each, file)
    counter = PassCounter(Program(cascade), tiles)
    found = {r: counted for r in ([rank] if rank is not None else cascade.sizes) if (counted := counter.count_rank(r)) is not None}
    if rank is not None and not found:
        raise wrong(file, f"no Einsum traverses '{rank}'")
    return PassCounts(cascade.sym_name.data, found, tuple(to_lines(cascade, found, {})))


def derivation(module: ModuleOp, cascade: CascadeOp, rank: str, prove: bool, file: str) -> Derivation:
    """What can be derived over a rank. Raises `Failure`."""
    from ..passes.derivation_report import report
    from ..tools.derivation_json import to_json

    passes(cascade, rank, (), file)
    found = report(module, cascade.sym_name.data, rank, prove=prove)
    return Derivation(cascade.sym_name.data, rank, found, to_json(found, cascade, rank))


def explain(module: ModuleOp, cascade: CascadeOp, rank: str | None, format: str, file: str) -> Explanation:
    """The derivation as a text. Raises `Failure`."""
    from ..tools.commands.explain import FORMATS
    from ..tools.whiteboard.collect import cascade_story
    from ..tools.whiteboard.telling import tell

    if format not in FORMATS:
        raise wrong("explain", f"unknown format '{format}'{suggestion(format, FORMATS)}; there are {', '.join(sorted(FORMATS))}")
    if rank is not None:
        _check_rank(cascade, rank, file)
    return Explanation(FORMATS[format](tell(cascade_story(module, cascade, file, rank))), format)


def _check_rank(cascade: CascadeOp, rank: str, file: str) -> None:
    if rank not in cascade.sizes:
        raise wrong(file, f"unknown rank '{rank}'{suggestion(rank, cascade.sizes)}")
