"""Differential trials of a rewritten cascade: the interpreter's values of it and of the original, on random inputs of several kinds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from einfold.analysis import remarks
from einfold.analysis.resize import resize
from einfold.dialects.einsum import CascadeOp, ComputeOp
from einfold.dialects.einsum_scope import tensor_of
from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.tools.loading import new_context
from einfold.tools.parsing import parse_source
from einfold.tools.source import Source

LENGTHS = (1, 2, 5, 13, 24)
SHORT = 3
"""Size of every rank but the long one."""

REWRITES = (
    {"size": 1},
    {"size": 4},
    {"size": 7},
    {"form": "sequential"},
    {"form": "split", "parts": 3, "size": 2},
    {"form": "split", "parts": 4, "size": 64},
    {"form": "tree", "parts": 4, "size": 3},
)
KINDS = ("normal", "positive", "ties", "large", "offset", "masked")

RELATIVE, OF_SCALE = 1e-6, 1e-8
"""A value may deviate by this share of itself, or by that of the largest finite value of its tensor; inputs are of size 1, so that is at least 1."""


@dataclass(frozen=True)
class Trials:
    """How many trials were run, how many finite values were compared, and the first difference, in words, if there was one."""

    trials: int
    values: int
    wrong: str


def run_trials(text: str, rank: str, count: int, kinds: Sequence[str] = KINDS) -> Trials:
    """At least `count` trials, spread over all lengths, output forms and kinds of inputs.

    Where the original has no finite value nothing is compared.
    """
    pairs = [(length, options) for options in REWRITES for length in LENGTHS]
    each = -(-count // (len(pairs) * len(kinds)))
    done, values = 0, 0
    rng = np.random.default_rng(len(text))
    for length, options in pairs:
        original, rewritten = cascade_of_length(text, rank, length), cascade_of_length(text, rank, length)
        with remarks.collect():
            EinsumOnePass(rank=rank, **options).apply(Context(), module_of(rewritten))
        for kind, _ in itertools.product(kinds, range(each)):
            given = draw(original, rank, kind, rng)
            with np.errstate(all="ignore"):
                wanted, made = run_cascade(original, given), run_cascade(rewritten, given)
            done += 1
            for position, (a, b) in enumerate(zip(made, wanted, strict=True)):
                defined = np.isfinite(b)
                values += int(defined.sum())
                scale = np.max(np.abs(b[defined]), initial=1.0)
                off = ~(np.abs(a[defined] - b[defined]) <= RELATIVE * np.abs(b[defined]) + OF_SCALE * scale)
                if off.any():
                    shown = f"{a[defined][off][0]:.6g} for {b[defined][off][0]:.6g}"
                    return Trials(done, values, f"result {position}, m = {length}, {options}, {kind} inputs: {shown}")
    return Trials(done, values, "")


def cascade_of_length(text: str, rank: str, length: int) -> CascadeOp:
    """The first cascade of a file, with other sizes, in fp64."""
    module = parse_source(Source("cascade.mlir", text.replace(": f32 {", ": f64 {").replace(": f16 {", ": f64 {")), new_context())
    cascade = next(op for op in module.walk() if isinstance(op, CascadeOp))
    resize(cascade, {r: length if r == rank else min(size, SHORT) for r, size in cascade.sizes.items()})
    module.verify()
    return cascade


def module_of(cascade: CascadeOp) -> ModuleOp:
    module = cascade.parent_op()
    if not isinstance(module, ModuleOp):
        raise TypeError("a cascade stands in a module")
    return module


def draw(cascade: CascadeOp, rank: str, kind: str, rng: np.random.Generator) -> Mapping[str, np.ndarray]:
    """Inputs of one kind; masked ones are -inf at some coordinates of the rank, in one tensor of scores (one that no sum of products reads)."""
    given = dict(_plain(cascade, kind, rng))
    along = [(n, s.index(rank)) for n, s in _dimensions(cascade) if rank in s and n not in _summed(cascade)]
    if kind == "masked" and along:
        name, axis = along[rng.integers(len(along))]
        hidden = rng.random(given[name].shape[axis]) < 0.4
        np.moveaxis(given[name], axis, 0)[hidden] = -np.inf
    return given


def _summed(cascade: CascadeOp) -> set[str]:
    """The inputs that a sum reads as they are: an infinity there is no mask."""
    sums = [op for op in cascade.walk() if isinstance(op, ComputeOp) and op.reduce is not None and any(r.op == "add" for r in op.reduce.data)]
    return {str(value.name_hint) for op in sums for value in op.operands_}


def _dimensions(cascade: CascadeOp) -> Iterator[tuple[str, list[str | None]]]:
    for argument, subscripts in zip(cascade.body.block.args, cascade.inputs.data, strict=True):
        yield str(argument.name_hint), [s.plain for s in subscripts.data]


def _plain(cascade: CascadeOp, kind: str, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    for argument in cascade.body.block.args:
        value = rng.normal(size=tensor_of(argument).get_shape())
        match kind:
            case "positive":
                value = np.abs(value) + 0.1
            case "ties":
                value = np.round(value)
            case "large":
                value = value * 30
            case "offset":
                value = value + 100
            case _:
                pass
        yield str(argument.name_hint), value
