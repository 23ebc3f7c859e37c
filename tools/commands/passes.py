"""`einfold passes FILE`: count the passes of each cascade over each rank, and say which dependence costs each of them."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping

from ...analysis.einsums import Program
from ...analysis.footprint import Footprint
from ...analysis.passes_over import Live, NewPass, PassCounter, RankPasses
from ...dialects.einsum import CascadeOp
from ...passes.derivation_report import DerivationReport, report, within_tile
from ..bounds import to_lines as bounds_lines
from ..certificates.proof_text import proof_text
from ..derivation_json import to_json as derivation_json
from ..diagnostics import Diagnostic, Failure, suggestion, suggestion_or_all
from ..loading import load_module, new_context
from ..numerics.measuring import Numerics, measure
from ..numerics.report import to_json as numerics_json
from ..numerics.report import to_lines as numerics_lines
from ..output import check_writable, write_text
from ..terminal import Part, Table, on_terminal, plain_lines, show


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a file of IR; '-' is standard input")
    parser.add_argument("--rank", action="append", metavar="RANK", help="count over this rank only (may be given several times)")
    parser.add_argument("--cascade", metavar="NAME", help="only the cascade of this name")
    parser.add_argument(
        "--tiles", action="append", default=[], metavar="OUTER,INNER", help="ranks that tile one dimension, for arguments that come tiled"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--numerics", action="store_true", help="where passes can be saved, measure the accuracy of both forms in f16, bf16 and f32, at small sizes"
    )
    parser.add_argument("--proof", metavar="FILE", help="prove what is derived, and write each obligation, its result and its SMT-LIB here")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write (default: standard output)")


def run(args: Namespace) -> int:
    check_writable(args.output, args.proof)
    module = load_module(args.file, new_context())
    cascades = [op for op in module.walk() if isinstance(op, CascadeOp)]
    if not cascades:
        raise Failure(Diagnostic("error", "no einsum.cascade in it", args.file))
    if args.cascade is not None:
        wanted = args.cascade.removeprefix("@")
        named = [op for op in cascades if op.sym_name.data == wanted]
        if not named:
            message = f"no cascade '@{wanted}'{suggestion('@' + wanted, (f'@{op.sym_name.data}' for op in cascades))}"
            raise Failure(Diagnostic("error", message, args.file))
        cascades = named
    _check_ranks(cascades, args)
    counted = [(op, found) for op in cascades if (found := _count(op, args)) or not args.rank]
    if not counted:
        raise Failure(Diagnostic("error", f"no Einsum traverses {' or '.join(repr(r) for r in args.rank)}", args.file))
    derived = {(op.sym_name.data, r): report(module, op.sym_name.data, r, prove=args.proof is not None) for op, r in _open_ranks(counted)}
    measured = _measured(counted, derived) if args.numerics else None
    if args.json:
        found = [
            {
                "cascade": op.sym_name.data,
                "ranks": {r: to_json(p) | derived_json(derived, op, r, p) | _numerics_json(measured, op, r) for r, p in ranks.items()},
            }
            for op, ranks in counted
        ]
        write_text(args.output, json.dumps(found, indent=2) + "\n")
    elif args.output in (None, "-") and on_terminal():
        show(part for op, ranks in counted for part in to_parts(op, ranks, derived, measured))
    else:
        write_text(args.output, "\n".join("".join(f"{line}\n" for line in to_lines(op, ranks, derived, measured)) for op, ranks in counted))
    if args.proof is not None:
        write_text(args.proof, proof_text((name, rank, each) for (name, rank), each in derived.items()))
    return 0


Derived = Mapping[tuple[str, str], DerivationReport]
"""(cascade, rank) -> what can be derived there."""


def _open_ranks(counted: list[tuple[CascadeOp, dict[str, RankPasses]]]) -> Iterator[tuple[CascadeOp, str]]:
    """The ranks over which there may be passes to save: those traversed in several phases, and not in a tile that is held."""
    return ((op, rank) for op, ranks in counted for rank, passes in ranks.items() if passes.phases > 1 and not within_tile(op, rank))


Measurements = Mapping[tuple[str, str], Numerics | None]
"""(cascade, rank) -> what was measured there; None where it could not be."""


def _measured(counted: list[tuple[CascadeOp, dict[str, RankPasses]]], derived: Derived) -> Measurements:
    """The accuracy over every rank over which passes are saved."""
    return {
        key: measure(op, rank)
        for op, ranks in counted
        for rank, passes in ranks.items()
        if (found := derived.get(key := (op.sym_name.data, rank))) is not None and found.passes < passes.passes
    }


def _numerics_json(measured: Measurements | None, op: CascadeOp, rank: str) -> dict[str, object]:
    return {} if measured is None else numerics_json(measured.get((op.sym_name.data, rank)))


def derived_json(derived: Derived, op: CascadeOp, rank: str, passes: RankPasses) -> dict[str, object]:
    """What can be derived over a rank; over one that was not asked about, the count as it is."""
    if (found := derived.get((op.sym_name.data, rank))) is not None:
        return derivation_json(found, op, rank)
    kind = "optimal" if passes.passes <= 1 else "unknown"
    return {"derived": passes.passes, "bound": 1, "verdict": kind, "reductions": [], "certificate": {}}


def _check_ranks(cascades: list[CascadeOp], args: Namespace) -> None:
    """Raises `Failure` for a rank in the options that no cascade declares."""
    for rank in (*(args.rank or ()), *(r for tiles in args.tiles for r in tiles.split(","))):
        if not any(rank in op.sizes for op in cascades):
            known = dict.fromkeys(r for op in cascades for r in op.sizes)
            raise Failure(Diagnostic("error", f"unknown rank '{rank}'{suggestion_or_all(rank, known)}", args.file))


def _count(op: CascadeOp, args: Namespace) -> dict[str, RankPasses]:
    """The passes over the ranks asked for, as far as the cascade traverses them."""
    tiles = [parts for parts in (text.split(",") for text in args.tiles) if set(parts) <= op.sizes.keys()]
    counter = PassCounter(Program(op), tiles)
    asked = [rank for rank in op.sizes if not args.rank or rank in args.rank]
    return {rank: passes for rank in asked if (passes := counter.count_rank(rank)) is not None}


def to_json(passes: RankPasses) -> dict[str, object]:
    """One rank's passes as JSON has them: numbers of phases become texts, boundaries `1-2`."""
    return {
        "size": passes.size,
        "passes": passes.passes,
        "phases": passes.phases,
        "summary_passes": passes.summary_passes,
        "within": list(passes.within),
        "einsums": dict(passes.einsums),
        "phase_of": dict(passes.phase_of),
        "reads": {str(phase): list(names) for phase, names in passes.reads.items()},
        "fibers": {name: list(phases) for name, phases in passes.fibers.items()},
        "summaries": {name: list(phases) for name, phases in passes.summaries.items()},
        "live": {f"{live.before}-{live.before + 1}": _live_json(live) for live in passes.live},
        "reasons": [_reason_json(reason) for reason in passes.reasons],
    }


def _live_json(live: Live) -> dict[str, object]:
    kept = live.kept
    return {
        "tensors": list(kept.tensors),
        "formula": kept.formula,
        "elements": kept.elements,
        "bytes": kept.bytes,
        "recompute_from": list(live.recompute_from),
        "results": list(live.results),
    }


def _reason_json(reason: NewPass) -> dict[str, object]:
    return {
        "einsum": reason.einsum,
        "phase": reason.phase,
        "pass": reason.pass_,
        "needs": list(reason.operands),
        "causes": list(reason.causes),
        "again": list(reason.again),
        "summary": reason.summary,
        "location": reason.location,
        "message": reason.message,
    }


def to_lines(op: CascadeOp, ranks: Mapping[str, RankPasses], derived: Derived, measured: Measurements | None = None) -> Iterator[str]:
    """`to_parts` as lines of text."""
    return iter(plain_lines(to_parts(op, ranks, derived, measured)))


def to_parts(op: CascadeOp, ranks: Mapping[str, RankPasses], derived: Derived, measured: Measurements | None = None) -> Iterator[Part]:
    """A readable account: a line per rank, and for ranks with several phases a table, the reasons and what is kept.

    With measurements, also where the values of the derived form lie, and how accurate both forms are.
    """
    yield f"@{op.sym_name.data}"
    for rank, passes in ranks.items():
        yield f"  {rank} = {passes.size}: {_summary(passes)}"
        if passes.phases > 1:
            yield _table(passes)
            yield from (f"    {reason}" for reason in passes.reasons)
            yield from (f"    {line}" for live in passes.live if (line := _live_line(live)))
        if (found := derived.get((op.sym_name.data, rank))) is not None:
            best = "1 pass" if found.passes == 1 else f"{found.passes} passes"
            yield f"    einsum-one-pass makes it {best} ({found.verdict.kind}: {found.verdict.why})"
            if measured is not None and (key := (op.sym_name.data, rank)) in measured:
                yield from (f"    {line}" for line in (*bounds_lines(found), *numerics_lines(measured[key])))


def _summary(passes: RankPasses) -> str:
    text = "1 pass" if passes.passes == 1 else f"{passes.passes} passes"
    if passes.within:
        text += f" in each generation of {', '.join(passes.within)}"
    if passes.phases != passes.passes:
        text += f", {passes.phases} phases"
    if passes.summary_passes > 1:
        text += f", {passes.summary_passes} passes over summaries"
    return text


def _table(passes: RankPasses) -> Table:
    einsums: dict[int, list[str]] = {}
    for name, phase in passes.phase_of.items():
        einsums.setdefault(phase, []).append(name)
    head = "pass" if passes.phases == passes.passes else "phase"
    rows = [(head, "Einsums", "reads")]
    rows += [(str(phase), ", ".join(einsums[phase]), ", ".join(passes.reads.get(phase, ()))) for phase in sorted(einsums)]
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    return Table(rows[0], rows[1:], [f"    {row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}".rstrip() for row in rows])


def _live_line(live: Live) -> str:
    parts: list[str] = []
    if live.kept.tensors:
        again = f" (or read {', '.join(live.recompute_from)} again)" if live.recompute_from else ""
        parts.append(f"{', '.join(live.kept.tensors)}: {_size(live.kept)}{again}")
    if live.results:
        parts.append(f"and {', '.join(live.results)}" if parts else ", ".join(live.results))
    return f"kept from {live.before} to {live.before + 1}: {'; '.join(parts)}" if parts else ""


def _size(kept: Footprint) -> str:
    size = float(kept.bytes)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if size < 1024 or unit == "TiB":
            return f"{kept.formula} = {kept.elements} elements, {size:.4g} {unit}"
        size /= 1024
    return kept.formula
