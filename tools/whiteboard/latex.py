"""A page as a LaTeX document: class article, amsmath, nothing else.

Everything that a file can name is escaped, so that it neither calls a command nor leaves text for mathematics. What is not ASCII is
replaced by a question mark, because the fonts of plain LaTeX may not have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from .blocks import Block, Code, Display, Heading, Inline, Inlines, Items, Listing, Math, Paragraph, Strong, Table, Text
from .latex_math import aligned_text, math_text
from .latex_words import LATEX

BEGIN = r"""\documentclass{article}
\usepackage{amsmath}
\allowdisplaybreaks
\begin{document}
"""
END = r"\end{document}" + "\n"
SECTIONS = ("section", "subsection", "subsubsection")
SPELLED: Mapping[str, str] = MappingProxyType(
    {
        "\\": r"\textbackslash{}",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        **{c: rf"\{c}" for c in "{}_$&#%"},
    }
)


def to_latex(blocks: Iterable[Block]) -> str:
    return BEGIN + "\n" + "\n\n".join(_block(b) for b in blocks) + "\n\n" + END


def _block(block: Block) -> str:
    match block:
        case Heading(level, inlines):
            return rf"\{SECTIONS[level - 1]}{{{_line(inlines)}}}"
        case Paragraph(inlines):
            return _line(inlines)
        case Display(lines):
            if len(lines) == 1:
                return f"\\[\n{math_text(lines[0], LATEX)}\n\\]"
            body = " \\\\\n".join(aligned_text(x, LATEX) for x in lines)
            return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"
        case Table(head, rows):
            return _table(head, rows)
        case Items(items):
            return "\n".join([r"\begin{itemize}", *(rf"\item {_line(i)}" for i in items), r"\end{itemize}"])
        case Listing(lines):
            return "\n".join([r"\begin{flushleft}", " \\\\\n".join(_code(x) for x in lines), r"\end{flushleft}"])


def _table(head: Sequence[Inlines], rows: Sequence[Sequence[Inlines]]) -> str:
    columns = "".join(_column([row[j] for row in rows]) for j in range(len(head)))
    body = [" & ".join(map(_line, row)) + r" \\" for row in (head, *rows)]
    body.insert(1, r"\hline")
    begin = [r"\begin{center}", r"\renewcommand{\arraystretch}{1.4}", rf"\begin{{tabular}}{{{columns}}}"]
    return "\n".join([*begin, *body, r"\end{tabular}", r"\end{center}"])


def _column(cells: Sequence[Inlines]) -> str:
    """Lists of names may need several lines; a formula stands on one."""
    return r"p{0.36\linewidth}" if any(len(c) > 1 for c in cells) else "l"


def _line(inlines: Inlines) -> str:
    return "".join(map(_inline, inlines)).strip()


def _inline(inline: Inline) -> str:
    match inline:
        case Text(text):
            return escape(text)
        case Strong(text):
            return rf"\textbf{{{escape(text)}}}"
        case Math(formula):
            return f"${math_text(formula, LATEX)}$"
        case Code(text):
            return _code(text)


def escape(text: str) -> str:
    """Words that say what they say, whatever they are made of."""
    return "".join(SPELLED.get(c, c if c.isprintable() and c.isascii() else " " if c.isspace() else "?") for c in text)


def _code(text: str) -> str:
    return rf"\texttt{{{escape(text)}}}"
