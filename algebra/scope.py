"""Which part of an expression depends on what: element data, earlier summaries, or only constants of the fiber."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from .expr import Access, Apply, Expr, Param, RankValue, map_leaves, walk

Leaf: TypeAlias = Access | RankValue


@dataclass(frozen=True, slots=True)
class Dependence:
    """Whether element data occurs, and which summaries do."""

    elements: bool
    summaries: frozenset[str]

    @property
    def mixed(self) -> bool:
        return self.elements and bool(self.summaries)

    @property
    def constant(self) -> bool:
        return not self.elements and not self.summaries


_CONSTANT = Dependence(False, frozenset())
_ELEMENT = Dependence(True, frozenset())


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that are summaries, earliest first; everything else that is named is a constant of the fiber. Answers are remembered."""

    order: tuple[str, ...]
    _known: dict[Expr, Dependence] = field(default_factory=dict[Expr, Dependence], compare=False, repr=False)

    @property
    def summaries(self) -> frozenset[str]:
        return frozenset(self.order)

    def of(self, expr: Expr) -> Dependence:
        found = self._known.get(expr)
        if found is None:
            found = self._known[expr] = self._compute(expr)
        return found

    def _compute(self, expr: Expr) -> Dependence:
        match expr:
            case Access() | RankValue():
                return _ELEMENT
            case Param(name) if name in self.order:
                return Dependence(False, frozenset((name,)))
            case Apply(_, args):
                parts = [self.of(a) for a in args]
                return Dependence(any(p.elements for p in parts), frozenset[str]().union(*(p.summaries for p in parts)))
            case _:
                return _CONSTANT

    def mixed(self, expr: Expr) -> bool:
        return self.of(expr).mixed


def element_leaves(expr: Expr) -> tuple[Leaf, ...]:
    """The distinct element variables, in order of appearance."""
    return tuple(dict.fromkeys(e for e in walk(expr) if isinstance(e, Access | RankValue)))


def params(expr: Expr) -> tuple[str, ...]:
    """The distinct parameter names, in order of appearance."""
    return tuple(dict.fromkeys(e.name for e in walk(expr) if isinstance(e, Param)))


def rename_params(expr: Expr, rename: Callable[[str], str]) -> Expr:
    return map_leaves(expr, lambda e: Param(rename(e.name)) if isinstance(e, Param) else e)


def replace_subexpression(expr: Expr, old: Expr, new: Expr) -> Expr:
    """The expression with every occurrence of the tree `old` replaced."""
    if expr == old:
        return new
    if isinstance(expr, Apply):
        args = tuple(replace_subexpression(a, old, new) for a in expr.args)
        return expr if args == expr.args else Apply(expr.op, args, expr.merge)
    return expr
