"""Reading what is not MLIR: the importer that a name or a file's suffix stands for, and its faults as diagnostics."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import cast

from xdsl.context import Context
from xdsl.dialects.builtin import FileLineColLoc, IntAttr, ModuleOp

from ..plugins import BadInput, Importer
from ..plugins.foreign import described
from .diagnostics import Diagnostic, Failure, suggestion
from .parsing import parse_source
from .running import CRASH_EXIT_CODE
from .source import Source, remember

MLIR = "mlir"
"""The name, and without its point the suffix, of what needs no importer."""


def importer_of(file: str | None) -> Importer | None:
    """The importer that reads files of that suffix, if there is one."""
    if suffix_of(file) in ("", f".{MLIR}"):
        return None
    from ..frontends import importers

    return next((i for i in reversed(list(importers().values())) if any((file or "").endswith(s) for s in i.suffixes)), None)


def suffix_of(file: str | None) -> str:
    return os.path.splitext(file or "")[1]


def chosen_importer(name: str | None, file: str | None) -> Importer | None:
    """The importer of that name, or for that file's suffix; None for MLIR. Raises `Failure` if there is none."""
    if name == MLIR or (name is None and suffix_of(file) in ("", f".{MLIR}")):
        return None
    from ..frontends import importers

    known = importers()
    if name is not None and name not in known:
        message = f"no importer is called '{name}'{suggestion(name, [MLIR, *known])} (--list-importers lists them)"
        raise Failure(Diagnostic("error", message, "einfold-opt"))
    found = importer_of(file) if name is None else known[name]
    if found is None:
        suffixes = ", ".join([f".{MLIR}", *(s for i in known.values() for s in i.suffixes)])
        message = f"files named '{suffix_of(file)}' are not known (known: {suffixes}); --from chooses an importer"
        raise Failure(Diagnostic("error", message, file or ""))
    return found


def imported(importer: Importer, source: Source, ctx: Context) -> ModuleOp:
    """The module that an importer makes of a source. Raises `Failure`."""
    try:
        made = cast(object, importer.read(source.text, source.name))
    except BadInput as bad:
        line = None if bad.line is None else bad.line + source.first_line - 1
        shown = None if line is None else source.line(line)
        raise Failure(Diagnostic("error", bad.message, source.name, line, bad.column, bad.width, shown)) from bad
    except RecursionError as error:
        raise Failure(Diagnostic("error", "nested too deeply to be read", source.name)) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise Failure(Diagnostic("error", _crash(importer, error), source.name), exit_code=CRASH_EXIT_CODE) from error
    if isinstance(made, str):
        return (
            _parsed_in_place(made, source, ctx)
            if importer.keeps_lines
            else parse_source(remember(Source(f"{source.name}:{importer.name}", made)), ctx)
        )
    if not isinstance(made, ModuleOp):
        message = f"importer '{importer.name}' made a {type(made).__name__}, neither a module nor MLIR text"
        raise Failure(Diagnostic("error", message, source.name), exit_code=CRASH_EXIT_CODE)
    from .operators import declare_operators

    declare_operators(made, ctx)
    return made


def _crash(importer: Importer, error: BaseException) -> str:
    return f"importer '{importer.name}' crashed: {described(error)}"


def _parsed_in_place(made: str, source: Source, ctx: Context) -> ModuleOp:
    """The module of MLIR text that stands line by line for a source: faults and places are those of the source's lines."""
    try:
        module = parse_source(Source(source.name, made, source.first_line), ctx)
    except Failure as failure:
        raise Failure(*(_in_place(d, source) for d in failure.diagnostics), exit_code=failure.exit_code) from failure
    for op in module.walk():
        if isinstance(op.location, FileLineColLoc) and op.location.filename.data == source.name:
            column = _begin(source.line(op.location.line.data) or "")
            op.location = FileLineColLoc(op.location.filename, op.location.line, IntAttr(column))
    return module


def _in_place(diagnostic: Diagnostic, source: Source) -> Diagnostic:
    line = None if diagnostic.line is None else source.line(diagnostic.line)
    if diagnostic.file != source.name or line is None:
        return diagnostic
    return replace(diagnostic, column=_begin(line), width=max(1, len(line.strip())), source_line=line)


def _begin(line: str) -> int:
    return len(line) - len(line.lstrip()) + 1
