"""How long a check may take, and how it is called off when the text has changed meanwhile."""

from __future__ import annotations

import time
from threading import Event

from xdsl.context import Context
from xdsl.ir import Operation

from ..parsing import SourceParser
from ..source import Source


class Expired(Exception):
    """The time is up, or nobody wants the result any more."""


class Budget:
    """Seconds from now on, less if it is cancelled."""

    def __init__(self, seconds: float):
        self._end = time.monotonic() + seconds
        self._cancelled = Event()

    def cancel(self) -> None:
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    @property
    def spent(self) -> bool:
        return self.cancelled or time.monotonic() > self._end

    def check(self) -> None:
        """Raises `Expired` once it is spent."""
        if self.spent:
            raise Expired


class BudgetedParser(SourceParser):
    """A parser that stops before an operation when its budget is spent."""

    def __init__(self, ctx: Context, source: Source, budget: Budget):
        super().__init__(ctx, source)
        self._budget = budget

    def parse_operation(self) -> Operation:
        self._budget.check()
        return super().parse_operation()
