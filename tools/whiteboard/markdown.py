"""A page as Markdown, with mathematics between dollars (GitHub, Pandoc, Jupyter).

Everything that a file can name is escaped or stands in code: no name makes a heading, a link, a formula or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .blocks import Block, Code, Display, Heading, Inline, Inlines, Items, Listing, Math, Paragraph, Strong, Table, Text
from .latex_math import aligned_text, math_text
from .latex_words import MARKDOWN

SPECIAL = re.compile(r"([\\`*_\[\]{}#|~$])")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def to_markdown(blocks: Iterable[Block]) -> str:
    return "\n\n".join(_block(b) for b in blocks) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading(level, inlines):
            return f"{'#' * level} {_line(inlines)}"
        case Paragraph(inlines):
            return _line(inlines)
        case Display(lines):
            if len(lines) == 1:
                return f"$$\n{math_text(lines[0], MARKDOWN)}\n$$"
            ends = f" {MARKDOWN.row}\n"
            return f"$$\n\\begin{{aligned}}\n{ends.join(aligned_text(x, MARKDOWN) for x in lines)}\n\\end{{aligned}}\n$$"
        case Table(head, rows):
            rule = "|---" * len(head) + "|"
            return "\n".join([_row(head), rule, *map(_row, rows)])
        case Items(items):
            return "\n".join(f"- {_line(i)}" for i in items)
        case Listing(lines):
            fence = "```" if not any("```" in x for x in lines) else "~~~~"
            return "\n".join([f"{fence}sh", *map(_one_line, lines), fence])


def _row(cells: Iterable[Inlines]) -> str:
    return f"| {' | '.join(_line(c).replace('|', '&#124;') for c in cells)} |"


def _line(inlines: Inlines) -> str:
    return "".join(map(_inline, inlines)).strip()


def _inline(inline: Inline) -> str:
    match inline:
        case Text(text):
            return escape(text)
        case Strong(text):
            return f"**{escape(text)}**"
        case Math(formula):
            return f"${math_text(formula, MARKDOWN)}$"
        case Code(text):
            return code(text)


def escape(text: str) -> str:
    """Words that say what they say, whatever they are made of."""
    escaped = SPECIAL.sub(r"\\\1", _one_line(text))
    return "".join(ENTITIES.get(c, c) for c in escaped)


def code(text: str) -> str:
    """Code between as many backticks as it does not hold itself."""
    text = _one_line(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    padded = f" {text} " if text[:1] == "`" or text[-1:] == "`" or not text.strip() else text
    return f"{fence}{padded}{fence}"


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
