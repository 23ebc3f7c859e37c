"""Reading .npz files within limits: no pickled objects, no name that is not asked for, no more bytes than the arrays can have."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .diagnostics import Diagnostic, Failure, suggestion

ARRAY_MAGIC, SUFFIX = b"\x93NUMPY", ".npy"

WIDEST, HEADER = 32, 1 << 16
"""Bytes of an element at most (complex numbers of long doubles), and of what stands before the elements."""

UNREADABLE = (ValueError, EOFError, KeyError, RuntimeError, MemoryError, OverflowError, TypeError, SyntaxError, zipfile.BadZipFile, zlib.error)
"""What NumPy and zipfile raise for files that are damaged, encrypted, compressed in an unknown way, or larger than they can be."""


def read_arrays(path: str, elements: Mapping[str, int]) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz file, by name. `elements`: how many elements the array of each name is to have; others are not read.

    Raises `Failure`, also for a member that takes more bytes than so many elements can, before it is unpacked.
    """
    try:
        with Path(path).open("rb") as file:
            if file.read(len(ARRAY_MAGIC)) == ARRAY_MAGIC:
                raise Failure(Diagnostic("error", "one array, not an .npz file of named arrays", path))
            file.seek(0)
            with zipfile.ZipFile(file) as archive:
                for member in archive.infolist():
                    _check(member, elements, path)
            file.seek(0)
            with np.load(file, allow_pickle=False) as loaded:
                return {name: np.asarray(loaded[name]) for name in loaded.files}
    except OSError as error:
        raise Failure(Diagnostic("error", error.strerror or "not an .npz file", path)) from error
    except UNREADABLE as error:
        raise Failure(Diagnostic("error", f"not a readable .npz file: {error}", path)) from error


def _check(member: zipfile.ZipInfo, elements: Mapping[str, int], path: str) -> None:
    name = member.filename.removesuffix(SUFFIX)
    if name not in elements:
        raise Failure(Diagnostic("error", f"no argument is called '{name}'{suggestion(name, elements)}", path))
    if member.file_size > elements[name] * WIDEST + HEADER:
        told = f"{elements[name]:,} element{'' if elements[name] == 1 else 's'}"
        raise Failure(Diagnostic("error", f"argument '{name}' has {told}, the array in it takes {member.file_size:,} bytes", path))
