"""The words of MathML: elements, names, numbers, subscripts and filters. Names come from files, so all text is escaped."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from ...algebra.affine import Affine, Comparison
from ..whiteboard.formula import Symbol
from ..whiteboard.latex_words import ATOM, MARKED, PRODUCT, SUM

COMPARED: Mapping[str, str] = MappingProxyType({"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "="})
GREEK: Mapping[str, str] = MappingProxyType(
    {"alpha": "α", "beta": "β", "delta": "δ", "kappa": "κ", "lambda": "λ", "mu": "μ", "phi": "φ", "psi": "ψ", "rho": "ρ", "theta": "θ"}
)
MINUS, COMMA = "<mo>−</mo>", '<mo separator="true">,</mo>'


def element(tag: str, text: str, **attributes: str) -> str:
    """`<tag>text</tag>`, the text escaped."""
    told = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<{tag}{told}>{html.escape(_printable(text))}</{tag}>"


def sign(text: str, **attributes: str) -> str:
    return element("mo", text, **attributes)


def row(*parts: str) -> str:
    return f"<mrow>{''.join(parts)}</mrow>"


def listed(parts: Iterable[str]) -> str:
    return COMMA.join(parts)


def fenced(left: str, inner: str, right: str) -> str:
    return row(sign(left), inner, sign(right))


def name(text: str) -> str:
    """A name of the file: one letter in italics, longer ones upright, as MathML has it."""
    return element("mi", text)


def symbol(found: Symbol) -> str:
    """A name with its subscripts and marks."""
    match found.kind:
        case "greek":
            base = element("mi", GREEK.get(found.name, found.name))
        case "bold":
            base = element("mi", found.name, **{"class": "bold"})
        case "script":
            base = element("mi", found.name, **{"class": "script"})
        case "size":
            base = row(element("mi", "size"), fenced("(", name(found.name), ")"))
        case "name":
            base = name(found.name)
    below = row(listed(affine(s) for s in found.subscripts)) if found.subscripts else ""
    above = row(listed(map(_mark, found.marks))) if found.marks else ""
    if below and above:
        return f"<msubsup>{base}{below}{above}</msubsup>"
    if below:
        return f"<msub>{base}{below}</msub>"
    return f"<msup>{base}{above}</msup>" if above else base


def _mark(mark: str) -> str:
    primes = mark.count("\\prime")
    return element("mo", "′" * primes) if primes else element("mtext", mark)


def affine(found: Affine) -> str:
    """`2 p + s - 1`."""
    parts: list[str] = []
    for rank, coefficient in found.terms:
        if parts or coefficient < 0:
            parts.append(sign("−" if coefficient < 0 else "+"))
        if abs(coefficient) != 1:
            parts.append(element("mn", str(abs(coefficient))))
        parts.append(name(rank))
    if not parts or found.const:
        if parts or found.const < 0:
            parts.append(sign("−" if found.const < 0 else "+"))
        parts.append(element("mn", str(abs(found.const))))
    return "".join(parts)


def filters(where: Sequence[Comparison]) -> str:
    """Comparisons that hold together: `m <= p, p < m + 4`."""
    return listed(f"{affine(c.lhs)}{sign(COMPARED[c.op])}{affine(c.rhs)}" for c in where)


def number(value: int | float) -> tuple[str, int]:
    """A number and how tightly it binds."""
    if value < 0:
        return MINUS + number(-value)[0], SUM
    if math.isinf(value):
        return element("mi", "∞"), ATOM
    if isinstance(value, float) and value.is_integer() and value < 1e15:
        return element("mn", str(abs(int(value)))), ATOM
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return element("mn", mantissa), ATOM
    power = f"<msup>{element('mn', '10')}{element('mn', str(int(exponent)).replace('-', '−'))}</msup>"
    return (power, MARKED) if mantissa in ("1", "1.0") else (element("mn", mantissa) + sign("·") + power, PRODUCT)


def _printable(text: str) -> str:
    return "".join(c if c >= " " else "\N{REPLACEMENT CHARACTER}" for c in text)
