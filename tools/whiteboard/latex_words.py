r"""The words of LaTeX mathematics: names, numbers, subscripts and filters, in the spelling of a format.

LaTeX and Markdown differ in spelling only: Markdown processors may take a backslash before punctuation for an escape, and `<` for HTML, so
that `\cr` ends a row there and `\lt` compares.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ...algebra.affine import Affine, Comparison
from .formula import Symbol

SUM, PRODUCT, MARKED, ATOM = 2, 5, 6, 7
"""What binds how tightly, as far as words do: `latex_math.py` has the other levels."""

COMPARED: Mapping[str, str] = MappingProxyType({"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "="})


@dataclass(frozen=True, slots=True)
class MathStyle:
    """How a format spells what it cannot spell as LaTeX does."""

    row: str = r"\\"
    less: str = "<"
    greater: str = ">"
    plain_names: bool = False
    """Whether a name of several letters stands as it is; otherwise it is set as one word, in italics."""

    def relation(self, text: str) -> str:
        return {"<": self.less, ">": self.greater}.get(text, text)


LATEX = MathStyle()
MARKDOWN = MathStyle(row=r"\cr", less=r"\lt", greater=r"\gt", plain_names=True)


def name_text(name: str, style: MathStyle) -> str:
    """A name of the file; what mathematics cannot hold is escaped, or replaced by a question mark."""
    plain = name.isascii() and name.isalnum() and name[:1].isalpha()
    if plain and (style.plain_names or len(name) == 1 or name[1:].isdigit()):
        return name
    return rf"\mathit{{{escaped(name)}}}"


def escaped(name: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in ".-") else rf"\{c}" if c in "_$" else "?" for c in name)


def symbol_text(symbol: Symbol, style: MathStyle) -> str:
    """A name with its subscripts and marks."""
    match symbol.kind:
        case "greek":
            text = rf"\{symbol.name}"
        case "bold":
            text = rf"\mathbf{{{escaped(symbol.name)}}}"
        case "script":
            text = rf"\mathcal{{{escaped(symbol.name)}}}"
        case "size":
            text = rf"\operatorname{{size}}({name_text(symbol.name, style)})"
        case "name":
            text = name_text(symbol.name, style)
    if symbol.subscripts:
        text += f"_{{{','.join(affine_text(s, style) for s in symbol.subscripts)}}}"
    if symbol.marks:
        text += f"^{{{','.join(map(_mark, symbol.marks))}}}"
    return text


def _mark(mark: str) -> str:
    """A word or a name above; numbers in brackets and primes stand as they are."""
    return mark if mark.startswith(("(", "\\prime")) else rf"\mathrm{{{escaped(mark)}}}"


def affine_text(affine: Affine, style: MathStyle) -> str:
    """`2 p + s - 1`."""
    text = ""
    for rank, coefficient in affine.terms:
        sign = ("-" if coefficient < 0 else "") if not text else (" - " if coefficient < 0 else " + ")
        text += sign + ("" if abs(coefficient) == 1 else f"{abs(coefficient)} ") + name_text(rank, style)
    if not text:
        return str(affine.const)
    return text if affine.const == 0 else f"{text} {'-' if affine.const < 0 else '+'} {abs(affine.const)}"


def filter_text(where: Sequence[Comparison], style: MathStyle) -> str:
    """Comparisons that hold together: `m \\le p, p < m + 4`."""
    return ", ".join(f"{affine_text(c.lhs, style)} {style.relation(COMPARED[c.op])} {affine_text(c.rhs, style)}" for c in where)


def number_text(value: int | float) -> tuple[str, int]:
    """A number and how tightly it binds."""
    if value < 0:
        return f"-{number_text(-value)[0]}", SUM
    if math.isinf(value):
        return r"\infty", ATOM
    if isinstance(value, float) and value.is_integer() and value < 1e15:
        return str(abs(int(value))), ATOM
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return mantissa, ATOM
    power = f"10^{{{int(exponent)}}}"
    return (power, MARKED) if mantissa in ("1", "1.0") else (rf"{mantissa} \cdot {power}", PRODUCT)
