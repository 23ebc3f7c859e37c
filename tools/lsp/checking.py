"""What is wrong in a text, all of it: after an error the statement at fault is left out and the rest is read again.

Errors that follow from what was left out are not told. What can be read is kept, for those who ask about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from ...analysis.einsums import Program
from ...analysis.passes_over import PassCounter, RankPasses
from ...dialects.einsum import CascadeOp
from ..diagnostics import Diagnostic, Failure, file_location
from ..loading import new_context
from ..parsing import parse_source
from ..source import Source
from ..verifying import verify_module
from .budget import Budget, BudgetedParser, Expired
from .outline import Outline, Statement
from .positions import Places

MOST_ERRORS = 30
"""Errors told of one text, at most."""

MOST_CHARACTERS = 2**20
"""Longest text that is looked into while it is edited."""

QUOTED = re.compile(r"'([%@][^']+)'")
"""A name in a message."""

Counts = Mapping[str, RankPasses]


@dataclass(frozen=True)
class Found:
    """A message at characters `start` to `end` of a text."""

    severity: str
    message: str
    start: int
    end: int
    related: tuple[Found, ...] = ()


@dataclass
class Checked:
    """What was found, and what could be read: operations by the place of their names, and the passes of each cascade."""

    found: list[Found] = field(default_factory=list[Found])
    module: ModuleOp | None = None
    operations: dict[int, Operation] = field(default_factory=dict[int, Operation])
    counts: dict[Operation, Counts] = field(default_factory=dict[Operation, Counts])


NO_END = "is not a terminator"
"""In what the verifier says of a body that does not end in its `return` or `yield`."""


class Checker:
    """One text being checked. `remarks`: whether Einsums that start another pass are told."""

    def __init__(self, text: str, outline: Outline, budget: Budget, *, remarks: bool = True):
        self.text, self.outline, self.budget, self.remarks = text, outline, budget, remarks
        self.places = Places(text)
        self.left = text
        self.left_out: list[tuple[int, int]] = []
        self.hidden: set[str] = set()
        self.checked = Checked()

    def run(self) -> Checked:
        """Check within the budget; what was found by its end, with a note that it has ended."""
        if len(self.text) > MOST_CHARACTERS:
            self._note(f"longer than {MOST_CHARACTERS // 2**20} Mi characters: not checked here; use einfold-opt")
            return self.checked
        if not self.outline.tokens:  # a new file, or one with comments alone
            return self.checked
        try:
            module = self._parsed(new_context())
            if module is not None:
                self._index(module)
                self.budget.check()
                self._verify(module)
                self._count(module)
        except Expired:
            self._note("not checked to the end: it takes too long")
        except Failure as failure:  # an installed plug-in that does not load
            self.checked.found += [self._of(d) for d in failure.diagnostics]
        return self.checked

    def _note(self, message: str) -> None:
        self.checked.found.append(Found("note", message, 0, max(0, self.text.find("\n"))))

    def _parsed(self, ctx: Context) -> ModuleOp | None:
        """The module of all that can be read; None if that does not come to an end."""
        for _ in range(MOST_ERRORS):
            self.budget.check()
            try:
                return parse_source(Source("", self.left), ctx, make_parser=lambda c, s: BudgetedParser(c, s, self.budget))
            except Failure as failure:
                self.budget.check()
                if not self._leave_out(self._of(failure.diagnostics[0])):
                    return None
        return None

    def _of(self, d: Diagnostic) -> Found:
        start = 0 if d.line is None else self.places.offset(d.line, d.column)
        return Found(d.severity, d.message, start, min(start + d.width, len(self.text)), tuple(map(self._of, d.notes)))

    def _leave_out(self, error: Found) -> bool:
        """Tell an error unless it follows from others, and put blanks where its statement is. Whether there was anything to leave out."""
        statement = self.outline.statement_at(error.start) or self.outline.statement_at(max(0, error.start - 1))
        between = self._between(error.start, statement)
        if not self._follows(error, statement if between is None else None):
            self.checked.found.append(error)
        start, end = (statement.start, statement.end) if between is None and statement is not None else between or (0, 0)
        blank = re.sub(r"[^\n]", " ", self.left[start:end])
        if blank == self.left[start:end]:
            return False
        self.left = self.left[:start] + blank + self.left[end:]
        self.left_out.append((start, end))
        for each in self.outline.statements:
            if start <= each.start < end:
                self.hidden |= {r.text for r in each.results}
                if each.symbol is not None:
                    self.hidden.add(each.symbol.text)
        return True

    def _follows(self, error: Found, statement: Statement | None) -> bool:
        """Whether an error is one of a text from which something was left out: a name that was defined there, a body that lacks its end."""
        if any(name in self.hidden for name in QUOTED.findall(error.message)):
            return True
        return statement is not None and any(statement.start <= s and e <= statement.end for s, e in self.left_out)

    def _between(self, at: int, around: Statement | None) -> tuple[int, int] | None:
        """What stands around a character between statements, up to the end of its line; None where that is nothing, or a statement itself."""
        if around is not None and (around.body is None or not around.body[0] <= at < around.body[1]):
            return None
        low, high = (0, len(self.text)) if around is None or around.body is None else around.body
        siblings = self.outline.roots if around is None else around.children
        begin = max([low, self.text.rfind("\n", 0, at) + 1, *(s.end for s in siblings if s.end <= at)])
        end = self.text.find("\n", at)
        end = min([high, high if end < 0 else end, *(s.start for s in siblings if s.start > at)])
        return (begin, end) if self.left[begin:end].strip() else None

    def _verify(self, module: ModuleOp) -> None:
        try:
            verify_module(module, Source("", self.text))
        except Failure as failure:
            for error in map(self._of, failure.diagnostics):
                statement = self.outline.statement_at(error.start)
                if not self._follows(error, statement) and not (NO_END in error.message and self._lost_its_end(statement)):
                    self.checked.found.append(error)

    def _lost_its_end(self, statement: Statement | None) -> bool:
        """Whether the last statement of the body that this one stands in was left out."""
        siblings = next((s.children for s in self.outline.statements if statement in s.children), ())
        return any(start <= siblings[-1].start < end for start, end in self.left_out) if siblings else False

    def _index(self, module: ModuleOp) -> None:
        self.checked.module = module
        for op in module.walk():
            if (place := file_location(op.location)) is not None:
                self.checked.operations.setdefault(self.places.offset(place.line.data, place.column.data), op)

    def _count(self, module: ModuleOp) -> None:
        """Count the passes of the cascades that nothing is wrong with."""
        places = {op: at for at, op in self.checked.operations.items()}
        wrong = [f.start for f in self.checked.found]
        for cascade in [op for op in module.walk() if isinstance(op, CascadeOp)]:
            statement = self.outline.statement_at(places.get(cascade, 0))
            if statement is None or any(statement.start <= w <= statement.end for w in wrong):
                continue
            self.budget.check()
            try:
                counts = PassCounter(Program(cascade)).count()
            except (ValueError, KeyError):  # nothing that an editor has to speak of
                continue
            self.checked.counts[cascade] = counts
            if self.remarks:
                self.checked.found += self._new_passes(statement, counts)

    def _new_passes(self, cascade: Statement, counts: Counts) -> Iterator[Found]:
        made = {r.name: s for s in _within(cascade) for r in s.results}
        for reason in (r for passes in counts.values() for r in passes.reasons if r.again):
            statement = made.get(reason.einsum)
            if statement is not None:
                yield Found("remark", reason.message, statement.at, statement.at + len(statement.name))


def _within(statement: Statement) -> Iterator[Statement]:
    for each in statement.children:
        yield each
        yield from _within(each)


def check(text: str, outline: Outline | None = None, budget: Budget | None = None, *, remarks: bool = True) -> Checked:
    """Check a text; without a budget, for ten seconds at most."""
    checked = Checker(text, outline or Outline(text), budget or Budget(10), remarks=remarks).run()
    seen: set[tuple[str, int]] = set()
    unique = [f for f in checked.found if (key := (f.message, f.start)) not in seen and not seen.add(key)]
    return replace(checked, found=sorted(unique, key=lambda f: f.start))
