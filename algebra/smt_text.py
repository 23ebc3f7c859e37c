"""Expressions as SMT-LIB 2.6 text over the reals: what is proved is written first, and the text is what a solver is asked.

A leaf keeps its name (`%SD.old`, `|%QK[m, p]|`), an operator that the reals have is written with theirs, any other is a function of which only
the laws stated beside it are known. A part of a derivation (`K.0.1`, `final`) is a `define-fun`, so that a claim reads as theory.md has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType

from .build import rational
from .derivation import COUNT
from .expr import Access, Apply, Expr, Num, Param, RankShape, RankValue, map_leaves
from .linear import plain

LARGEST_POWER = 8
"""Whole powers up to this one are written as products."""

_SIMPLE = re.compile(r"[A-Za-z~$%^&*_+=<>?/-][A-Za-z0-9~@$%^&*_+=<>?/.-]*")

_CODED = frozenset("|\\!")

_INFINITY = "infinity"

_TOKEN = re.compile(r";[^\n]*|\|[^|]*\||[^\s()|;]+")

_ARITHMETIC: Mapping[str, str] = MappingProxyType({"add": "+", "sub": "-", "mul": "*", "div": "/", "neg": "-"})

_COMPARISONS: Mapping[str, str] = MappingProxyType({"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "="})

_JUNCTIONS: Mapping[str, str] = MappingProxyType({"and": "and", "or": "or"})

_PRELUDE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "max": ("Max", "((a Real) (b Real)) Real (ite (>= a b) a b)"),
        "min": ("Min", "((a Real) (b Real)) Real (ite (<= a b) a b)"),
        "abs": ("Abs", "((a Real)) Real (ite (>= a 0.0) a (- a))"),
        "sign": ("Sign", "((a Real)) Real (ite (> a 0.0) 1.0 (ite (< a 0.0) (- 1.0) 0.0))"),
    }
)
"""Operators that a short definition says: name, and the rest of the `define-fun`."""


@dataclass(frozen=True)
class Definition:
    """A part of a derivation under a name of its own. `formals` are the leaves of `body` that it is a function of."""

    name: str
    formals: tuple[Expr, ...]
    body: Expr

    def __call__(self, *arguments: Expr) -> Expr:
        """The part at other values of its formals (their own, if none are given)."""
        return Apply(self.name, arguments or self.formals)


def symbol(text: str) -> str:
    """A name as SMT-LIB writes it: between bars where it is not a simple symbol, and with codes for what may not stand there."""
    return text if _SIMPLE.fullmatch(text) else f"|{''.join(c if c.isprintable() and c not in _CODED else f'!{ord(c):x}!' for c in text)}|"


def leaf_name(leaf: Expr) -> str:
    """The name of a leaf. `memo.py` and the tools put original names for these, so they are all this function's."""
    match leaf:
        case Param(name):
            return f"%{name}"
        case Access(tensor, subscripts):
            return f"%in{tensor}[{', '.join(map(str, subscripts))}]"
        case RankValue(rank):
            return f"rank.{rank}"
        case RankShape(rank):
            return "number-of-elements" if leaf == COUNT else f"shape({rank})"
        case _:
            return _INFINITY


def renamed_script(script: str, names: Mapping[str, str]) -> str:
    """A script with leaves' names, as `leaf_name` gives them, exchanged for others, wherever they stand in a longer name."""
    if not names:
        return script
    found = re.compile("|".join(f"{re.escape(n)}(?![0-9])" for n in sorted(names, key=len, reverse=True)))

    def rename(text: str) -> str:
        return found.sub(lambda m: names[m[0]], text)

    def token(m: re.Match[str]) -> str:
        text = m[0]
        if text.startswith(";"):
            return rename(text)
        inner = text[1:-1] if text.startswith("|") else text
        changed = rename(inner)
        return text if changed == inner else symbol(changed)

    return _TOKEN.sub(token, script)


def real(value: Fraction) -> str:
    """A rational number as a term."""
    size = f"{abs(value.numerator)}.0"
    if value.denominator != 1:
        size = f"(/ {size} {value.denominator}.0)"
    return f"(- {size})" if value < 0 else size


def applied(function: str, *arguments: str) -> str:
    return f"({function} {' '.join(arguments)})" if arguments else function


@dataclass
class Writer:
    """Writes terms, and remembers what they need: constants, functions, definitions."""

    constants: dict[str, None] = field(default_factory=dict[str, None])
    functions: dict[str, int] = field(default_factory=dict[str, int])
    prelude: dict[str, None] = field(default_factory=dict[str, None])
    definitions: dict[str, Definition] = field(default_factory=dict[str, Definition])
    texts: dict[str, str] = field(default_factory=dict[str, str])
    declared: set[str] = field(default_factory=set[str])

    def declare(self, definition: Definition) -> None:
        """Give a part its name only: what is said of it then holds whatever it is."""
        self.functions[symbol(definition.name)] = len(definition.formals)
        self.declared.add(definition.name)

    def define(self, definition: Definition) -> None:
        """Give a part of the derivation its name; what it is written with is declared."""
        if definition.name in self.definitions:
            return
        own = Writer(functions=self.functions, prelude=self.prelude, definitions=self.definitions)
        body = own.term(definition.body)
        formals = [symbol(leaf_name(f)) for f in definition.formals]
        self.constants.update((c, None) for c in own.constants if c not in formals)
        self.definitions[definition.name] = definition
        self.texts[definition.name] = f"(define-fun {symbol(definition.name)} ({' '.join(f'({f} Real)' for f in formals)}) Real {body})"

    def expand(self, e: Expr) -> Expr:
        """The expression with every defined part replaced by what it stands for."""
        if not isinstance(e, Apply):
            return e
        arguments = tuple(map(self.expand, e.args))
        definition = self.definitions.get(e.op)
        if definition is None:
            return Apply(e.op, arguments, e.merge)
        values = dict(zip(definition.formals, arguments, strict=True))
        return map_leaves(self.expand(definition.body), lambda leaf: values.get(leaf, leaf))

    def term(self, e: Expr) -> str:
        """A value."""
        value = rational(e)
        if value is not None:
            return real(value)
        if isinstance(e, Num):
            infinity = self._constant(e)
            return infinity if e.value > 0 else f"(- {infinity})"
        if not isinstance(e, Apply):
            return self._constant(e)
        if e.op in self.definitions or e.op in self.declared:
            return applied(symbol(e.op), *map(self.term, e.args))
        if not plain(e):
            return self._function(e.op, e.args, e.merge)
        match e.op, e.args:
            case op, args if op in _ARITHMETIC:
                return applied(_ARITHMETIC[op], *map(self.term, args))
            case "pow", (a, n) if (power := whole(n)) is not None and abs(power) <= LARGEST_POWER:
                return self._power(self.term(a), power)
            case "select", (c, a, b):
                return applied("ite", self.formula(c), self.term(a), self.term(b))
            case op, args if op in _PRELUDE:
                self.prelude[op] = None
                return applied(_PRELUDE[op][0], *map(self.term, args))
            case op, _ if is_test(op):
                return applied("ite", self.formula(e), "1.0", "0.0")
            case op, args:
                return self._function(op, args)

    def formula(self, e: Expr) -> str:
        """Whether a value, as a condition, is true: nonzero."""
        if isinstance(e, Apply) and plain(e) and e.op not in self.definitions:
            match e.op, e.args:
                case op, (a, b) if op in _COMPARISONS:
                    return applied(_COMPARISONS[op], self.term(a), self.term(b))
                case "ne", (a, b):
                    return applied("distinct", self.term(a), self.term(b))
                case op, args if op in _JUNCTIONS:
                    return applied(_JUNCTIONS[op], *map(self.formula, args))
                case "not", (a,):
                    return applied("not", self.formula(a))
                case _:
                    pass
        return applied("distinct", self.term(e), "0.0")

    def declarations(self) -> Iterable[str]:
        """What the terms written so far need to be declared and defined, in order."""
        for name, arity in self.functions.items():
            yield f"(declare-fun {name} ({' '.join(['Real'] * arity)}) Real)"
        for name in self.constants:
            yield f"(declare-const {name} Real)" + (" ; a number of which nothing is known" if name == _INFINITY else "")
        for op in self.prelude:
            yield f"(define-fun {' '.join(_PRELUDE[op])})"
        yield from self.texts.values()

    def _constant(self, leaf: Expr) -> str:
        name = symbol(leaf_name(leaf))
        self.constants[name] = None
        return name

    def _function(self, op: str, arguments: Iterable[Expr], merge: str | None = None) -> str:
        written = [self.term(a) for a in arguments]
        name = symbol(function_name(op)) if merge is None else f"|merge {merge}: {symbol(function_name(op)).strip('|')}|"
        self.functions[name] = len(written)
        return applied(name, *written)

    def _power(self, base: str, power: int) -> str:
        size = "1.0" if power == 0 else base if abs(power) == 1 else applied("*", *[base] * abs(power))
        return size if power >= 0 else applied("/", "1.0", size)


def function_name(op: str) -> str:
    """An operator that the reals of SMT-LIB lack: solvers have names such as `sin` of their own, hence the capital."""
    return f"user.{op[1:]}" if op.startswith("@") else op[:1].upper() + op[1:]


def is_test(op: str) -> bool:
    """Whether an operator gives a truth value."""
    return op in _COMPARISONS or op in _JUNCTIONS or op in ("ne", "not")


def whole(e: Expr) -> int | None:
    """The integer that a literal is, None for anything else."""
    value = rational(e)
    return None if value is None or value.denominator != 1 else int(value)
