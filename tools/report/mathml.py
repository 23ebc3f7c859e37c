"""Formulas as MathML, which browsers show without help: in elements what `latex_math.py` writes in LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from ..whiteboard.formula import (
    Applied,
    Fold,
    Formula,
    Matrix,
    Number,
    Operation,
    Product,
    Related,
    RelationName,
    Statement,
    Symbol,
    factors_of,
    signed_terms,
)
from ..whiteboard.latex_math import FOLD, QUOTIENT, RELATION
from ..whiteboard.latex_words import ATOM, MARKED, PRODUCT, SUM
from ..whiteboard.layout import DEEPEST
from .mathml_words import element, fenced, filters, listed, name, number, row, sign, symbol

COMPARISONS: Mapping[str, str] = MappingProxyType({"lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "=", "ne": "≠"})
CONNECTIVES: Mapping[str, str] = MappingProxyType({"and": "∧", "or": "∨"})
FENCES: Mapping[str, tuple[str, str]] = MappingProxyType({"abs": ("|", "|"), "floor": ("⌊", "⌋")})
INFIX: Mapping[str, tuple[str, int]] = MappingProxyType(
    {"add": ("+", SUM), "sub": ("−", SUM), "mul": ("·", PRODUCT), "div": ("/", PRODUCT), **{op: (s, RELATION) for op, s in COMPARISONS.items()}}
)
FOLDS: Mapping[str, str] = MappingProxyType({"add": "∑", "mul": "∏", "or": "⋁", "and": "⋀"})
"""Reductions that have a large sign; others stand by their names."""
RELATIONS: Mapping[RelationName, str] = MappingProxyType(
    {
        "equals": "=",
        "becomes": "←",
        "at least": "≥",
        "at most": "≤",
        "above": ">",
        "below": "<",
        "in": "∈",
        "plus": "+",
        "minus": "−",
        "times": "·",
    }
)
Written: TypeAlias = tuple[str, int]
"""Elements and how tightly they bind."""


def math_element(formula: Formula) -> str:
    """A formula in a line of words."""
    return f"<math>{row(_Writer().write(formula, 0))}</math>"


def sides(line: Related) -> tuple[str, str, str]:
    """A line of several as its left side (empty where it continues another), relation and right side, each a `<math>` element."""
    writer = _Writer()
    left = "" if line.left is None else _shown(writer.write(line.left, 0))
    return left, _shown(sign(RELATIONS[line.relation])), _shown(writer.right(line))


def _shown(inner: str) -> str:
    return f'<math displaystyle="true">{row(inner)}</math>'


class _Writer:
    def __init__(self) -> None:
        self.depth = 0

    def write(self, formula: Formula, outer: int, script: bool = False) -> str:
        """The formula where at least `outer` is needed, in brackets if it binds less; `script`: as an exponent, where fractions are small."""
        if self.depth == DEEPEST:
            return sign("⋯")
        self.depth += 1
        text, level = self._operation(formula, script) if isinstance(formula, Operation) else self._other(formula)
        self.depth -= 1
        return fenced("(", text, ")") if level < outer else text

    def right(self, line: Related) -> str:
        where = f'<mspace width="1em"/>{element("mtext", "where ")}{filters(line.where)}' if line.where else ""
        return self.write(line.right, 0) + where

    def listed(self, args: Sequence[Formula], script: bool = False) -> str:
        return listed(self.write(a, SUM, script) for a in args)

    def _other(self, formula: Number | Symbol | Fold | Matrix | Applied | Product | Statement | Related) -> Written:
        match formula:
            case Number(value):
                return number(value)
            case Symbol():
                return symbol(formula), MARKED if formula.marks or formula.kind == "size" else ATOM
            case Fold():
                return self._fold(formula), FOLD
            case Matrix(rows):
                cells = (("<mn>0</mn>" if e is None else self.write(e, 0) for e in r) for r in rows)
                return fenced("(", _table(cells), ")"), ATOM
            case Applied(head, args):
                return row(self.write(head, ATOM) if head is not None else "", fenced("(", self.listed(args), ")")), ATOM
            case Product(factors):
                return "".join(self.write(f, PRODUCT + 1) for f in factors), PRODUCT
            case Statement(condition):
                return self.condition(condition), 0
            case Related():
                left = "" if formula.left is None else self.write(formula.left, 0)
                return left + sign(RELATIONS[formula.relation]) + self.right(formula), 0

    def _fold(self, fold: Fold) -> str:
        big = FOLDS.get(fold.op)
        head = sign(big, movablelimits="false") if big else element("mo", fold.op.removeprefix("@"), movablelimits="false", **{"class": "word"})
        under = listed(map(name, fold.ranks))
        if fold.tile is not None:
            under += sign("∈") + symbol(fold.tile)
        if fold.where:
            under += sign(":") + filters(fold.where)
        alone = isinstance(fold.body, Operation) and fold.body.op == "select"  # its brace says how far it reaches
        return f"<munder>{head}{row(under)}</munder>" + self.write(fold.body, 0 if alone else PRODUCT)

    def _operation(self, formula: Operation, script: bool) -> Written:
        op, args = formula.op, formula.args
        if formula.merge is not None:
            return self._merged(formula, script)
        if op in ("add", "sub", "neg"):
            return self._sum(formula, script), SUM
        if op == "mul":
            return sign("·").join(self.write(f, PRODUCT + 1, script) for f in factors_of(formula)), PRODUCT
        if op in COMPARISONS or op in CONNECTIVES or op == "not":
            return fenced("[", self.condition(formula, script), "]"), ATOM
        if op in FENCES:
            return fenced(FENCES[op][0], self.write(args[0], 0, script), FENCES[op][1]), ATOM
        if op in _SPECIAL:
            return _SPECIAL[op](self, args, script)
        return row(element("mi", op.removeprefix("@")), fenced("(", self.listed(args, script), ")")), MARKED

    def _merged(self, formula: Operation, script: bool) -> Written:
        """An operator with an EDGE merge of its own, which is written above it."""
        op, args, merge = formula.op, formula.args, element("mtext", formula.merge or "")
        if op not in INFIX:
            head = f"<msup>{element('mi', op.removeprefix('@'))}{merge}</msup>"
            return row(head, fenced("(", self.listed(args, script), ")")), MARKED
        text, level = INFIX[op]
        left, right = self.write(args[0], level + 1, script), self.write(args[1], level + 1, script)
        both = f"{left}<msup>{sign(text)}{merge}</msup>{right}"
        return (fenced("[", both, "]"), ATOM) if level == RELATION else (both, level)

    def _sum(self, formula: Formula, script: bool) -> str:
        terms, text = signed_terms(formula), ""
        for i, (minus, term) in enumerate(terms):
            before = (sign("−", form="prefix") if minus else "") if not text else sign("−" if minus else "+")
            text += before + self.write(term, FOLD if i == len(terms) - 1 else QUOTIENT, script)
        return text

    def condition(self, formula: Formula, script: bool = False) -> str:
        """A truth value as a statement; a number is true where it is not zero."""
        if isinstance(formula, Operation) and formula.merge is None:
            op, args = formula.op, formula.args
            if op in COMPARISONS:
                return self.write(args[0], SUM, script) + sign(COMPARISONS[op]) + self.write(args[1], SUM, script)
            if op in CONNECTIVES:
                return sign(CONNECTIVES[op]).join(fenced("(", self.condition(a, script), ")") for a in args)
            if op == "not":
                return sign("¬") + fenced("(", self.condition(args[0], script), ")")
        return self.write(formula, SUM, script) + sign("≠") + element("mn", "0")


def _table(rows: Iterable[Iterable[str]]) -> str:
    return f"<mtable>{''.join('<mtr>' + ''.join(f'<mtd>{c}</mtd>' for c in r) + '</mtr>' for r in rows)}</mtable>"


def _quotient(writer: _Writer, args: Sequence[Formula], script: bool) -> Written:
    if script:
        return writer.write(args[0], PRODUCT, script) + sign("/") + writer.write(args[1], PRODUCT + 1, script), QUOTIENT
    return f"<mfrac>{row(writer.write(args[0], 0))}{row(writer.write(args[1], 0))}</mfrac>", MARKED


def _root(writer: _Writer, args: Sequence[Formula], script: bool) -> Written:
    return f"<msqrt>{writer.write(args[0], 0, script)}</msqrt>", MARKED


def _inverse_root(writer: _Writer, args: Sequence[Formula], script: bool) -> Written:
    root, one = _root(writer, args, script)[0], element("mn", "1")
    return (one + sign("/") + root, QUOTIENT) if script else (f"<mfrac>{one}{root}</mfrac>", MARKED)


def _power(writer: _Writer, args: Sequence[Formula], script: bool) -> Written:
    base = writer.write(args[0], ATOM, script)
    named = isinstance(args[0], Symbol) and args[0].name == "e" and not args[0].subscripts
    return f"<msup>{fenced('(', base, ')') if named else row(base)}{row(writer.write(args[1], 0, True))}</msup>", MARKED  # e^x is the exponential


def _exponential(writer: _Writer, args: Sequence[Formula], script: bool) -> Written:
    if script:
        return row(element("mi", "exp"), fenced("(", writer.write(args[0], 0, script), ")")), MARKED
    return f"<msup>{element('mi', 'e')}{row(writer.write(args[0], 0, True))}</msup>", MARKED


def _cases(writer: _Writer, args: Sequence[Formula], script: bool) -> Written:
    rows: list[tuple[str, str]] = []
    otherwise: Formula = Operation("select", tuple(args))
    while isinstance(otherwise, Operation) and otherwise.op == "select" and otherwise.merge is None:
        condition, then, otherwise = otherwise.args
        rows.append((writer.write(then, 0), element("mtext", "if ") + writer.condition(condition)))
    rows.append((writer.write(otherwise, 0), element("mtext", "otherwise")))
    return row(sign("{"), _table(rows)), 0


_SPECIAL: Mapping[str, Callable[[_Writer, Sequence[Formula], bool], Written]] = MappingProxyType(
    {"div": _quotient, "pow": _power, "exp": _exponential, "select": _cases, "sqrt": _root, "rsqrt": _inverse_root}
)
