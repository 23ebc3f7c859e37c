"""The outline that an editor shows beside a text: cascades with their Einsums, operators, machines and kernels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lsprotocol import types

from .outline import Outline, Statement

KINDS = {
    "einsum.cascade": types.SymbolKind.Function,
    "einsum.operator": types.SymbolKind.Operator,
    "einsum.iterate": types.SymbolKind.Namespace,
    "accel.machine": types.SymbolKind.Class,
    "accel.kernel": types.SymbolKind.Function,
}
"""Operation -> how editors draw it; others are variables, those without a name are left out."""


def symbols(outline: Outline, range_of: Callable[[int, int], types.Range]) -> list[types.DocumentSymbol]:
    """The symbols of a text, nested as its operations are."""
    return _symbols(outline.roots, range_of)


def _symbols(statements: Sequence[Statement], range_of: Callable[[int, int], types.Range]) -> list[types.DocumentSymbol]:
    found: list[types.DocumentSymbol] = []
    for each in statements:
        children = _symbols(each.children, range_of)
        names = ([each.symbol] if each.symbol is not None else []) or list(each.results)
        if not names:
            found += children
            continue
        name = ", ".join(n.text for n in names)
        place, chosen = range_of(each.start, each.end), range_of(names[0].start, names[-1].end)
        found.append(types.DocumentSymbol(name, KINDS.get(each.name, types.SymbolKind.Variable), place, chosen, each.name, children=children))
    return found
