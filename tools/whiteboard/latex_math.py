r"""Formulas as LaTeX mathematics, for a LaTeX document and for the `$...$` of Markdown.

Operators are tables; the writer knows precedence and nothing else. A condition in a sum is an Iverson bracket, a fraction in an exponent is
written on one line, and signs stand in front.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TypeAlias

from .formula import Applied, Fold, Formula, Matrix, Number, Operation, Product, Related, RelationName, Statement, Symbol, factors_of, signed_terms
from .latex_words import ATOM, MARKED, PRODUCT, SUM, MathStyle, escaped, filter_text, name_text, number_text, symbol_text
from .layout import DEEPEST

RELATION, FOLD, QUOTIENT = 1, 3, 4
"""Between `SUM` and `PRODUCT`: a big operator reaches as far as it can, and `a / b c` on one line is read in two ways. What has a superscript
or is a fraction is `MARKED`: a factor as it stands, but no base of a power."""

COMPARISONS: Mapping[str, str] = MappingProxyType({"lt": "<", "le": r"\le", "gt": ">", "ge": r"\ge", "eq": "=", "ne": r"\ne"})
CONNECTIVES: Mapping[str, str] = MappingProxyType({"and": r"\land", "or": r"\lor"})
FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        **{name: rf"\{name}" for name in ("log", "tanh", "sin", "cos", "max", "min", "exp")},
        **{name: rf"\operatorname{{{name}}}" for name in ("sigmoid", "sign", "round")},
    }
)
FENCES: Mapping[str, tuple[str, str]] = MappingProxyType({"abs": (r"\lvert ", r"\rvert"), "floor": (r"\lfloor ", r"\rfloor")})
INFIX: Mapping[str, tuple[str, int]] = MappingProxyType(
    {"add": ("+", SUM), "sub": ("-", SUM), "mul": (r"\cdot", PRODUCT), "div": ("/", PRODUCT), **{op: (s, RELATION) for op, s in COMPARISONS.items()}}
)
FOLDS: Mapping[str, str] = MappingProxyType(
    {
        "add": r"\sum",
        "mul": r"\prod",
        "max": r"\max",
        "min": r"\min",
        "or": r"\bigvee",
        "and": r"\bigwedge",
        "argmax": r"\operatorname*{argmax}",
        "argmin": r"\operatorname*{argmin}",
    }
)
RELATIONS: Mapping[RelationName, str] = MappingProxyType(
    {
        "equals": "=",
        "becomes": r"\leftarrow",
        "at least": r"\ge",
        "at most": r"\le",
        "above": ">",
        "below": "<",
        "in": r"\in",
        "plus": "+",
        "minus": "-",
        "times": r"\cdot",
    }
)
TALL = (r"\frac", r"\begin", r"\sum", r"\prod", r"\max_", r"\min_", r"\big", r"\operatorname*")
"""What is taller than a line, so that brackets around it grow."""

Written: TypeAlias = tuple[str, int]
"""A text and how tightly it binds."""


def math_text(formula: Formula, style: MathStyle) -> str:
    """The formula, without dollars."""
    return _Writer(style).write(formula, 0)


def aligned_text(line: Related, style: MathStyle) -> str:
    """A line of several, aligned at its relation; one that continues another is set in."""
    writer = _Writer(style)
    relation = writer.related(replace(line, left=None))
    return rf"&\quad {relation}" if line.left is None else f"{writer.write(line.left, 0)} &{relation}"


def fenced(left: str, text: str, right: str) -> str:
    """Brackets that are as tall as what they hold."""
    return rf"\left{left}{text}\right{right}" if any(mark in text for mark in TALL) else f"{left}{text}{right}"


class _Writer:
    def __init__(self, style: MathStyle):
        self.style, self.depth = style, 0

    def write(self, formula: Formula, outer: int, script: bool = False) -> str:
        """The formula where at least `outer` is needed, in brackets if it binds less; `script`: as an exponent, where fractions are small."""
        if self.depth == DEEPEST:
            return r"\cdots"
        self.depth += 1
        text, level = self._operation(formula, script) if isinstance(formula, Operation) else self._other(formula)
        self.depth -= 1
        return fenced("(", text, ")") if level < outer else text

    def listed(self, args: Sequence[Formula], script: bool = False) -> str:
        return ", ".join(self.write(a, SUM, script) for a in args)

    def _other(self, formula: Number | Symbol | Fold | Matrix | Applied | Product | Statement | Related) -> Written:
        match formula:
            case Number(value):
                return number_text(value)
            case Symbol():
                return symbol_text(formula, self.style), MARKED if formula.marks or formula.kind == "size" else ATOM
            case Fold():
                return self._fold(formula), FOLD
            case Matrix(rows):
                body = f" {self.style.row} ".join(" & ".join("0" if e is None else self.write(e, 0) for e in row) for row in rows)
                return rf"\left(\begin{{array}}{{{'c' * len(rows[0])}}} {body} \end{{array}}\right)", ATOM
            case Applied(head, args):
                return (self.write(head, ATOM) if head is not None else "") + fenced("(", self.listed(args), ")"), ATOM
            case Product(factors):
                return " ".join(self.write(f, PRODUCT + 1) for f in factors), PRODUCT
            case Statement(condition):
                return self.condition(condition), 0
            case Related():
                return self.related(formula), 0

    def _fold(self, fold: Fold) -> str:
        sign = FOLDS.get(fold.op, rf"\operatorname*{{{escaped(fold.op.removeprefix('@'))}}}")
        under = ",".join(name_text(r, self.style) for r in fold.ranks)
        if fold.tile is not None:
            under += rf" \in {self.write(fold.tile, 0)}"
        if fold.where:
            under += f" : {filter_text(fold.where, self.style)}"
        alone = isinstance(fold.body, Operation) and fold.body.op == "select"  # its brace says how far it reaches
        return f"{sign}_{{{under}}} {self.write(fold.body, 0 if alone else PRODUCT)}"

    def related(self, line: Related) -> str:
        relation = self.style.relation(RELATIONS[line.relation])
        right = self.write(line.right, 0)
        if line.where:
            right += rf" \quad \text{{where }} {filter_text(line.where, self.style)}"
        return f"{relation} {right}" if line.left is None else f"{self.write(line.left, 0)} {relation} {right}"

    def _operation(self, formula: Operation, script: bool) -> Written:
        op, args = formula.op, formula.args
        if formula.merge is not None:
            return self._merged(formula, script)
        if op in ("add", "sub", "neg"):
            return self._sum(formula, script), SUM
        if op == "mul":
            return self._product(formula, script), PRODUCT
        if op in COMPARISONS or op in CONNECTIVES or op == "not":
            return fenced("[", self.condition(formula, script), "]"), ATOM
        if op in FENCES:
            return fenced(FENCES[op][0], self.write(args[0], 0, script), FENCES[op][1]), ATOM
        if op in _SPECIAL:
            return _SPECIAL[op](self, args, script)
        head = FUNCTIONS.get(op, rf"\operatorname{{{escaped(op.removeprefix('@'))}}}")
        return head + fenced("(", self.listed(args, script), ")"), MARKED

    def _merged(self, formula: Operation, script: bool) -> Written:
        """An operator with an EDGE merge of its own, which is written above it."""
        op, args, merge = formula.op, formula.args, rf"^{{\mathrm{{{formula.merge}}}}}"
        if op not in INFIX:
            head = rf"\operatorname{{{escaped(op.removeprefix('@'))}}}{merge}"
            return head + fenced("(", self.listed(args, script), ")"), MARKED
        symbol, level = INFIX[op]
        left, right = self.write(args[0], level + 1, script), self.write(args[1], level + 1, script)
        text = rf"{left} \mathbin{{{self.style.relation(symbol)}{merge}}} {right}"
        return (fenced("[", text, "]"), ATOM) if level == RELATION else (text, level)

    def _sum(self, formula: Formula, script: bool) -> str:
        terms = signed_terms(formula)
        text = ""
        for i, (minus, term) in enumerate(terms):
            sign = ("-" if minus else "") if not text else (" - " if minus else " + ")
            text += sign + self.write(term, FOLD if i == len(terms) - 1 else QUOTIENT, script)
        return text

    def _product(self, formula: Formula, script: bool) -> str:
        """Factors with a dot between them; without one where a number stands before what cannot be taken for another number."""
        factors = factors_of(formula)
        text = self.write(factors[0], PRODUCT + 1, script)
        for before, factor in itertools.pairwise(factors):
            piece = self.write(factor, PRODUCT + 1, script)
            plain = isinstance(before, Number) and self.write(before, 0).replace(".", "").isdigit()
            joined = plain and (piece[0] == "(" or piece.startswith((r"\left(", "e^")) or _greek(factor))
            text += f" {piece}" if joined else rf" \cdot {piece}"
        return text

    def condition(self, formula: Formula, script: bool = False) -> str:
        """A truth value as a statement; a number is true where it is not zero."""
        if isinstance(formula, Operation) and formula.merge is None:
            op, args = formula.op, formula.args
            if op in COMPARISONS:
                return f"{self.write(args[0], SUM, script)} {self.style.relation(COMPARISONS[op])} {self.write(args[1], SUM, script)}"
            if op in CONNECTIVES:
                return f" {CONNECTIVES[op]} ".join(self._clause(a, script) for a in args)
            if op == "not":
                return rf"\lnot {self._clause(args[0], script)}"
        return rf"{self.write(formula, SUM, script)} \ne 0"

    def _clause(self, formula: Formula, script: bool) -> str:
        return fenced("(", self.condition(formula, script), ")")


def _greek(formula: Formula) -> bool:
    base = formula.args[0] if isinstance(formula, Operation) and formula.op == "pow" else formula
    return isinstance(base, Symbol) and base.kind == "greek"


def _quotient(writer: _Writer, args: Sequence[Formula], script: bool) -> Written:
    if script:
        return f"{writer.write(args[0], PRODUCT, script)} / {writer.write(args[1], PRODUCT + 1, script)}", QUOTIENT
    return rf"\frac{{{writer.write(args[0], 0)}}}{{{writer.write(args[1], 0)}}}", MARKED


def _root(writer: _Writer, args: Sequence[Formula], script: bool) -> Written:
    return rf"\sqrt{{{writer.write(args[0], 0, script)}}}", MARKED


def _inverse_root(writer: _Writer, args: Sequence[Formula], script: bool) -> Written:
    root = _root(writer, args, script)[0]
    return (f"1 / {root}", QUOTIENT) if script else (rf"\frac{{1}}{{{root}}}", MARKED)


def _power(writer: _Writer, args: Sequence[Formula], script: bool) -> Written:
    base = writer.write(args[0], ATOM, script)
    base = f"({base})" if base == "e" else base  # e^x is the exponential
    return f"{base}^{{{writer.write(args[1], 0, True)}}}", MARKED


def _exponential(writer: _Writer, args: Sequence[Formula], script: bool) -> Written:
    exponent = writer.write(args[0], 0, True)
    if script or any(mark in exponent for mark in TALL):
        return rf"\exp{fenced('(', writer.write(args[0], 0, script), ')')}", MARKED
    return f"e^{{{exponent}}}", MARKED


def _cases(writer: _Writer, args: Sequence[Formula], script: bool) -> Written:
    rows: list[str] = []
    otherwise: Formula = Operation("select", tuple(args))
    while isinstance(otherwise, Operation) and otherwise.op == "select" and otherwise.merge is None:
        condition, then, otherwise = otherwise.args
        rows.append(rf"{writer.write(then, 0)} & \text{{if }} {writer.condition(condition)}")
    rows.append(rf"{writer.write(otherwise, 0)} & \text{{otherwise}}")
    return rf"\begin{{cases}} {f' {writer.style.row} '.join(rows)} \end{{cases}}", 0


_SPECIAL: Mapping[str, Callable[[_Writer, Sequence[Formula], bool], Written]] = MappingProxyType(
    {"div": _quotient, "pow": _power, "exp": _exponential, "select": _cases, "sqrt": _root, "rsqrt": _inverse_root}
)
