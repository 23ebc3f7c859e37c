"""A plug-in for tests: passes that remark, refuse, crash, and spoil the IR."""

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.passes import ModulePass

from einfold.analysis import remarks


@dataclass(frozen=True)
class TestRemark(ModulePass):
    """Remarks on every einsum.compute, in all kinds."""

    name = "test-remark"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for child in op.walk():
            if child.name == "einsum.compute":
                remarks.missed(self.name, child, "nothing to gain here")
                remarks.applied(self.name, child, "looked at it")
                remarks.analysis(self.name, child, "one reduction")


@dataclass(frozen=True)
class TestRefuse(ModulePass):
    """Refuses, at the first einsum.compute if there is one."""

    name = "test-refuse"

    reason: str
    times: int = 1
    factor: float = 1.0

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        at = next((o for o in op.walk() if o.name == "einsum.compute"), op)
        remarks.fail(at, f"{self.reason}, {self.times} times {self.factor}")


@dataclass(frozen=True)
class TestMark(ModulePass):
    """Puts an attribute on every einsum.compute."""

    name = "test-mark"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for child in op.walk():
            if child.name == "einsum.compute":
                child.attributes["mark"] = StringAttr("seen")


@dataclass(frozen=True)
class TestCrash(ModulePass):
    """Divides by zero."""

    name = "test-crash"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        raise ZeroDivisionError("on purpose")


@dataclass(frozen=True)
class TestSpoil(ModulePass):
    """Takes the terminators away."""

    name = "test-spoil"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for child in list(op.walk()):
            if child.name == "einsum.return":
                child.detach()
                child.erase()
