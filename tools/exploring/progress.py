"""How far a sweep is, shown on standard error where that is a terminal, and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager


@contextmanager
def progress(total: int, done: int) -> Generator[Callable[[int], None]]:
    """A bar that starts at `done` of `total` points; the function it gives takes how many more are done."""
    if not sys.stderr.isatty() or total == done:
        yield lambda _: None
        return
    from rich.console import Console  # for terminals only
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("points", total=total, completed=done)
        yield lambda more: bar.advance(task, more)
