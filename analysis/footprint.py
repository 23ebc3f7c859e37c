"""How large tensors are, as formulas in the shapes of ranks and as numbers: `M*P` elements, so many bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from xdsl.ir import SSAValue

from ..algebra.affine import Affine
from ..dialects.einsum_scope import tensor_of

ELEMENT_BYTES: Mapping[str, int] = MappingProxyType({"f16": 2, "bf16": 2, "f32": 4, "f64": 8, "i32": 4, "i64": 8, "i1": 1})
"""Bytes that one element of each element type takes in memory."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """What some tensors take together: a formula in rank shapes (rank `m` has shape `M`), elements, bytes."""

    tensors: tuple[str, ...]
    formula: str
    elements: int
    bytes: int


def shape_symbols(sizes: Mapping[str, int]) -> dict[str, str]:
    """Rank -> the symbol of its shape: its name in capitals, or `shape(m)` where two ranks would share one."""
    taken = Counter(r.upper() for r in sizes)
    return {r: r.upper() if taken[r.upper()] == 1 else f"shape({r})" for r in sizes}


def extent_formula(subscript: Affine, symbols: Mapping[str, str]) -> str:
    """Size of a dimension indexed by `subscript`: its largest index plus one. `2 * p + s` gives `(2*P + S - 2)`."""
    if subscript.plain is not None:
        return symbols[subscript.plain]
    rising = [(r, c) for r, c in subscript.terms if c > 0]
    constant = subscript.const + 1 - sum(c for _, c in rising)
    text = " + ".join(symbols[r] if c == 1 else f"{c}*{symbols[r]}" for r, c in rising)
    if not text:
        return str(constant)
    if constant:
        text += f" {'-' if constant < 0 else '+'} {abs(constant)}"
    return f"({text})" if len(rising) > 1 or constant else text


def tensor_formula(subscripts: Iterable[Affine], symbols: Mapping[str, str]) -> str:
    """Elements of a tensor with these subscripts: `M*P`; `1` for a scalar."""
    return "*".join(extent_formula(s, symbols) for s in subscripts) or "1"


def elements_of(value: SSAValue) -> int:
    total = 1
    for size in tensor_of(value).get_shape():
        total *= size
    return total


def bytes_of(value: SSAValue) -> int:
    return elements_of(value) * ELEMENT_BYTES[str(tensor_of(value).get_element_type())]


def footprint(tensors: Mapping[SSAValue, tuple[Affine, ...]], names: Mapping[SSAValue, str], symbols: Mapping[str, str]) -> Footprint:
    """The footprint of tensors given with the subscripts that declare them; equal formulas are counted (`2*M*P`)."""
    count: dict[str, int] = {}
    for subscripts in tensors.values():
        formula = tensor_formula(subscripts, symbols)
        count[formula] = count.get(formula, 0) + 1
    text = " + ".join(f if n == 1 else f"{n}*{f}" for f, n in count.items()) or "0"
    return Footprint(tuple(names[v] for v in tensors), text, sum(map(elements_of, tensors)), sum(map(bytes_of, tensors)))
