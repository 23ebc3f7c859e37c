"""Claims about real expressions, written as SMT-LIB 2.6 scripts and put to z3: what was asked is what was written.

A script declares its variables, defines the parts of the derivation, states the laws of the functions that occur (`smt_laws.py`), what is known and
where the claim is made, and denies the claim: any solver that finds it contradictory has proved the claim, without knowing anything of this
library. z3 is imported on first use, reads the text in a context of its own, and is limited in time and work.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .build import rational
from .derivation import Outcome
from .expr import Apply, Expr, Num, walk
from .intervals import Interval
from .laws import DEFAULT_LAWS, Laws
from .linear import plain
from .smt_laws import ORDER, Instances
from .smt_text import Definition, Writer, applied, real, whole

_WORK_PER_MS = 500
"""z3's own deterministic measure of work, for each millisecond of the limit: a quarter of what that buys on an idle machine."""

PROVED = "(set-info :status unsat)"
"""The line by which a script says that a solver found it contradictory."""


def z3() -> Any:
    return importlib.import_module("z3")


@dataclass(frozen=True)
class Answer:
    """How a script came out: `result`, the script, and the seconds it took."""

    result: Outcome
    smtlib: str
    seconds: float


@dataclass
class Query:
    """Builds one script: define parts, say what is known, and `prove` claims."""

    timeout_ms: int
    laws: Laws = DEFAULT_LAWS
    writer: Writer = field(default_factory=Writer)
    known: dict[str, None] = field(default_factory=dict[str, None])
    given: dict[str, None] = field(default_factory=dict[str, None])
    read: list[Expr] = field(default_factory=list[Expr])
    notes: list[str] = field(default_factory=list[str])

    def define(self, definition: Definition) -> None:
        self.writer.define(definition)

    def formula(self, e: Expr) -> str:
        """A condition in the notation of maps, as a formula; the laws of what occurs in it are stated."""
        self.read.append(self.writer.expand(e))
        return self.writer.formula(e)

    def assume(self, value: Expr, interval: Interval) -> None:
        """It is known that a value lies in an interval."""
        term = self._term(value)
        if isinstance(interval.low, Fraction):
            self.known[applied(">" if interval.low_open else ">=", term, real(interval.low))] = None
        if isinstance(interval.high, Fraction):
            self.known[applied("<" if interval.high_open else "<=", term, real(interval.high))] = None

    def assume_that(self, e: Expr) -> None:
        """It is known that a condition holds."""
        self.known[self.formula(e)] = None

    def where_defined(self, e: Expr) -> None:
        """The claim is made where this has a value: no divisor is zero, no root is of a negative number."""
        for condition in conditions(self.writer.expand(e)):
            self.given[self.formula(condition)] = None

    def equal(self, pairs: Iterable[tuple[Expr, Expr]]) -> Answer:
        """Ask whether the expressions of each pair are always equal."""
        return self.prove([Apply("eq", pair) for pair in pairs])

    def prove(self, claims: Iterable[Expr], lemmas: Iterable[Expr] = ()) -> Answer:
        """Ask whether all of these conditions always hold; or whether they follow from the lemmas.

        Nothing is proved by what contradicts itself: what is stated beside the claim must not be found contradictory. Exponentials are put
        together first, and taken apart if that does not do.
        """
        claims, relied = list(claims), list(map(self.formula, lemmas))
        claimed = list(dict.fromkeys(map(self.formula, claims)))
        claim = claimed[0] if len(claimed) == 1 else "\n    ".join(("(and", *claimed)) + ")" if claimed else "true"
        seconds, script, tried = 0.0, "", set[tuple[str, ...]]()
        for apart in (False, True):
            laws = () if relied else tuple(Instances(self.read, self.laws, self.writer, self.ordered(claims), apart).formulas())
            if laws in tried:
                continue
            tried.add(laws)
            stated = "\n".join(self._stated(laws, relied))
            script = f"{stated}\n; the claim, denied\n(assert (not {claim}))\n(check-sat)"
            start = time.perf_counter()
            proved = contradictory(script, self.timeout_ms) and not contradictory(stated, self.timeout_ms)
            seconds += time.perf_counter() - start
            if proved:
                return Answer("proved", self._headed(script, True), seconds)
        return Answer("unknown", self._headed(script, False), seconds)

    def _headed(self, script: str, proved: bool) -> str:
        logic = "QF_UFNRA" if self.writer.functions else "QF_NRA"
        return "\n".join(("(set-info :smt-lib-version 2.6)", *([PROVED] if proved else []), f"(set-logic {logic})", script)) + "\n"

    def ordered(self, claims: Iterable[Expr]) -> bool:
        """Whether signs, or which value is larger, matter to the claims."""
        return any(isinstance(e, Apply) and e.op in ORDER for c in claims for e in walk(self.writer.expand(c)))

    def _stated(self, laws: Iterable[str], lemmas: Iterable[str]) -> Iterator[str]:
        yield from (f"; {note}" for note in self.notes)
        yield from self.writer.declarations()
        parts: dict[str, Iterable[str]] = {
            "the laws of these functions, where they are applied": laws,
            "what another chunk proves": lemmas,
            "what is known": self.known,
            "where the claim is made": self.given,
        }
        for title, formulas in parts.items():
            lines = [f"(assert {f})" for f in formulas]
            yield from (f"; {title}", *lines) if lines else ()

    def _term(self, e: Expr) -> str:
        self.read.append(self.writer.expand(e))
        return self.writer.term(e)


def contradictory(script: str, timeout_ms: int) -> bool:
    """Whether z3, which knows nothing but the text, finds it contradictory within the limit."""
    api = z3()
    solver = api.Solver(ctx=api.Context())
    solver.set("timeout", timeout_ms)
    solver.set("ctrl_c", False)  # an interrupt is the program's to answer, not an obligation that came out unknown
    solver.set("rlimit", timeout_ms * _WORK_PER_MS)  # what is found must not depend on how busy the machine is, as far as z3 counts its work
    solver.from_string(script)
    return bool(solver.check() == api.unsat)


def conditions(e: Expr, path: Expr | None = None) -> Iterator[Expr]:
    """What must hold for an expression to have a real value, each on the branch of a `select` where it stands."""
    if not isinstance(e, Apply):
        return
    zero = Num(0)
    if plain(e):
        match e.op, e.args:
            case "select", (c, a, b):
                yield from conditions(c, path)
                yield from conditions(a, _joined(path, c))
                yield from conditions(b, _joined(path, Apply("not", (c,))))
                return
            case "div", (_, b) if rational(b) is None:
                yield _guarded(path, Apply("ne", (b, zero)))
            case (("log" | "rsqrt"), (a,)):
                yield _guarded(path, Apply("gt", (a, zero)))
            case "sqrt", (a,):
                yield _guarded(path, Apply("ge", (a, zero)))
            case "pow", (a, n):
                power = whole(n)
                if power is None:
                    yield _guarded(path, Apply("ge", (a, zero)))
                elif power < 0:
                    yield _guarded(path, Apply("ne", (a, zero)))
            case _:
                pass
    for a in e.args:
        yield from conditions(a, path)


def _joined(path: Expr | None, c: Expr) -> Expr:
    return c if path is None else Apply("and", (path, c))


def _guarded(path: Expr | None, condition: Expr) -> Expr:
    return condition if path is None else Apply("or", (Apply("not", (path,)), condition))
