"""The page: one HTML file with its styles, its scripts and its data inside, that asks no other place for anything.

Scripts and styles are files of their own in `assets/`; a content security policy allows these and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import math
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from typing import cast

from .run import Run

SCRIPTS = (
    "dom.js",
    "numbers.js",
    "charts.js",
    "cascade.js",
    "stages.js",
    "passes.js",
    "machine.js",
    "lanes.js",
    "painting.js",
    "timeline.js",
    "costs.js",
    "compare.js",
    "main.js",
)
"""In this order, as one script."""

LARGEST = 2_000_000
"""Bytes of a page, at most."""


def document(runs: Sequence[Run]) -> dict[str, object]:
    """The page's JSON."""
    return {"einfold": version("einfold"), "runs": [r.data for r in runs]}


def page(runs: Sequence[Run]) -> str:
    """The page of some runs, of which the first is shown first."""
    style = _asset("style.css")
    script = '"use strict";\n' + "\n".join(map(_asset, SCRIPTS))
    title = " · ".join(dict.fromkeys(str(r.data.get("cascade") or r.settings.label) for r in runs))
    parts = {
        "title": html.escape(title),
        "policy": f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; img-src data:",
        "style": style,
        "data": embedded(document(runs)),
        "fragments": "\n".join(_templates(i, r.fragments) for i, r in enumerate(runs)),
        "script": script,
    }
    return _filled(_asset("page.html"), parts)


def embedded(data: object) -> str:
    """JSON that may stand in a `<script>` element: no text in it can end that or begin a comment."""
    try:
        text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    except ValueError:  # JSON has no infinity, and a browser no patience with one
        text = json.dumps(_finite(data), separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _finite(data: object) -> object:
    """The data with null for what is no finite number."""
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in cast(dict[str, object], data).items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in cast(Sequence[object], data)]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _templates(index: int, fragments: Mapping[str, str]) -> str:
    return "\n".join(f'<template data-run="{index}" data-part="{part}">{text}</template>' for part, text in fragments.items() if text)


def _filled(skeleton: str, parts: Mapping[str, str]) -> str:
    """The skeleton with `{{name}}` replaced, once: nothing within a part is."""
    pieces = skeleton.split("{{")
    found = [pieces[0]]
    for piece in pieces[1:]:
        name, _, rest = piece.partition("}}")
        found += (parts[name], rest)
    return "".join(found)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _asset(name: str) -> str:
    return (files(__package__ or "") / "assets" / name).read_text(encoding="utf-8")
