"""Remarks for programs: one JSON object a line (`--remarks-output`)."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ...analysis.remarks import Remark
from ..diagnostics import file_location


def remark_line(found: Remark) -> str:
    """`{"kind": ..., "pass": ..., "message": ..., "file": ..., "line": ..., "column": ...}`; null where the place is not known."""
    place = file_location(found.location)
    told = {
        "kind": found.kind,
        "pass": found.pass_name,
        "message": found.message,
        "file": None if place is None else place.filename.data,
        "line": None if place is None else place.line.data,
        "column": None if place is None else place.column.data,
    }
    return json.dumps(told, ensure_ascii=False) + "\n"


def remark_lines(found: Iterable[Remark]) -> str:
    return "".join(map(remark_line, found))
