"""Colours on a terminal, and nowhere else: `NO_COLOR` (no-color.org) and dumb terminals go without, `FORCE_COLOR` has them anyway."""

from __future__ import annotations

import os
from typing import IO

RESET = "\x1b[0m"
CODES = {"header": "\x1b[1m", "added": "\x1b[32m", "removed": "\x1b[31m", "place": "\x1b[36m"}


def is_coloured(stream: IO[str]) -> bool:
    """Whether to write escape codes to a stream."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def painted(text: str, style: str, coloured: bool) -> str:
    return f"{CODES[style]}{text}{RESET}" if coloured else text
