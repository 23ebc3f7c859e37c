"""What asking and telling return: counts, derivations, remarks, explanations and reports, for scripts, terminals and notebooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .display import heading, listed, page_in_frame, table

if TYPE_CHECKING:
    from ..analysis.passes_over import RankPasses
    from ..passes.derivation_report import DerivationReport


@dataclass(frozen=True, slots=True)
class Remark:
    """What a pass did (`applied`), declined (`missed`) or found (`analysis`), and where; `line` and `column` count from 1."""

    kind: str
    pass_name: str
    message: str
    file: str
    line: int | None
    column: int | None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.kind}: {self.pass_name}: {self.message}"


@dataclass(frozen=True)
class PassCounts(Mapping[str, "RankPasses"]):
    """Rank -> the passes over it, for the ranks of a cascade that some Einsum traverses.

    >>> import einfold
    >>> counts = einfold.example("attention").passes()
    >>> {rank: found.passes for rank, found in counts.items()}
    {'b': 1, 'h': 1, 'p': 1, 'm': 3, 'e': 1, 'f': 1}
    >>> print(counts["m"].reasons[0].message)
    SN starts pass 2 over m: it needs GM[b, h, p], reduced over m
    """

    cascade: str
    ranks: Mapping[str, RankPasses]
    lines: tuple[str, ...] = field(repr=False)

    def __getitem__(self, rank: str) -> RankPasses:
        return self.ranks[rank]

    def __iter__(self) -> Iterator[str]:
        return iter(self.ranks)

    def __len__(self) -> int:
        return len(self.ranks)

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def to_json(self) -> dict[str, object]:
        """As `einfold passes --json` has it, without what can be derived."""
        from ..tools.commands.passes import to_json

        return {"cascade": self.cascade, "ranks": {rank: to_json(found) for rank, found in self.ranks.items()}}

    def _repr_html_(self) -> str:
        rows = [(r, f"{p.size:,}", p.passes, ", ".join(f"{e} ({n})" for e, n in p.einsums.items())) for r, p in self.ranks.items()]
        reasons = [reason.message for p in self.ranks.values() for reason in p.reasons]
        return heading(f"passes of @{self.cascade}") + table(("rank", "size", "passes", "Einsums (their pass)"), rows) + listed(reasons)


@dataclass(frozen=True)
class Derivation:
    """The fewest passes over a rank that can be derived, how sure it is that fewer are impossible, and the report with each reduction's form.

    >>> import einfold
    >>> found = einfold.example("attention").derivation("m")
    >>> found.passes, found.verdict
    (1, 'optimal')
    """

    cascade: str
    rank: str
    report: DerivationReport
    data: Mapping[str, object] = field(repr=False)

    @property
    def passes(self) -> int:
        return self.report.passes

    @property
    def verdict(self) -> str:
        return self.report.verdict.kind

    @property
    def why(self) -> str:
        return self.report.verdict.why

    def to_json(self) -> dict[str, object]:
        """As `einfold passes --json` has it: `derived`, `bound`, `verdict`, `reductions`, `certificate`."""
        return dict(self.data)

    def _repr_html_(self) -> str:
        rows = [(link.name, getattr(result, "form", "refused"), getattr(result, "reason", "")) for link, result in self.report.reductions]
        told = f"@{self.cascade} over {self.rank}: {self.passes} pass{'' if self.passes == 1 else 'es'} ({self.verdict}: {self.why})"
        return heading(told) + table(("reduction", "form", "why not"), rows)


@dataclass(frozen=True)
class Explanation:
    """A derivation told as at a whiteboard, in Markdown with formulas in LaTeX, or in LaTeX; `str` is the text."""

    text: str = field(repr=False)
    format: str = "markdown"

    def __str__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        del include, exclude
        return {"text/plain": self.text} if self.format != "markdown" else {"text/markdown": self.text, "text/plain": self.text}


@dataclass(frozen=True)
class Report:
    """A report: one HTML page that needs nothing else. `path` is where it was written, if anywhere."""

    html: str = field(repr=False)
    path: str | None = None
    height: int = 720

    def _repr_html_(self) -> str:
        return page_in_frame(self.html, self.height)
