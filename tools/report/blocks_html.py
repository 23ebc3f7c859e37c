"""The blocks of a told derivation, and of a cascade's equations, as HTML with MathML. All words are escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable

from ..whiteboard.blocks import Block, Code, Display, Heading, Inline, Inlines, Items, Listing, Math, Paragraph, Strong, Table, Text
from ..whiteboard.formula import Related, Symbol
from .mathml import math_element, sides

HIGHEST = 3
"""The level of heading that a heading of level 1 gets: above it are the page's own."""


def to_html(blocks: Iterable[Block]) -> str:
    return "\n".join(map(_block, blocks))


def _block(block: Block) -> str:
    match block:
        case Heading(level, inlines):
            tag = f"h{min(6, level + HIGHEST - 1)}"
            return f"<{tag}>{_line(inlines)}</{tag}>"
        case Paragraph(inlines):
            return f"<p>{_line(inlines)}</p>"
        case Display(lines):
            return f'<div class="scroll"><table class="equations" role="presentation">{"".join(map(_equation, lines))}</table></div>'
        case Table(head, rows):
            top = "".join(f'<th scope="col">{_line(c)}</th>' for c in head)
            body = "".join(f"<tr>{''.join(f'<td>{_line(c)}</td>' for c in r)}</tr>" for r in rows)
            return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
        case Items(items):
            return f"<ul>{''.join(f'<li>{_line(i)}</li>' for i in items)}</ul>"
        case Listing(lines):
            return f"<pre>{html.escape(chr(10).join(lines))}</pre>"


def _equation(line: Related) -> str:
    """A row whose left side, relation and right side stand below those of others; it knows the tensor that it defines."""
    defines = f' data-einsum="{html.escape(line.left.name)}"' if isinstance(line.left, Symbol) and line.relation == "equals" else ""
    left, relation, right = sides(line)
    return f'<tr{defines}><td class="lhs">{left}</td><td class="rel">{relation}</td><td class="rhs">{right}</td></tr>'


def _line(inlines: Inlines) -> str:
    return "".join(map(_inline, inlines)).strip()


def _inline(inline: Inline) -> str:
    match inline:
        case Text(text):
            return html.escape(text)
        case Strong(text):
            return f"<strong>{html.escape(text)}</strong>"
        case Code(text):
            return f"<code>{html.escape(text)}</code>"
        case Math(formula):
            return math_element(formula)
