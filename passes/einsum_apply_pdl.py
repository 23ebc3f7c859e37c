"""`einsum-apply-pdl`: rewrite by the `pdl.pattern`s of a file, or of the module itself.

xDSL's `apply-pdl` does the same and more for any dialect. Here a pattern is kept from dropping what it does not speak of: an Einsum with a
reduction, a filter or an empty value is matched only by a pattern that names it, because the Einsum that the pattern makes would not have it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from xdsl.context import Context
from xdsl.dialects import pdl
from xdsl.dialects.builtin import UNKNOWN_LOC, ModuleOp, UnknownLoc
from xdsl.interpreters.pdl import PDLMatcher, PDLRewritePattern
from xdsl.ir import Operation, OpResult, SSAValue
from xdsl.irdl import IRDLOperation, OptPropertyDef
from xdsl.parser import Parser
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import GreedyRewritePatternApplier, PatternRewriter, PatternRewriterListener, PatternRewriteWalker
from xdsl.utils.exceptions import DiagnosticException, ParseError, PassFailedException

from ..analysis.remarks import applied
from ..analysis.statistics import count

MOST_APPLICATIONS = 100_000
"""Rewrites of one run, at most: patterns may undo each other for ever."""


@dataclass(frozen=True)
class EinsumApplyPdlPass(ModulePass):
    """Rewrite by PDL patterns, which match only Einsums whose every clause they name."""

    name = "einsum-apply-pdl"

    file: str | None = None
    """The file with the patterns; if not given, the module's own, which are removed."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        source = op if self.file is None else _read(self.file, ctx)
        patterns = [o for o in source.walk() if isinstance(o, pdl.PatternOp)]
        if not patterns:
            raise PassFailedException(f"{self.file or 'the module'}: no pdl.pattern in it")
        if self.file is None:
            source = ModuleOp([])
            for pattern in patterns:
                pattern.detach()
                source.body.block.add_op(pattern)
        made = [_Pattern(pattern, ctx, self.name) for pattern in sorted(patterns, key=lambda p: -p.benefit.value.data)]
        place = _Placer(made)
        listener = PatternRewriterListener(operation_insertion_handler=[place.put])
        PatternRewriteWalker(GreedyRewritePatternApplier(list(made)), listener=listener).rewrite_module(op)


def _read(file: str, ctx: Context) -> ModuleOp:
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PassFailedException(f"{file}: cannot be read: {getattr(error, 'strerror', None) or 'not a text file'}") from error
    try:
        module = Parser(ctx, text, file).parse_module()
        module.verify()
    except ParseError as error:
        line = text.count("\n", 0, error.span.start) + 1
        column = error.span.start - (text.rfind("\n", 0, error.span.start) + 1) + 1
        raise PassFailedException(f"{file}:{line}:{column}: {error.msg.strip()}") from error
    except DiagnosticException as error:
        raise PassFailedException(f"{file}: {str(error).splitlines()[0]}") from error
    except Exception as error:  # xDSL's parser raises whatever its helpers raise
        raise PassFailedException(f"{file}: cannot be read: {type(error).__name__}: {error}") from error
    return module


class _Matcher(PDLMatcher):
    """Matches an operation only if the pattern names each optional property that it has."""

    def match_operation(self, ssa_val: SSAValue, pdl_op: pdl.OperationOp, xdsl_op: Operation) -> bool:
        named = {name.data for name in pdl_op.attributeValueNames.data}
        return named.issuperset(optional_properties(xdsl_op)) and super().match_operation(ssa_val, pdl_op, xdsl_op)


def optional_properties(op: Operation) -> list[str]:
    """The properties that an operation has and might do without."""
    if not isinstance(op, IRDLOperation):
        return []
    known = op.get_irdl_definition().properties
    return [name for name in op.properties if isinstance(known.get(name), OptPropertyDef)]


class _Pattern(PDLRewritePattern):
    """One pattern. `at` is the place of the operation that it rewrites, while it does."""

    def __init__(self, pattern: pdl.PatternOp, ctx: Context, pass_name: str):
        rewrite = next((o for o in pattern.body.ops if isinstance(o, pdl.RewriteOp)), None)
        name = "a pattern" if pattern.sym_name is None else f"pattern @{pattern.sym_name.data}"
        if rewrite is None or not isinstance(rewrite.root, OpResult) or not isinstance(rewrite.root.op, pdl.OperationOp):
            raise PassFailedException(f"{name} needs a pdl.rewrite with a root operation and a body")
        super().__init__(rewrite, ctx)
        self.root, self.body, self.said, self.pass_name = rewrite.root, rewrite.body, name, pass_name
        self.constraints = [o for o in pattern.walk() if isinstance(o, pdl.ApplyNativeConstraintOp)]
        if self.constraints:
            raise PassFailedException(f"{name} calls a native constraint; patterns in files have none")
        self.at = UNKNOWN_LOC
        self.applications = 0

    def match_and_rewrite(self, xdsl_op: Operation, rewriter: PatternRewriter) -> None:
        matcher = _Matcher()
        pattern = self.root.op
        if not isinstance(pattern, pdl.OperationOp) or not matcher.match_operation(self.root, pattern, xdsl_op):
            return
        self.applications += 1
        if self.applications > MOST_APPLICATIONS:
            raise PassFailedException(f"{self.said} was applied more than {MOST_APPLICATIONS} times; does another undo what it does?")
        self.at = xdsl_op.location
        self.interpreter.push_scope("rewrite")
        self.interpreter.set_values(matcher.matching_context.items())
        self.functions.rewriter = rewriter
        self.interpreter.run_ssacfg_region(self.body, ())
        self.interpreter.pop_scope()
        count(f"rewrites by {self.said}")
        applied(self.pass_name, self.at, f"rewritten by {self.said}")
        self.at = UNKNOWN_LOC


class _Placer:
    """Gives new operations the place of what they are made of."""

    def __init__(self, patterns: list[_Pattern]):
        self.patterns = patterns

    def put(self, op: Operation) -> None:
        if isinstance(op.location, UnknownLoc):
            op.location = next((p.at for p in self.patterns if not isinstance(p.at, UnknownLoc)), UNKNOWN_LOC)
