"""That the site loads nothing from elsewhere: what a page fetches by itself lies beside it. Links that one may click on lead anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = re.compile(r"<(?:script|img|iframe|source|object|embed|video|audio)\b[^>]*?\b(?:src|data|poster)=[\"']?([^\"'\s>]+)")
LINK = re.compile(r"<link\b[^>]*>")
HREF = re.compile(r"\bhref=[\"']?([^\"'\s>]+)")
NOT_LOADED = re.compile(r"\brel=[\"']?(?:canonical|prev|next|alternate|help|license)\b")
STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?([^\"')\s]+)")
ELSEWHERE = re.compile(r"(?:[a-z]+:)?//", re.IGNORECASE)


def loaded(html: str) -> Iterator[str]:
    """The addresses of scripts, styles, images, frames and fonts of a page."""
    yield from SOURCE.findall(html)
    for tag in LINK.findall(html):
        if not NOT_LOADED.search(tag) and (found := HREF.search(tag)) is not None:
            yield found[1]


def loaded_from_elsewhere(site: Path) -> list[str]:
    """`PAGE loads ADDRESS` for each page and style of a site that loads something from a host."""
    found: list[str] = []
    for file in sorted(site.rglob("*")):
        if file.suffix in (".html", ".css"):
            text = file.read_text(encoding="utf-8")
            addresses = loaded(text) if file.suffix == ".html" else STYLE.findall(text)
            found += [f"{file.relative_to(site)} loads {address}" for address in addresses if ELSEWHERE.match(address)]
    return found
