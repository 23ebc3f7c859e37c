"""`einfold explain FILE`: tell how the one-pass form of a cascade is derived, or why there is none, as one would at a whiteboard."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from ...dialects.einsum import CascadeOp
from ..diagnostics import Diagnostic, Failure, suggestion, suggestion_or_all
from ..loading import load_module, new_context
from ..output import check_writable, write_text
from ..whiteboard.blocks import Block, Heading
from ..whiteboard.collect import cascade_story
from ..whiteboard.latex import to_latex
from ..whiteboard.markdown import to_markdown
from ..whiteboard.telling import tell

FORMATS = {"markdown": to_markdown, "latex": to_latex}


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a file of IR; '-' is standard input")
    parser.add_argument("--cascade", metavar="NAME", help="only the cascade of this name")
    parser.add_argument("--rank", metavar="RANK", help="only the passes over this rank")
    parser.add_argument("--format", choices=sorted(FORMATS), default="markdown", help="what to write (default: markdown, with formulas in LaTeX)")
    parser.add_argument("--json", action="store_true", help="write a JSON array: each section's level, heading and text, which is Markdown")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write (default: standard output)")


def run(args: Namespace) -> int:
    check_writable(args.output)
    module = load_module(args.file, new_context())
    blocks: list[Block] = []
    for cascade in _chosen([op for op in module.walk() if isinstance(op, CascadeOp)], args):
        blocks += tell(cascade_story(module, cascade, args.file, args.rank))
    write_text(args.output, json.dumps(sections(blocks), indent=2) + "\n" if args.json else FORMATS[args.format](blocks))
    return 0


def sections(blocks: list[Block]) -> list[dict[str, object]]:
    """A page cut at its headings. Headings and texts are Markdown."""
    found: list[dict[str, object]] = []
    starts = [index for index, block in enumerate(blocks) if isinstance(block, Heading)]
    for start, end in zip(starts, [*starts[1:], len(blocks)], strict=True):
        heading = blocks[start]
        if isinstance(heading, Heading):
            title = to_markdown([heading]).strip().lstrip("#").strip()
            found.append({"level": heading.level, "heading": title, "text": to_markdown(blocks[start + 1 : end]).strip()})
    return found


def _chosen(cascades: list[CascadeOp], args: Namespace) -> list[CascadeOp]:
    """The cascades asked for. Raises `Failure` where there is none, or none that has the rank."""
    if not cascades:
        raise Failure(Diagnostic("error", "no einsum.cascade in it", args.file))
    if args.cascade is not None:
        wanted = args.cascade.removeprefix("@")
        known = [f"@{op.sym_name.data}" for op in cascades]
        cascades = [op for op in cascades if op.sym_name.data == wanted]
        if not cascades:
            raise Failure(Diagnostic("error", f"no cascade '@{wanted}'{suggestion('@' + wanted, known)}", args.file))
    if args.rank is not None:
        ranks = dict.fromkeys(r for op in cascades for r in op.sizes)
        cascades = [op for op in cascades if args.rank in op.sizes]
        if not cascades:
            raise Failure(Diagnostic("error", f"unknown rank '{args.rank}'{suggestion_or_all(args.rank, ranks)}", args.file))
    return cascades
