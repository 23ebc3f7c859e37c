"""SMT-LIB as the tests read it, without the library that wrote it: chunks of a proof file, and the value of a term where functions mean what they say."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import z3

Term = str | list["Term"]

TOKEN = re.compile(r";[^\n]*|\|[^|]*\||[()]|[^\s()|;]+")

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "+": lambda *a: math.fsum(a),
    "*": lambda *a: math.prod(a),
    "-": lambda *a: -a[0] if len(a) == 1 else a[0] - math.fsum(a[1:]),
    "/": lambda a, b: a / b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b + 1e-9 * (1 + abs(b)),
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b - 1e-9 * (1 + abs(b)),
    "=": lambda a, b: math.isclose(a, b, rel_tol=1e-7, abs_tol=1e-9),
    "distinct": lambda a, b: not math.isclose(a, b, rel_tol=1e-7, abs_tol=1e-9),
    "and": lambda *a: all(a),
    "or": lambda *a: any(a),
    "not": lambda a: not a,
    "=>": lambda a, b: not a or b,
    "ite": lambda c, a, b: a if c else b,
    "Exp": math.exp,
    "Log": lambda a: math.log(a) if a > 0 else -1e3,
    "Sqrt": lambda a: math.sqrt(a) if a >= 0 else 0.0,
    "Rsqrt": lambda a: 1 / math.sqrt(a) if a > 0 else 1e9,
    "Sin": math.sin,
    "Cos": math.cos,
    "Tanh": math.tanh,
    "Sigmoid": lambda a: 1 / (1 + math.exp(-a)),
    "Floor": math.floor,
    "Pow": lambda a, b: a**b if a > 0 or (a == 0 and b > 0) else 0.0,
}


def chunks(text: str) -> list[str]:
    """The chunks of a proof file that a solver is to answer."""
    return [part for part in text.split("(reset)\n") if "(check-sat)" in re.sub(r";[^\n]*", "", part)]


def answer(script: str, timeout_ms: int = 5000) -> str:
    """What z3, fresh and knowing nothing but the text, says."""
    solver = z3.Solver(ctx=z3.Context())
    solver.set("timeout", timeout_ms)
    solver.from_string(script)
    return str(solver.check())


def terms(text: str) -> list[Term]:
    """The s-expressions of a text."""
    stack: list[list[Term]] = [[]]
    for token in TOKEN.findall(text):
        if token == "(":
            stack.append([])
        elif token == ")":
            done = stack.pop()
            stack[-1].append(done)
        elif not token.startswith(";"):
            stack[-1].append(token)
    return stack[0]


def asserted(script: str) -> Iterator[tuple[str, Term]]:
    """(title of the section, formula) for each assertion."""
    title = ""
    for line in re.split(r"\n(?=; |\()", script):
        if line.startswith(";"):
            title = line[2:].strip()
        elif line.startswith("(assert "):
            yield title, terms(line)[0][1]


class Evaluator:
    """Values of a script's terms at given values of its constants."""

    def __init__(self, script: str, values: Mapping[str, float]):
        self.values = values
        self.defined: dict[str, tuple[list[str], Term]] = {}
        for t in terms(script):
            if isinstance(t, list) and t and t[0] == "define-fun":
                self.defined[str(t[1])] = ([str(f[0]) for f in t[2]], t[4])

    def value(self, t: Term, local: Mapping[str, float] | None = None) -> Any:
        if isinstance(t, str):
            if local and t in local:
                return local[t]
            if t in self.values:
                return self.values[t]
            return self.value(["call", t]) if t in self.defined else t == "true" if t in ("true", "false") else float(t)
        head = "call" if t[0] == "call" else str(t[0])
        name, arguments = (str(t[1]), t[2:]) if head == "call" else (head, t[1:])
        if name == "ite":
            return self.value(arguments[1 if self.value(arguments[0], local) else 2], local)
        found = [self.value(a, local) for a in arguments]
        if name in self.defined:
            formals, body = self.defined[name]
            return self.value(body, dict(zip(formals, found, strict=True)))
        return FUNCTIONS[name](*found)


def constants(script: str) -> list[str]:
    return [str(t[1]) for t in terms(script) if isinstance(t, list) and t and t[0] == "declare-const"]
