"""What the evaluation times is what its kernels compute: every configuration's values, at small shapes, are the interpreter's."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp

from einfold.analysis.resize import resize
from einfold.backend.values import run_tensors
from einfold.dialects.accel import KernelOp
from einfold.dialects.einsum import CascadeOp
from einfold.interpreter.arguments import random_inputs
from einfold.interpreter.cascade import run_cascade
from einfold.interpreter.elements import Array
from einfold.tools.commands.evaluate import load_spec
from einfold.tools.evaluation.points import lowered, mapping_of
from einfold.tools.evaluation.spec import Spec
from einfold.tools.loading import load_module, new_context

ATTENTION = {"b": 1, "h": 2, "p": 1000, "m": 300, "e": 4, "f": 3}
LINEAR = {"n": 1000, "d": 20, "j": 1000, "s": 1000, "i": 300}
"""Sizes that no tile divides, of several tiles and, where the buffer is small, several blocks."""

POINTS = {
    "attn-unfused": ["BERT 1K"],
    "attn-flat": ["BERT 1K", "BERT 4K", "XLM 1K", "XLM 4K", "XLM 16K", "BERT 64K", "XLM 64K", "BERT 256K"],
    "attn-cascade": ["BERT 1K"],
    "attn-arch": ["BERT 1K"],
    "attn-binding": ["BERT 1K"],
    "attn-searched": ["BERT 1K"],
    "attn-searched-exp2": ["BERT 1K"],
    "attn-scheduled": ["BERT 1K"],
    "attn-fused": ["BERT 1K"],
    "end2end-flat": ["BERT 1K", "XLM 1K"],
    "end2end-proposal": ["BERT 1K", "XLM 1K"],
}
"""A point for each mapping of each table."""


SMALL = {
    "attn-unfused": 138_000,
    "attn-cascade": 600_000,
    "attn-arch": 20_000,
    "attn-binding": 20_000,
    "attn-searched": 24_000,
    "attn-searched-exp2": 24_000,
    "attn-scheduled": 24_000,
    "attn-fused": 20_000,
    "end2end-flat": 1_200_000,
    "end2end-proposal": 1_200_000,
}
"""Bytes of the buffer with which not all fits into one block."""


LONG, LONG_TILES = 1100, {"attn-searched-exp2", "attn-scheduled"}
"""Keys for several tiles of 512, and the tables that have such tiles."""

SHORT_EXPONENTIALS = 2e-5
"""What a polynomial with a relative error of 2.6e-6 may do to a weighted mean of values below 5."""


@cache
def spec() -> Spec:
    return load_spec("fusemax")


@cache
def expected(file: str, keys: int) -> tuple[list[Array], list[Array]]:
    """Random arguments of a cascade, and what the interpreter makes of them."""
    module = original(file, keys)
    [cascade] = [op for op in module.walk() if isinstance(op, CascadeOp)]
    arguments = random_inputs(cascade, 3, dtype="f64")
    return list(arguments.values()), run_cascade(cascade, arguments, dtype="f64")


def original(file: str, keys: int) -> ModuleOp:
    module = load_module(str(spec().folder / file), new_context())
    resize(module, sizes_of(file, keys))
    return module


def sizes_of(file: str, keys: int) -> dict[str, int]:
    return LINEAR if "linear" in file else ATTENTION | {"m": keys}


def test_every_mapping_is_among_the_points() -> None:
    assert set(POINTS) == set(spec().tables)
    for name, table in spec().tables.items():
        chosen = [spec().case(table, *point.split()) for point in POINTS[name]]
        assert all(case in chosen for case in table.cases)


@pytest.mark.parametrize(
    ("name", "point", "blocks"),
    [(name, point, blocks) for name, points in POINTS.items() for point in points for blocks in ((False, True) if name in SMALL else (False,))],
)
def test_values_are_the_interpreters(name: str, point: str, blocks: bool) -> None:
    table = spec().tables[name]
    mapping = mapping_of(spec().case(table, *point.split()), spec().folder)
    if blocks:
        mapping = replace(mapping, kernels=tuple(replace(k, budget={"buffer": SMALL[name]}) for k in mapping.kernels))
    keys = LONG if name in LONG_TILES else ATTENTION["m"]
    made = lowered(spec(), table, mapping, sizes_of(table.cascade, keys))
    kernels = [op for op in made.module.walk() if isinstance(op, KernelOp)]
    assert blocks == any(loop.endswith("2") for kernel in kernels for loop in kernel.loops)
    arguments, right = expected(table.cascade, keys)
    read = {n.data for kernel in kernels for n in kernel.inputs}
    named = {n: a for n, a in zip(made.lowered.arguments, arguments, strict=True) if n in read}
    tensors = run_tensors(made.module, named, dtype="f64")
    for result, array in zip(made.lowered.results, right, strict=True):
        exact = {"rtol": 1e-9, "atol": 1e-12} if "exp2" not in name else {"rtol": 0, "atol": SHORT_EXPONENTIALS}
        np.testing.assert_allclose(tensors[result], array, **exact)
