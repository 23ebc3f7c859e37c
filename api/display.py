"""Rich display in notebooks: small HTML in which every name and text from a file is escaped, and colours are the page's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

LONGEST_TEXT = 60_000
"""Characters of a text that are shown; a notebook is no place for more."""

CELL = "text-align:left;padding:2px 12px 2px 0;vertical-align:top"


def heading(text: str) -> str:
    return f"<div><strong>{escape(text)}</strong></div>"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; cells are texts or what `str` makes of them."""
    top = "".join(f'<th style="{CELL}">{escape(h)}</th>' for h in head)
    body = "".join("<tr>" + "".join(f'<td style="{CELL}">{escape(str(c))}</td>' for c in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def pre(text: str) -> str:
    """A text as it stands, cut where it is too long to be shown."""
    shown = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}\n... {len(text) - LONGEST_TEXT:,} characters more"
    return f'<pre style="line-height:1.3">{escape(shown)}</pre>'


def listed(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def page_in_frame(page: str, height: int) -> str:
    """A whole HTML page inside another, apart from its scripts and styles."""
    return f'<iframe sandbox="allow-scripts" style="width:100%;height:{height}px;border:1px solid #8888" srcdoc="{escape(page)}"></iframe>'
