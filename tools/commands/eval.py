"""`einfold eval FILE`: compute a cascade's results with the reference interpreter.

Arrays in the input file are named as the arguments; results are written as `out0`, `out1`, ... in the order of `einsum.return`.
Arguments that are not given are drawn at random (`--seed`): normal numbers, small integers, truth values.
"""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, Namespace
from io import BytesIO
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...dialects.einsum import CascadeOp
from ...dialects.einsum_scope import tensor_of
from ...interpreter.arguments import argument_names, random_inputs
from ...interpreter.cascade import run_cascade
from ...interpreter.elements import InputError
from ...interpreter.memory import peak_bytes
from ..array_files import read_arrays
from ..choosing import choose_cascade
from ..diagnostics import Diagnostic, Failure
from ..loading import load_module, new_context
from ..output import check_writable, write_bytes
from ..resizing import add_sizes_option, apply_sizes

DTYPES = ("f16", "bf16", "f32", "f64")

GIB = 2**30


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a file of IR; '-' is standard input")
    parser.add_argument("--cascade", metavar="NAME", help="which cascade (default: the only one)")
    parser.add_argument("--inputs", metavar="IN.npz", help="arrays named as the arguments")
    parser.add_argument("--output", metavar="OUT.npz", help="where the results go, as out0, out1, ...")
    parser.add_argument("--dtype", choices=DTYPES, help="compute in this type wherever the cascade has a floating-point one")
    parser.add_argument("--seed", type=int, metavar="N", help="draw the arguments that are not given, from this seed (default: 0 if none is given)")
    add_sizes_option(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON array with an object for each result")


def run(args: Namespace) -> int:
    check_writable(args.output)
    module = load_module(args.file, new_context())
    apply_sizes(module, args.set, args.file)
    cascade = choose_cascade(module, args.cascade, args.file)
    check_memory(cascade, args.dtype, args.file)
    given = {} if args.inputs is None else read_arrays(args.inputs, _elements(cascade))
    try:
        if args.seed is not None or args.inputs is None:
            drawn = random_inputs(cascade, args.seed or 0, [n for n in argument_names(cascade) if n not in given], dtype=args.dtype)
            given = {**drawn, **given}
        results = run_cascade(cascade, given, dtype=args.dtype)
    except InputError as error:
        raise Failure(Diagnostic("error", str(error), args.file if args.inputs is None else args.inputs)) from error
    except MemoryError as error:
        raise Failure(Diagnostic("error", "the cascade's tensors do not fit into memory; choose smaller ranks with --set", args.file)) from error
    named = {f"out{i}": array for i, array in enumerate(results)}
    if args.output is not None:
        buffer = BytesIO()
        np.savez(buffer, allow_pickle=False, **named)
        write_bytes(args.output, buffer.getvalue())
    if args.json:
        print(json.dumps([summary(name, array) for name, array in named.items()], indent=2))
    else:
        for name, array in named.items():
            print(f"{name}: {describe(array)}")
    return 0


def _elements(cascade: CascadeOp) -> dict[str, int]:
    """Argument -> how many elements it has."""
    return {name: prod(tensor_of(a).get_shape()) for name, a in zip(argument_names(cascade), cascade.body.block.args, strict=True)}


def check_memory(cascade: CascadeOp, dtype: str | None, file: str) -> None:
    """Raises `Failure` if the cascade's tensors cannot fit into this machine's memory."""
    needed, there = peak_bytes(cascade, dtype), physical_bytes()
    if there is not None and needed > there:
        message = f"the cascade's tensors take {needed / GIB:.4g} GiB, this machine has {there / GIB:.4g} GiB; choose smaller ranks with --set"
        raise Failure(Diagnostic("error", message, file))


def physical_bytes() -> int | None:
    """This machine's memory in bytes, where the system tells."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def summary(name: str, array: NDArray[Any]) -> dict[str, object]:
    """A result for programs: its type and shape, the range of its finite elements (None where there are none), how many others it has."""
    finite = array[np.isfinite(array)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (None, None)
    return {
        "name": name,
        "type": str(array.dtype),
        "shape": list(array.shape),
        "min": low,
        "max": high,
        "not_finite": int(array.size - finite.size),
    }


def describe(array: NDArray[Any]) -> str:
    """`float32 [4, 8], from -1.2 to 3.4`, and how many are not finite."""
    shape = f"{array.dtype} [{', '.join(map(str, array.shape))}]"
    finite = array[np.isfinite(array)]
    text = f"{shape}, from {finite.min():.6g} to {finite.max():.6g}" if finite.size else shape
    odd = array.size - finite.size
    return f"{text}, {odd} not finite" if odd else text
