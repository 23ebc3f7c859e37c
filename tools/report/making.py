"""From settings to a page that is not too large: where it would be, less is shown of what grows with the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...backend.trace import trace_text
from ..diagnostics import Diagnostic, Failure, suggestion
from .page import LARGEST, document, page
from .run import Room, Run, run_of
from .settings import Settings

SMALLER = (1, 3, 12, 60)
"""By what the room for one run is divided, in turn, until the page is small enough."""


@dataclass(frozen=True)
class Made:
    """A page's text, and its runs."""

    html: str
    runs: tuple[Run, ...]

    @property
    def document(self) -> dict[str, object]:
        return document(self.runs)

    @property
    def trace(self) -> str:
        """The first run's timeline, as the page has it. Raises `Failure` if it was not simulated."""
        if not self.runs[0].timelines:
            raise Failure(Diagnostic("error", "nothing was simulated, so there is no trace; name a machine with --machine", "--trace"))
        return trace_text(self.runs[0].timelines)


def made(settings: Sequence[Settings], rank: str | None = None) -> Made:
    """Run all settings. Raises `Failure`."""
    for divisor in SMALLER:
        runs = tuple(run_of(s, _room(divisor * len(settings)), rank) for s in settings)
        _check_rank(runs[0], rank)
        text = page(runs)
        if len(text.encode()) < LARGEST:
            return Made(text, runs)
    raise Failure(Diagnostic("error", f"the page would be larger than {LARGEST:,} bytes; report fewer runs, or a smaller cascade", settings[0].file))


def _room(divisor: int) -> Room:
    whole = Room()
    return Room(whole.timeline // divisor, whole.text // divisor, whole.derivation // divisor, whole.drawn // max(1, divisor // 4))


def _check_rank(run: Run, rank: str | None) -> None:
    if rank is not None and rank not in run.ranks:
        raise Failure(Diagnostic("error", f"@{run.data.get('cascade', '')} has no rank '{rank}'{suggestion(rank, run.ranks)}", "--rank"))
