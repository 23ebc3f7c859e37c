"""What the rewrite rests on and how each condition was met, the verdict on the count, and how to check a certificate again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ...algebra.derivation import Derived, Outcome, Refusal
from ...passes.derivation_report import DerivationReport
from ..derivation_json import ASSUMED
from .blocks import Block, Code, Heading, Inlines, Items, Listing, Strong, Text, count, joined, names, paragraph, sentence
from .story import CascadeStory, RankStory


def proofs(story: CascadeStory, rank: RankStory) -> Iterator[Block]:
    """Every obligation of every derived reduction, those that were met alike together."""
    found: dict[tuple[str, str], dict[tuple[Outcome, str], list[str]]] = {}
    for r in rank.reductions:
        for o in r.result.obligations if isinstance(r.result, Derived) else ():
            found.setdefault((o.name, o.statement), {}).setdefault((o.result, o.method), []).append(r.name)
    if not found:
        return
    yield Heading(3, sentence("What it rests on"))
    yield Items(tuple(_obligation(name, statement, how) for (name, statement), how in found.items()))
    command = f"einfold passes {shlex.quote(story.file)} --rank {rank.rank} --proof obligations.smt2"
    yield paragraph("What was put to a solver comes as SMT-LIB, for any other solver, with")
    yield Listing((command,))
    yield paragraph("Assumed throughout: {} Elements are finite, unless they are masked.", Text(ASSUMED))


def _obligation(name: str, statement: str, how: dict[tuple[Outcome, str], list[str]]) -> Inlines:
    met = [sentence("{} ({}) for {}", Text(result), Text(method), names(reductions)) for (result, method), reductions in how.items()]
    return sentence("{} ({}): {}.", Strong(name), Text(statement), joined(met, "; "))


def verdict(story: CascadeStory, rank: RankStory, report: DerivationReport) -> Iterator[Block]:
    """The counts as written, derived and bound."""
    yield Heading(3, sentence("The verdict"))
    said = f"{count(report.passes, 'pass', 'passes')} instead of {rank.passes.passes}"
    if report.passes >= rank.passes.passes:
        said = f"{count(report.passes, 'pass', 'passes')}, as written"
    bound = f"{count(report.verdict.bound, 'pass', 'passes')} {'is' if report.verdict.bound == 1 else 'are'}"
    yield paragraph("{}; at least {} needed. The count is {}: {}.", Text(said), Text(bound), Strong(report.verdict.kind), Text(report.verdict.why))
    returned = story.program.cascade.return_op
    keeping = [
        story.program.names[v]
        for v, s in zip(returned.values, returned.subscripts.data, strict=True)
        if any(rank.rank in each.ranks for each in s.data)
    ]
    if report.verdict.bound > 1 and keeping:
        yield paragraph("What keeps {} among the results: {}.", Code(rank.rank), names(keeping))


def certificates(story: CascadeStory, rank: RankStory) -> Iterator[Block]:
    """How to check the certificates again, if there are any."""
    certified = [r.name for r in rank.reductions if isinstance(r.result, Refusal) and r.result.certificate is not None]
    if certified:
        yield paragraph("To check the {} of {} again:", Text("certificate" if len(certified) == 1 else "certificates"), names(certified))
        yield Listing(
            (
                f"einfold passes {shlex.quote(story.file)} --json -o derivation.json",
                "einfold check-certificate derivation.json",
            )
        )
