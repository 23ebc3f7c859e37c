"""Obligations as SMT queries over the reals, with transcendental functions uninterpreted and their laws as ground instances.

exp becomes an uninterpreted E with, for the arguments that occur, `E(t) > 0` and `E(a + b) = E(a) E(b)` down to single addends; log(d) is an
L with `E(L(d)) = d` where d > 0; a square root is the non-negative r with r r = a; increasing functions get their monotonicity for
each pair of arguments. z3 is imported on first use; every query has a time limit.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .build import rational
from .derivation import Outcome
from .expr import Apply, Expr, Num, Param
from .intervals import Interval
from .laws import DEFAULT_LAWS, Laws
from .linear import linear, plain

_RESOURCES_PER_MS = 2000
"""z3's own deterministic measure of work, about what a millisecond buys."""


def z3() -> Any:
    return importlib.import_module("z3")


@dataclass(frozen=True)
class Answer:
    """How a query came out: `result`, the query's SMT-LIB text, and the seconds it took."""

    result: Outcome
    smtlib: str
    seconds: float


@dataclass
class Query:
    """Builds one query: translate expressions, assume ranges, then `prove` a claim.

    `divisors_nonzero`: the claim is about points where every divisor in it is nonzero (z3's own division by zero means nothing).
    """

    timeout_ms: int
    laws: Laws = DEFAULT_LAWS
    divisors_nonzero: bool = True
    names: dict[Expr, Any] = field(default_factory=dict[Expr, Any])
    facts: list[Any] = field(default_factory=list[Any])
    applied: dict[str, list[tuple[Any, Any]]] = field(default_factory=dict[str, list[tuple[Any, Any]]])

    def real(self, leaf: Expr, hint: str = "v") -> Any:
        """The real constant that stands for a leaf, or for a part that the query does not look into."""
        if leaf not in self.names:
            self.names[leaf] = z3().Real(f"{hint}{len(self.names)}")
        return self.names[leaf]

    def alias(self, part: Expr) -> Expr:
        """A parameter that stands for a part which the query does not look into; equal parts have the same one."""
        constant = self.real(part)
        stand_in = Param(f"#{constant}")
        self.names[stand_in] = constant
        return stand_in

    def conjunction(self, claims: Sequence[Any]) -> Any:
        return z3().And(*claims)

    def assume(self, value: Any, interval: Interval) -> None:
        """The value lies in an interval."""
        if isinstance(interval.low, Fraction):
            low = z3().Q(interval.low.numerator, interval.low.denominator)
            self.facts.append(value > low if interval.low_open else value >= low)
        if isinstance(interval.high, Fraction):
            high = z3().Q(interval.high.numerator, interval.high.denominator)
            self.facts.append(value < high if interval.high_open else value <= high)

    def translate(self, e: Expr) -> Any:
        """The expression as a z3 term."""
        value = rational(e)
        if value is not None:
            return z3().Q(value.numerator, value.denominator)
        if not isinstance(e, Apply) or not plain(e):
            return self.real(e)
        match e.op, e.args:
            case "add", (a, b):
                return self.translate(a) + self.translate(b)
            case "sub", (a, b):
                return self.translate(a) - self.translate(b)
            case "mul", (a, b):
                return self.translate(a) * self.translate(b)
            case "div", (a, b):
                divisor = self.translate(b)
                if self.divisors_nonzero:
                    self.facts.append(divisor != 0)
                return self.translate(a) / divisor
            case "neg", (a,):
                return -self.translate(a)
            case "pow", (a, Num(int() as n)) if 0 <= n <= 8:
                return self._power(self.translate(a), n)
            case (("max" | "min"), (a, b)):
                p, q = self.translate(a), self.translate(b)
                return z3().If(p >= q if e.op == "max" else p <= q, p, q)
            case "abs", (a,):
                p = self.translate(a)
                return z3().If(p >= 0, p, -p)
            case "sqrt", (a,):
                return self._root(e, a)
            case "exp", (a,):
                return self._exp(a)
            case "log", (a,):
                return self._log(a)
            case (("lt" | "le" | "gt" | "ge"), (a, b)):
                p, q = self.translate(a), self.translate(b)
                test = {"lt": p < q, "le": p <= q, "gt": p > q, "ge": p >= q}[e.op]
                return z3().If(test, z3().RealVal(1), z3().RealVal(0))
            case op, (a,):
                return self._monotone(op, a)
            case _:
                return self.real(e, "t")

    def _power(self, base: Any, n: int) -> Any:
        result = z3().RealVal(1)
        for _ in range(n):
            result = result * base
        return result

    def _root(self, e: Expr, a: Expr) -> Any:
        if e not in self.names:
            root = self.real(e, "r")
            self.facts += [root >= 0, root * root == self.translate(a)]
        return self.names[e]

    def _exp(self, argument: Expr) -> Any:
        """E of a linear form, with the instances that take it apart into single addends."""
        atoms, constant = linear(argument)
        parts = [(k, self.translate(e)) for e, k in atoms.items()]
        if constant:
            parts.append((constant, z3().RealVal(1)))
        zero, one = z3().RealVal(0), z3().RealVal(1)
        whole, product = zero, one
        for k, atom in parts:
            unit = Fraction(1) if k.denominator == 1 else abs(k)
            single = self._apply_exp(self._scaled(unit, atom))
            for _ in range(int(abs(k) / unit)):
                before, whole = whole, whole + (self._scaled(unit, atom) if k > 0 else -self._scaled(unit, atom))
                grown = self._apply_exp(whole)
                if k > 0:
                    self.facts.append(grown == self._apply_exp(before) * single)
                else:
                    self.facts.append(grown * single == self._apply_exp(before))
                product = grown
        return product

    def _scaled(self, k: Fraction, atom: Any) -> Any:
        return atom if k == 1 else z3().Q(k.numerator, k.denominator) * atom

    def _apply_exp(self, argument: Any) -> Any:
        real = z3().RealSort()
        function = z3().Function("E", real, real)
        argument = z3().simplify(argument)
        value = function(argument)
        self.facts.append(value > 0)
        if z3().is_rational_value(argument) and argument.as_fraction() == 0:
            self.facts.append(value == 1)
        return value

    def _log(self, argument: Expr) -> Any:
        real = z3().RealSort()
        inner = self.translate(argument)
        value = z3().Function("L", real, real)(inner)
        self.facts.append(z3().Implies(inner > 0, self._apply_exp(value) == inner))
        return value

    def _monotone(self, op: str, a: Expr) -> Any:
        """An uninterpreted function, with its monotonicity for every pair of arguments met."""
        real = z3().RealSort()
        argument = self.translate(a)
        value = z3().Function(op.replace("@", "user_"), real, real)(argument)
        law = self.laws.monotone(op)
        for other, result in self.applied.setdefault(op, []):
            if law is not None and law.directions[0] is not None:
                up = law.directions[0] == "increasing"
                self.facts.append(z3().Implies(argument <= other, value <= result if up else value >= result))
                self.facts.append(z3().Implies(other <= argument, result <= value if up else result >= value))
        self.applied[op].append((argument, value))
        return value

    def prove(self, claim: Any) -> Answer:
        """Ask whether the facts and the negation of the claim contradict each other."""
        solver = z3().SolverFor("QF_UFNRA") if self._uses_functions(claim) else z3().SolverFor("QF_NRA")
        solver.set("timeout", self.timeout_ms)
        solver.set("rlimit", self.timeout_ms * _RESOURCES_PER_MS)  # the time limit alone can be overrun several times
        for fact in dict.fromkeys(self.facts):
            solver.add(fact)
        solver.add(z3().Not(claim))
        start = time.perf_counter()
        outcome = solver.check()
        seconds = time.perf_counter() - start
        result: Outcome = "proved" if outcome == z3().unsat else "unknown"
        return Answer(result, solver.to_smt2(), seconds)

    def _uses_functions(self, claim: Any) -> bool:
        return bool(self.applied) or any("E(" in str(f) or "L(" in str(f) for f in self.facts)
