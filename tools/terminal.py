"""What a command shows: plain lines for pipes and files, tables with rules and colours on a terminal.

The plain form is the interface for scripts and tests and does not change with the terminal; rich is imported only where it draws.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .driver.colours import is_coloured
from .output import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable


@dataclass(frozen=True)
class Table:
    """Rows of cells, and the same as lines of text.

    `right` are the columns of numbers. A row whose first cell begins with spaces belongs to the one above it. `shares` names a column that
    holds percentages, beside which a terminal draws a bar.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    plain: Sequence[str]
    right: frozenset[int] = field(default_factory=frozenset[int])
    shares: int | None = None


Part = str | Table


def on_terminal() -> bool:
    """Whether standard output is a terminal that can draw."""
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def coloured() -> bool:
    """Whether colours and bold letters may be used on standard output (https://no-color.org)."""
    return on_terminal() and is_coloured(sys.stdout)


def plain_lines(parts: Iterable[Part]) -> list[str]:
    """The parts as lines of text."""
    return [line for part in parts for line in ([part] if isinstance(part, str) else part.plain)]


def show(parts: Iterable[Part]) -> None:
    """Print to standard output."""
    if on_terminal():
        _draw(parts)
    else:
        print("\n".join(plain_lines(parts)))


def _draw(parts: Iterable[Part]) -> None:
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False, emoji=False, soft_wrap=True)
    for part in parts:
        if isinstance(part, str):
            console.print(printable(part), markup=False)
        elif (drawn := _fitting(part, console)) is not None:
            console.print(drawn, soft_wrap=False)
        else:
            console.print(printable("\n".join(part.plain)), markup=False)


def _fitting(part: Table, console: Console) -> RichTable | None:
    """The table with its bars, without them where the terminal is too narrow, or None where that is not enough."""
    for bars in (True, False):
        if _needed(part, bars) <= console.width:
            return _drawn(part, bars)
    return None


def _needed(part: Table, bars: bool) -> int:
    """Characters that a table takes at least: its first column and numbers are never broken, other cells between words."""
    columns = list(zip(part.head, *part.rows, strict=True))
    whole = [max(map(len, cells)) for index, cells in enumerate(columns) if index in part.right or not index]
    broken = [max(len(w) for c in cells for w in c.split() or [""]) for index, cells in enumerate(columns) if index and index not in part.right]
    widths = [*whole, *broken, *([BAR_WIDTH] if bars and part.shares is not None else [])]
    return sum(widths) + GAP * len(widths)


def _drawn(part: Table, bars: bool) -> RichTable:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    made = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    with_bars = bars and part.shares is not None
    for index, name in enumerate(part.head):
        made.add_column(Text(name), justify="right" if index in part.right else "left", overflow="fold", no_wrap=index in part.right or not index)
    if with_bars:
        made.add_column("", no_wrap=True, min_width=BAR_WIDTH)
    for row in part.rows:
        inner = row[0].startswith(" ")
        cells = [Text(printable(cell), style="" if inner or index else "bold") for index, cell in enumerate(row)]
        if with_bars:
            cells.append(Text(bar(row[part.shares or 0]), style="cyan" if inner else "bold cyan"))
        made.add_row(*cells)
    return made


BAR_WIDTH = 20
"""Characters of a bar of 100 %."""

GAP = 3
"""Characters between columns."""

EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(share: str) -> str:
    """`41.55 %` as a bar of eighths of a character; nothing for what is no percentage."""
    try:
        eighths = round(max(0.0, min(1.0, float(share.removesuffix("%")) / 100)) * BAR_WIDTH * 8)
    except ValueError:
        return ""
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
