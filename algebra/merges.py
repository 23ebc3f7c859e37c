"""EDGE's 16 merge operators: from the presence of two operands, whether a point exists (arXiv 2404.11591).

A merge is a truth table over (neither, right only, left only, both). A unary operator merges its operand (left) with an
all-ones tensor (right, present everywhere), so only the columns "right only" and "both" are ever consulted.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MERGES: Mapping[str, tuple[bool, bool, bool, bool]] = MappingProxyType(
    {
        name: (table[0] == "1", table[1] == "1", table[2] == "1", table[3] == "1")
        for name, table in {
            "pass-through": "1111",
            "none": "0000",
            "intersection": "0001",
            "left-only": "0010",
            "left": "0011",
            "right-only": "0100",
            "right": "0101",
            "exclusive-or": "0110",
            "union": "0111",
            "nor": "1000",
            "xnor": "1001",
            "not-right": "1010",
            "implies-left": "1011",
            "not-left": "1100",
            "implies-right": "1101",
            "nand": "1110",
        }.items()
    }
)
"""Merge name -> does a point exist where (neither, right only, left only, both) operands are present."""

MERGE_ALIASES: Mapping[str, str] = MappingProxyType({"intersect": "intersection", "xor": "exclusive-or", "take-left": "left", "take-right": "right"})
"""Spellings that text may use for the names above."""
