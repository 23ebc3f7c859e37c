"""The telling of a cascade: what it computes, what waits for what, the derivation over each rank, and how far it may be trusted.

From a story to blocks, once; the formats only write what they are given.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...algebra.derivation import Derived
from ...algebra.laws import UserOperator
from ...analysis.passes_over import Live, NewPass, RankPasses
from .blocks import Block, Code, Display, Heading, Inlines, Items, Math, Paragraph, Table, Text, count, joined, names, paragraph, sentence
from .equations import Equations, operator_line
from .formula import Applied, Number, Product, Related, Symbol
from .layout import broken
from .naming import Naming
from .recap import recap
from .steps import CORRECTION, TERM, TILE, D, X, equation
from .story import CascadeStory, RankStory
from .telling_proof import certificates, proofs, verdict
from .telling_reduction import told


def tell(story: CascadeStory) -> list[Block]:
    """The whole page of one cascade."""
    blocks: list[Block] = [Heading(1, sentence("The passes of {}", Code(story.name)))]
    blocks += as_written(story)
    for rank in story.ranks:
        blocks += _rank(story, rank)
    blocks += _quiet(story)
    return blocks


def as_written(story: CascadeStory) -> Iterator[Block]:
    equations = Equations(story.program, story.naming)
    inputs, outputs = (joined(map(Math, symbols)) for symbols in (equations.inputs(), equations.outputs()))
    start = sentence("From {} the cascade computes {}", inputs, outputs) if inputs else sentence("The cascade computes {}", outputs)
    sizes = [Related(_size(story.naming, r), "equals", Number(n)) for r, n in story.program.sizes.items() if r in story.program.traversing]
    end = sentence(", where {}:", joined(map(Math, sizes))) if sizes else (Text(":"),)
    yield Paragraph((*start, *end))
    yield from equations.blocks()
    for operator in story.operators:
        yield from _operator(operator)


def _size(naming: Naming, rank: str) -> Symbol:
    return naming.sizes.get(rank, Symbol(rank, kind="size"))


def _operator(operator: UserOperator) -> Iterator[Block]:
    """A user's operator: its definition, or that it is taken at its word."""
    laws = [*(n for n in ("associative", "commutative") if getattr(operator, n))]
    laws += [] if operator.identity is None else [f"with identity {operator.identity:g}"]
    laws += [] if operator.inverse is None else [f"undone by {operator.inverse}"]
    laws += [f"distributing over {o}" for o in operator.distributes_over]
    laws += [] if operator.monotone is None else [operator.monotone]
    laws += [] if operator.homomorphism is None else ["turning {} into {}".format(*operator.homomorphism)]
    declared = f"it is declared {', '.join(laws)}" if laws else "no law is declared for it"
    line = operator_line(operator)
    if line is None:
        template = "{} is opaque: {}. The derivation takes that at its word, and nothing more is known of it."
        yield paragraph(template, Code(operator.op), Text(declared))
        return
    yield paragraph("Here {} is the file's own operator; {}.", Code(operator.op), Text(declared))
    yield Display(broken(line))
    if laws:
        yield paragraph("Its definition is opened where that helps, and the laws declared for it were probed on numbers.")


def _rank(story: CascadeStory, rank: RankStory) -> Iterator[Block]:
    passes = rank.passes
    size = Related(_size(story.naming, rank.rank), "equals", Number(passes.size))
    yield Heading(2, sentence("Over {}: {}", Code(rank.rank), Text(_headline(rank))))
    yield paragraph("As written, the Einsums traverse {} (of size {}) in {}:", Math(Symbol(rank.rank)), Math(size), Text(_phases(passes)))
    yield _phase_table(passes)
    yield Items((*map(_reason, passes.reasons), *(line for live in passes.live if (line := _live(live)))))
    if passes.within:
        within = joined([Code(r) for r in passes.within])
        yield paragraph("This is inside the iteration over {}, once more in each of its generations.", within)
        if not rank.reductions:
            yield paragraph("Nothing was derived there.")
            return
    yield from _chain(rank)
    for i, reduction in enumerate(rank.reductions):
        yield from told(reduction, rank.reductions[:i])
    yield from recap(rank)
    yield from proofs(story, rank)
    yield from verdict(story, rank, rank.report)
    yield from certificates(story, rank)


def _headline(rank: RankStory) -> str:
    written = count(rank.passes.passes, "pass", "passes")
    if rank.report.passes >= rank.passes.passes:
        return f"{written} as written"
    return f"{written} as written, {rank.report.passes} derived"


def _phases(passes: RankPasses) -> str:
    if passes.phases == passes.passes:
        return count(passes.passes, "pass", "passes")
    return f"{count(passes.phases, 'phase')}, of which {count(passes.passes, 'pass', 'passes')} over the same data"


def _phase_table(passes: RankPasses) -> Table:
    einsums: dict[int, list[str]] = {}
    for name, phase in passes.phase_of.items():
        einsums.setdefault(phase, []).append(name)
    head = "pass" if passes.phases == passes.passes else "phase"
    rows = [((Text(str(p)),), names(einsums[p], ", "), names(passes.reads.get(p, ()), ", ")) for p in sorted(einsums)]
    return Table(((Text(head),), (Text("Einsums"),), (Text("read"),)), tuple(rows))


def _reason(reason: NewPass) -> Inlines:
    needs = joined([sentence("{}, {}", Code(o), Text(c)) for o, c in zip(reason.operands, reason.causes, strict=True)], "; and ")
    if not reason.again:
        return sentence("{} waits for phase {}: it needs {}. It reads no fiber again.", Code(reason.einsum), Text(str(reason.phase)), needs)
    again = sentence("It reads {} again.", names(reason.again))
    return sentence("{} starts pass {}: it needs {}. {}", Code(reason.einsum), Text(str(reason.pass_)), needs, again)


def _live(live: Live) -> Inlines:
    """What stays in memory between two phases, or is read or made again."""
    if not live.kept.tensors:
        return ()
    said = sentence("Between {} and {}, {} must be kept", Text(str(live.before)), Text(str(live.before + 1)), names(live.kept.tensors))
    size = sentence(" ({} elements, {} bytes)", Text(str(live.kept.elements)), Text(str(live.kept.bytes)))
    again = sentence(", or made again from {}", names(live.recompute_from)) if live.recompute_from else ()
    return (*said, *size, *again, Text("."))


def _chain(rank: RankStory) -> Iterator[Block]:
    """The reductions that wait for one another, with all maps written in."""
    if rank.outside:
        listed = joined([sentence("{} ({})", Code(o.name), Text(o.reason)) for o in rank.outside])
        yield paragraph("Not asked about, because the algebra speaks of one reduction over real numbers that visits every point: {}.", listed)
    if not rank.reductions:
        yield paragraph("No reduction over {} waits for another one that could share its traversal, so there is nothing to derive.", Code(rank.rank))
        return
    yield paragraph("With the maps between them written in, the reductions are")
    yield Display(tuple(line for r in rank.reductions for line in broken(equation(r))))
    waiting = [sentence("{} waits for {}", Code(r.name), names(r.needs)) for r in rank.reductions if r.needs]
    free = [r.name for r in rank.reductions if not r.needs]
    waits = sentence("{} {} for nothing", names(free), Text("waits" if len(free) == 1 else "wait"))
    yield Paragraph((*joined([waits, *waiting]), Text(".")))
    if any(isinstance(r.result, Derived) and r.result.rebased_on for r in rank.reductions):
        yield _notation()


def _notation() -> Paragraph:
    said = sentence(
        "In what follows {} are the elements at one coordinate and {} the summaries before; {} is the term that a reduction folds. A tile {} is some "
        "of the coordinates; a summary marked old has its value before the tile, unmarked its value with the tile. ",
        Math(X),
        Math(D),
        Math(TERM),
        Math(TILE),
    )
    law = sentence(
        "A correction {} leads what was accumulated from the old values to the new ones. Those below satisfy {} and {}: correcting twice is "
        "correcting once. That is why a loop over tiles, a tree and parts side by side give the same.",
        Math(CORRECTION),
        Math(Related(Applied(CORRECTION, (D, D)), "equals", Symbol("I", kind="bold"))),
        Math(_cocycle()),
    )
    return Paragraph((*said, *law))


def _cocycle() -> Related:
    once, twice = D.marked(r"\prime"), D.marked(r"\prime\prime")
    left = Product((Applied(CORRECTION, (once, twice)), Applied(CORRECTION, (D, once))))
    return Related(left, "equals", Applied(CORRECTION, (D, twice)))


def _quiet(story: CascadeStory) -> Iterator[Block]:
    if not story.quiet:
        return
    listed = names([p.rank for p in story.quiet])
    if story.ranks:
        yield paragraph("Over {} every fiber is read once as it is.", listed)
        return
    yield Heading(2, sentence("Nothing to save"))
    within = sorted({r for p in story.quiet for r in p.within})
    often = sentence(" (inside the iteration over {}: once in each generation)", names(within)) if within else ()
    said = sentence("Every fiber of {} is read once{}: no reduction waits for another that reads the same data.", listed, often)
    best = () if within else sentence(" Every element must be read once, so nothing that computes the same makes fewer passes.")
    yield Paragraph((*said, *best))
