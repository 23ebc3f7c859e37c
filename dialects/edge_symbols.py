"""The signs of the EDGE notation (arXiv 2404.11591) and what the einsum dialect writes for them: for the printer and the reader alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

MERGE_SIGNS: Mapping[str, str] = MappingProxyType({"intersection": "∩", "union": "∪", "left": "←", "right": "→", "exclusive-or": "⊕"})
"""Merge -> its sign, written in brackets behind an operator, `+(∩)`; the others are written by name, `+(nor)`."""

REDUCTION_SIGNS: Mapping[str, str] = MappingProxyType({"add": "+", "mul": "×"})
"""Reduction operator -> its sign behind `⋁_{ranks}`; the others are written by name."""

SIGNS: Mapping[str, str] = MappingProxyType({"*": "×", "<=": "≤", ">=": "≥", "and": "∧", "inf": "∞"})
"""A word of the dialect's expressions -> its sign."""

OTHER_SIGNS: Mapping[str, str] = MappingProxyType({"·": "*", "⋅": "*", "−": "-"})
"""Further signs that are read."""

_WORD = re.compile(r"<=|>=|\*|\{[a-z-]+\}|(?<![\w.@%$])(?:and|inf)(?![\w.$({])")


def to_signs(text: str) -> str:
    """An expression or a filter of the dialect, without tensors, in EDGE's signs."""
    return _WORD.sub(lambda m: f"({_merge_sign(m[0][1:-1])})" if m[0].startswith("{") else SIGNS[m[0]], text)


def _merge_sign(merge: str) -> str:
    return MERGE_SIGNS.get(merge, merge)


def merge_of(sign: str) -> str:
    """The name of the merge that a sign or a name stands for."""
    return next((name for name, written in MERGE_SIGNS.items() if written == sign), sign)
