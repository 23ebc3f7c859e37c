"""Remarks: what a pass did or declined to do, and why, with the place in the source that it speaks of.

A pass that declines says so here, instead of leaving its user to compare texts. Nothing is printed here: a tool collects remarks
with `collect` and shows those asked for (`einfold-opt --remarks=...`); without a collector a remark costs nothing and goes nowhere.
LLVM's `-Rpass`, `-Rpass-missed` and `-Rpass-analysis` are the model of the three kinds.

```python
with collect() as found:
    SomePass().apply(ctx, module)
print([r.message for r in found if r.kind == "missed"])
```
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, NoReturn, get_args

from xdsl.dialects.builtin import LocationAttr
from xdsl.ir import Operation
from xdsl.utils.exceptions import PassFailedException

RemarkKind = Literal["applied", "missed", "analysis"]
"""A rewrite happened; a rewrite was declined; a fact was asked for (a count, a bound)."""

REMARK_KINDS: tuple[RemarkKind, ...] = get_args(RemarkKind)


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark of the pass called `pass_name`, at `location` (unknown if the operation was made by a rewrite that set none)."""

    kind: RemarkKind
    pass_name: str
    message: str
    location: LocationAttr


_sink: ContextVar[list[Remark] | None] = ContextVar("einfold_remarks", default=None)


@contextmanager
def collect() -> Generator[list[Remark], None, None]:
    """Collect the remarks made inside the `with` block; a collector inside another takes its block's remarks for itself."""
    found: list[Remark] = []
    token = _sink.set(found)
    try:
        yield found
    finally:
        _sink.reset(token)


def remark(kind: RemarkKind, pass_name: str, where: Operation | LocationAttr, message: str) -> None:
    """Make a remark at an operation or a location. The same remark twice at one place counts once."""
    found = _sink.get()
    if found is None:
        return
    made = Remark(kind, pass_name, message, where.location if isinstance(where, Operation) else where)
    if made not in found:
        found.append(made)


def repeat(found: Iterable[Remark]) -> None:
    """Make remarks again that were collected on the way, where what they speak of has come to stay."""
    for each in found:
        remark(each.kind, each.pass_name, each.location, each.message)


def applied(pass_name: str, where: Operation | LocationAttr, message: str) -> None:
    """`message` says what was rewritten."""
    remark("applied", pass_name, where, message)


def missed(pass_name: str, where: Operation | LocationAttr, message: str) -> None:
    """`message` says what was not rewritten and which law, bound or form was missing."""
    remark("missed", pass_name, where, message)


def analysis(pass_name: str, where: Operation | LocationAttr, message: str) -> None:
    """`message` states a fact that the pass was run to find."""
    remark("analysis", pass_name, where, message)


class LocatedPassFailure(PassFailedException):
    """A pass cannot do what its options demand, at `location`. Tools print it as an error there, exit code 1."""

    def __init__(self, message: str, location: LocationAttr):
        super().__init__(message)
        self.location = location


def fail(where: Operation | LocationAttr, message: str) -> NoReturn:
    """Stop the pass with an error at an operation or a location."""
    raise LocatedPassFailure(message, where.location if isinstance(where, Operation) else where)
