"""Letters for what a correction matrix repeats: `delta` for the distance that a summary moved, `rho` for the ratio by which it grew.

A person at a whiteboard writes `e^delta` four times, not four times the difference of two means. What is named are the smallest parts of the
entries in which the old and the new value of a summary meet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from ...algebra.affine import Affine
from ...algebra.bottoms import FOLLOWING
from ...algebra.derivation import OLD
from ...algebra.expr import Apply, Expr, Num, Param, walk
from ...algebra.scope import params, replace_subexpression
from .formula import Matrix, Symbol
from .layout import WIDEST, width
from .naming import Naming

Correction: TypeAlias = tuple[tuple[Expr | None, ...], ...]

LETTERS: Mapping[str, str] = MappingProxyType({"sub": "delta", "add": "delta", "div": "rho", "mul": "rho"})
OTHER = "kappa"


@dataclass(frozen=True)
class Lettered:
    """A correction with letters in its entries, and what each letter stands for, in order of introduction."""

    correction: Correction
    letters: tuple[tuple[Symbol, Expr], ...]
    naming: Naming

    @property
    def matrix(self) -> Matrix:
        return Matrix(tuple(tuple(None if e is None else self.naming.formula(e) for e in row) for row in self.correction))


def lettered(correction: Correction, naming: Naming) -> Lettered:
    """The correction of several accumulators, with letters for what it repeats, and for long entries where it would not fit a page."""
    meeting = [part for row in correction for e in row if e is not None for part in _meeting(e)]
    if len(meeting) < 2:
        return Lettered(correction, (), naming)
    found = Lettered(correction, (), naming)
    found = _named(found, {part: LETTERS.get(part.op, OTHER) for part in dict.fromkeys(meeting)})
    if width(found.matrix) > WIDEST - 12:
        entries = [e for row in found.correction for e in row if isinstance(e, Apply) and width(found.naming.formula(e)) > 6]
        found = _named(found, dict.fromkeys(entries, OTHER))
    return found


def _named(found: Lettered, letters: Mapping[Apply, str]) -> Lettered:
    """Replace expressions by letters; a letter for one thing only goes without a number."""
    uses = Counter(letters.values())
    number = Counter[str]()
    correction, introduced, symbols = found.correction, list(found.letters), dict[str, Symbol]()
    for part, letter in sorted(letters.items(), key=lambda item: -sum(1 for _ in walk(item[0]))):  # a long one may hold a short one
        if not any(part in walk(e) for row in correction for e in row if e is not None):
            continue
        number[letter] += 1
        symbol = Symbol(letter, (Affine((), number[letter]),) if uses[letter] > 1 else (), kind="greek")
        name = f"#{letter}{number[letter]}"
        correction = tuple(tuple(None if e is None else replace_subexpression(e, part, Param(name)) for e in row) for row in correction)
        introduced.append((symbol, part))
        symbols[name] = symbol
    return Lettered(correction, tuple(introduced), found.naming.with_letters(symbols))


def _meeting(e: Expr) -> list[Apply]:
    """The smallest parts in which an old and a new value meet, repeats included."""
    if not isinstance(e, Apply) or not _meets(e):
        return []
    inner = [part for a in e.args for part in _meeting(a)]
    return inner or [e]


def _meets(e: Expr) -> bool:
    found = params(e)
    return any(map(_is_old, found)) and not all(map(_is_old, found))


def _is_old(name: str) -> bool:
    return name.endswith((OLD, FOLLOWING))


def is_identity(correction: Correction) -> bool:
    """Whether nothing is corrected."""
    return all((e == Num(1)) if i == j else e is None for i, row in enumerate(correction) for j, e in enumerate(row))
