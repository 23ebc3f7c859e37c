"""`--verify-roundtrip`: what is printed must read back as the same IR, in the pretty form and in the generic one."""

from __future__ import annotations

from itertools import zip_longest

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp

from .diagnostics import Diagnostic, Failure
from .parsing import parse_source
from .running import to_text
from .source import Source


def verify_roundtrip(module: ModuleOp, ctx: Context, name: str) -> None:
    """Raise `Failure` if a form does not read back, reads back as other IR, or prints otherwise the second time."""
    for form, generic in (("pretty", False), ("generic", True)):
        text = to_text(module, generic=generic)
        again = _read(Source(f"{name}:{form}", text), ctx, form)
        if not module.is_structurally_equivalent(again):
            raise Failure(Diagnostic("error", f"the {form} form reads back as other IR", name))
        second = to_text(again, generic=generic)
        if second != text:
            raise Failure(Diagnostic("error", f"the {form} form prints otherwise once read back: {_first_difference(text, second)}", name))


def _first_difference(first: str, second: str) -> str:
    for number, (was, now) in enumerate(zip_longest(first.splitlines(), second.splitlines(), fillvalue=""), 1):
        if was != now:
            return f"line {number} is '{was.strip()}', then '{now.strip()}'"
    return "in its line ends"


def _read(source: Source, ctx: Context, form: str) -> ModuleOp:
    try:
        return parse_source(source, ctx)
    except Failure as failure:
        raise Failure(Diagnostic("error", f"the {form} form does not read back", source.name, notes=failure.diagnostics)) from failure
