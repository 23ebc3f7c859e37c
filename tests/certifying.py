"""Certificates for the tests: what the library writes of the benchmark's rows, and checks of what somebody made of it."""

from __future__ import annotations

import copy
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from einfold.tools.certificates.fields import sealed
from einfold.tools.einfold import main

ROWS = Path(__file__).parents[1] / "benchmarks" / "cascades"


def row(number: str) -> str:
    return str(next(ROWS.glob(f"{number}-*.mlir")))


@cache
def _text(number: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "passes.json"
        assert main(["passes", row(number), "--json", "-o", str(out)]) == 0
        return out.read_text()


def written(number: str) -> list[dict[str, Any]]:
    """What `passes --json` says of a row of the benchmark."""
    return json.loads(_text(number))


@dataclass
class Checker:
    """Exit code and output of a check of some JSON value, text or bytes; it never takes ten seconds, nor ends in a traceback."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, content: Any, *more: str) -> tuple[int, str]:
        file = self.folder / "c.json"
        file.write_bytes(content if isinstance(content, bytes) else (content if isinstance(content, str) else json.dumps(content)).encode())
        start = time.perf_counter()
        code = main(["check-certificate", str(file), *more])
        assert time.perf_counter() - start < 10
        said = self.capture.readouterr()
        assert "internal error" not in said.err and (code == 0) == (said.err == "")
        return code, (said.out + said.err).replace(str(file), "FILE")


def certificates(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (c for cascade in found for rank in cascade["ranks"].values() for c in rank["certificate"].values())


def first(found: list[dict[str, Any]]) -> dict[str, Any]:
    return copy.deepcopy(next(certificates(found)))


def changed(certificate: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """A certificate that somebody has changed and sealed again."""
    return sealed({**certificate, **keys})
