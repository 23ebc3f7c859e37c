"""What a command shows: plain lines for pipes and files, tables with rules and colours on a terminal.

The plain form is the interface for scripts and tests and does not change with the terminal; rich is imported only where it draws.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


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
    return on_terminal() and not os.environ.get("NO_COLOR")


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
            console.print(part, markup=False)
        else:
            console.print(_drawn(part), soft_wrap=False)


def _drawn(part: Table) -> object:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    made = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for index, name in enumerate(part.head):
        made.add_column(Text(name), justify="right" if index in part.right else "left", overflow="fold", no_wrap=index in part.right)
    if part.shares is not None:
        made.add_column("", no_wrap=True)
    for row in part.rows:
        inner = row[0].startswith(" ")
        cells = [Text(cell, style="" if inner or index else "bold") for index, cell in enumerate(row)]
        bars = [] if part.shares is None else [Text(bar(row[part.shares]), style="cyan" if inner else "bold cyan")]
        made.add_row(*cells, *bars)
    return made


BAR_WIDTH = 20
"""Characters of a bar of 100 %."""

EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(share: str) -> str:
    """`41.55 %` as a bar of eighths of a character; nothing for what is no percentage."""
    try:
        eighths = round(max(0.0, min(1.0, float(share.removesuffix("%")) / 100)) * BAR_WIDTH * 8)
    except ValueError:
        return ""
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
