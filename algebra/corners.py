"""Points on either side of conditions: random values of leaves, some of them moved so that comparisons just hold, and just do not.

A mask such as `m >= 3` or `doc[m] == doc[p]` never holds, or never fails, at values drawn at random; what is known only from points where it
does not hold is not known at all.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from .expr import Apply, Expr, walk
from .linear import linear
from .scope import element_leaves

_COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
_STEPS = (-1, 0, 1)


class Corners:
    """The comparisons in some expressions that elements decide, as linear forms, and points around where they change."""

    def __init__(self, expressions: Sequence[Expr], seed: int = 5):
        found = dict.fromkeys(e for expression in expressions for e in walk(expression) if isinstance(e, Apply) and e.op in _COMPARISONS)
        self.random = random.Random(seed)
        self.forms = [form for e in found if (form := linear(Apply("sub", e.args))) and any(element_leaves(atom) == (atom,) for atom in form[0])]

    def points(self, values: Mapping[Expr, float]) -> Iterator[dict[Expr, float]]:
        """The given values, and if there are comparisons a variant in which each in turn, in random order, is brought close to its change."""
        yield dict(values)
        if not self.forms:
            return
        moved = dict(values)
        for atoms, constant in self.random.sample(self.forms, len(self.forms)):
            leaves = [atom for atom in atoms if element_leaves(atom) == (atom,)]
            solved = self.random.choice(leaves)
            known = {atom: moved[atom] for atom in atoms if atom in moved}
            if len(known) == len(atoms):
                rest = sum((c * Fraction(known[atom]) for atom, c in atoms.items() if atom != solved), constant)
                moved[solved] = float((self.random.choice(_STEPS) - rest) / atoms[solved])
        yield moved
