"""Pipelines: what the notation means, and that every mistake in it is told where it stands."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.arg_spec import parse_pipeline

from einfold.tools.diagnostics import Failure
from einfold.tools.pipeline import build


@dataclass(frozen=True)
class Plain(ModulePass):
    name = "plain"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        raise AssertionError("not run here")


@dataclass(frozen=True)
class Full(Plain):
    name = "full"

    size: int
    by_name: str = "m"
    factor: float = 1.0
    ranks: tuple[str, ...] = ()
    limit: int | None = None
    quick: bool = False


def broken() -> type[Plain]:
    raise ImportError("no such module")


KNOWN: dict[str, Callable[[], type[Plain]]] = {"plain": lambda: Plain, "full": lambda: Full, "broken": broken}


def passes(text: str) -> tuple[Plain, ...]:
    return build(text, "<p>", "pass", KNOWN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("plain", (Plain(),)),
        ("plain,plain", (Plain(), Plain())),
        ("full{size=3}", (Full(3),)),
        ("full{size=3 by-name=p factor=0.5 ranks=a,b limit=9 quick=true}", (Full(3, "p", 0.5, ("a", "b"), 9, True),)),
        (' plain , full{ size = -3  by_name="two words" } ', (Plain(), Full(-3, "two words"))),
        ("full{size=1 factor=2}", (Full(1, factor=2.0),)),
        ("full{size=1 factor=1e-3}", (Full(1, factor=0.001),)),
        ("full{size=1 ranks=a}", (Full(1, ranks=("a",)),)),
        ("full{size=1 limit}", (Full(1, limit=None),)),
    ],
)
def test_the_notation(text: str, expected: tuple[Plain, ...]):
    built = passes(text)
    assert built == expected
    assert [type(getattr(p, "factor", 1.0)) for p in built] == [float] * len(built)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("plian", 1, "unknown pass 'plian'; did you mean 'plain'?"),
        ("plain,nothing-like-it", 7, "unknown pass 'nothing-like-it'; a pass from a file needs --load-plugin FILE.py"),
        ("plain,", 7, "expected a name"),
        ("plain plain", 7, "expected ',' or the end"),
        ("plain{", 7, "expected an option's name or '}'"),
        ("plain{x=1}", 7, "pass 'plain' has no option 'x'; it has none"),
        ("full", 1, "pass 'full' needs option 'size' (a whole number)"),
        ("full{sise=1}", 6, "pass 'full' has no option 'sise'; did you mean 'size'?"),
        ("full{size=a}", 6, "option 'size' of pass 'full' takes a whole number, given a"),
        ("full{size}", 6, "option 'size' of pass 'full' takes a whole number, given nothing"),
        ("full{size=true}", 6, "option 'size' of pass 'full' takes a whole number, given True"),
        ("full{size=1,2}", 6, "option 'size' of pass 'full' takes a whole number, given 1,2"),
        ("full{size=1 size=2}", 13, "option 'size' is given twice"),
        ("full{size=}", 11, "expected a value: a word, a number, or text in double quotes"),
        ("full{size=1;}", 12, "unexpected character"),
        ("plain[cse]", 1, "only 'mlir-opt' takes a pipeline in brackets"),
        ("plain,broken", 7, "pass 'broken' cannot be loaded: no such module"),
        ("full{size=" + "9" * 5000 + "}", 11, "a number of 5000 characters; at most 40 are read"),
    ],
)
def test_mistakes_are_told_where_they_stand(text: str, column: int, message: str):
    with pytest.raises(Failure) as caught:
        passes(text)
    (found,) = caught.value.diagnostics
    assert (found.file, found.line, found.column) == ("<p>", 1, column)
    assert found.message == message or (len(text) > 100 and found.message.startswith(message))


def test_what_a_pass_prints_of_itself_reads_back():
    built = passes("full{size=3 by-name=p factor=0.5 ranks=a,b limit=9 quick=true},plain")
    assert passes(",".join(map(str, built))) == built
    assert [s.name for s in parse_pipeline(",".join(map(str, built)))] == ["full", "plain"]
