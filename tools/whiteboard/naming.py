"""What the leaves of an expression are called on the page: tensors, running values, accumulators, sizes.

The algebra writes `Param("GM.old")` for a running value before a tile and `Param("H.1")` for an accumulator; a reader wants `GM` with
its subscripts and a mark above.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ...algebra.affine import Affine
from ...algebra.bottoms import FOLLOWING
from ...algebra.derivation import OLD
from ...algebra.expr import Access, Expr, Leaf, Num, Param, RankShape, RankValue
from ...analysis.footprint import shape_symbols
from .formula import Formula, Number, Symbol, from_expression

Subscripts = tuple[Affine, ...]
MARK_OF: Mapping[str, tuple[str, ...]] = MappingProxyType({"": (), OLD: ("old",), FOLLOWING: ("fol",)})
"""What follows a summary's name in a parameter, and the mark that the page has for it."""


def sizes_of(sizes: Mapping[str, int], taken: frozenset[str]) -> dict[str, Symbol]:
    """Rank -> the symbol of its size: `M` for rank m, unless that is a tensor's name, or the size of another rank."""
    symbols = shape_symbols(sizes)
    return {r: Symbol(s) if s.isalnum() and s not in taken and s != r else Symbol(r, kind="size") for r, s in symbols.items()}


@dataclass(frozen=True)
class Naming:
    """Names for the leaves of one reduction's expressions.

    `tensors`: by number, as accesses have them. `summaries`: the subscripts of each summary. `accumulators`: of each accumulator, by the
    name that the algebra gives it. `bindings`: what other parameters stand for. `letters`: names that the page has introduced.
    """

    tensors: Mapping[int, str]
    summaries: Mapping[str, Subscripts] = field(default_factory=dict[str, Subscripts])
    accumulators: Mapping[str, Subscripts] = field(default_factory=dict[str, Subscripts])
    bindings: Mapping[str, Expr] = field(default_factory=dict[str, Expr])
    sizes: Mapping[str, Symbol] = field(default_factory=dict[str, Symbol])
    letters: Mapping[str, Formula] = field(default_factory=dict[str, Formula])

    def formula(self, expression: Expr) -> Formula:
        return from_expression(expression, self.leaf)

    def leaf(self, e: Leaf) -> Formula:
        match e:
            case Num(value):
                return Number(value)
            case Access(tensor, subscripts):
                return Symbol(self.tensors.get(tensor, "E"), subscripts)
            case RankValue(rank):
                return Symbol(rank)
            case RankShape(rank):
                return self.sizes.get(rank, Symbol(rank, kind="size"))
            case Param(name):
                return self.parameter(name)

    def parameter(self, name: str) -> Formula:
        if name in self.letters:
            return self.letters[name]
        if name in self.accumulators:
            reduction, _, position = name.rpartition(".")
            return Symbol(reduction, self.accumulators[name], (f"({position})",))
        for ending in (FOLLOWING, OLD, ""):
            summary = name.removesuffix(ending)
            if name.endswith(ending) and summary in self.summaries:
                return self.summary(summary, *MARK_OF[ending])
        bound = self.bindings.get(name)
        return Symbol(name) if bound is None else self.formula(bound)

    def summary(self, name: str, *marks: str) -> Symbol:
        return Symbol(name, self.summaries.get(name, ()), marks)

    def with_letters(self, letters: Mapping[str, Formula]) -> Naming:
        return replace(self, letters={**self.letters, **letters})

    def at_part(self, part: str) -> Naming:
        """Old values and accumulators as those of a part of the fiber."""
        moved = {f"{s}{ending}": self.summary(s, part) for s in self.summaries for ending in (OLD, FOLLOWING)}
        carried = {a: self.accumulator(a).marked(part) for a in self.accumulators}
        return self.with_letters({**moved, **carried})

    def accumulator(self, name: str) -> Symbol:
        reduction, _, position = name.rpartition(".")
        return Symbol(reduction, self.accumulators.get(name, ()), (f"({position})",))
