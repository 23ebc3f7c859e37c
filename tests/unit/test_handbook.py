"""The pages that are made: each operation, pass, option and command is on them, with examples that ran; and what the navigation does."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass, fields
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from pygments.lexers import get_lexer_by_name
from pygments.token import Error, Keyword, Name
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from einfold.algebra.operators import REDUCTION_OPERATORS, SCALAR_OPERATORS
from einfold.tools.commands import COMMANDS
from einfold.tools.handbook import passes as passes_pages
from einfold.tools.handbook.dialects import dialect_page
from einfold.tools.handbook.markdown import field_notes, table, without_notes
from einfold.tools.handbook.offline import loaded_from_elsewhere
from einfold.tools.handbook.op_examples import OP_EXAMPLES
from einfold.tools.handbook.pages import PAGES
from einfold.tools.handbook.pass_examples import PASS_EXAMPLES
from einfold.tools.handbook.running import PageError, rewritten
from einfold.tools.universe import DIALECTS, PASSES, load_dialect, load_named

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_page_has_every_operation_and_attribute(name: str):
    page = dialect_page(name)
    for operation in load_dialect(name).operations:
        assert f"### {operation.name}\n" in page
        assert operation.name in OP_EXAMPLES[operation.name], "an example without its own operation"
    for attribute in load_dialect(name).attributes:
        assert f"| `{attribute.name}` | `#" in page
    links = re.findall(r"\(#([\w-]+)\)", page)
    headings = {h.strip().lower().replace(".", "").replace(" ", "-") for h in re.findall(r"^#+ (.*)$", page, re.M)}
    assert links and set(links) <= headings


def test_examples_are_of_operations_and_passes_that_there_are():
    assert OP_EXAMPLES.keys() == {op.name for name in DIALECTS for op in load_dialect(name).operations}
    assert PASS_EXAMPLES.keys() <= PASSES.keys()


def test_the_catalogue_of_passes_has_every_option_and_what_comes_out():
    page = passes_pages.passes_page()
    for name, module in PASSES.items():
        section = page.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for option in fields(load_named(ModulePass, name, module)):
            assert re.search(rf"^\| `{option.name.replace('_', '-')}` \| `.*` \| .* \| .+ \|$", section, re.M)
        assert section.count("```mlir") == 2 or name not in PASS_EXAMPLES
    assert "einsum.iterate m1 init(" in page and "accel.task" in page


def test_a_pass_that_says_nothing_of_itself_has_no_page():
    @dataclass(frozen=True)
    class Silent(ModulePass):
        name = "silent"

        def apply(self, ctx: Context, op: ModuleOp) -> None: ...

    with pytest.raises(PageError, match="silent has no line"):
        passes_pages.summary(Silent)


@dataclass(frozen=True)
class Noted(ModulePass):
    """Do it.

    first: how often. second: how well.
    """

    name = "noted"

    first: int = 1
    second: str = "well"
    third: bool = False
    """Whether at all."""


def test_notes_on_options_are_found_where_they_stand():
    assert field_notes(Noted) == {"first": "how often", "second": "how well", "third": "Whether at all."}
    assert without_notes("Do it.\n\nfirst: how often. second: how well.", ["first", "second"]) == "Do it."
    third = fields(Noted)[2]
    assert (passes_pages.type_text(third), passes_pages.default_text(third)) == ("bool", "false")


@pytest.mark.parametrize("path", [p for p in PAGES if "passes" not in p])
def test_other_pages_have_all_that_there_is(path: str):
    page = PAGES[path]()
    wanted = {
        "reference/operators.md": [f"| `{name}` |" for name in (*SCALAR_OPERATORS, *REDUCTION_OPERATORS)],
        "reference/commands.md": [f"usage: einfold {name} " for name in COMMANDS],
    }[path]
    assert [w for w in wanted if w not in page] == []


def test_an_example_that_fails_makes_no_page():
    with pytest.raises(PageError, match="ends with 1: <passes>:1:1: error: unknown pass 'nothing'"):
        rewritten("", "nothing")


def test_bars_in_cells_do_not_end_them():
    assert table(["a"], [["x | y"]]) == ["| a |", "| --- |", "| x \\| y |"]


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hook", ROOT / "tools" / "handbook" / "hook.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_navigation_takes_what_there_is(hook: ModuleType):
    nav = [{"Home": "index.md"}, {"Use": [{"A": "a.md"}, {"B": "missing.md"}]}, {"Empty": [{"C": "gone.md"}]}]
    assert hook.fitted(nav, {"index.md", "a.md", "new.md"}) == [{"Home": "index.md"}, {"Use": [{"A": "a.md"}]}, {"More": ["new.md"]}]


def test_every_page_of_ours_has_its_place_in_the_navigation(hook: ModuleType):
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    made = {*PAGES, *(f"reference/{name}-ops.md" for name in DIALECTS), "gallery.md"}
    written = {path.name for path in (ROOT / "docs").glob("*.md")}
    fitted = hook.fitted(nav, made | written)
    named = set(re.findall(r"[\w/-]+\.md", str(fitted)))
    assert named == made | written


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, made of their words."""
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading) for heading in re.findall(r"^#+ (.*)$", prose(page), re.M))
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in plain}


LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]*)(?:#([^)\s]*))?\)")


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page: Path):
    for target, anchor in LINK.findall(prose(page)):
        if anchor and (heading := page.parent / target if target else page).parent == page.parent and heading.exists():
            assert anchor in anchors(heading), f"{page.name}: {target}#{anchor}"
        if target and not target.startswith(("http://", "https://")):
            made = target.startswith("reference/") and (target in PAGES or target.endswith("-ops.md"))
            assert made or target == "gallery.md" or (page.parent / target).exists(), f"{page.name}: {target}"


def test_what_a_page_loads_from_elsewhere_is_found(tmp_path: Path):
    (tmp_path / "in").mkdir()
    page = tmp_path / "in" / "page.html"
    page.write_text(
        """<link rel="canonical" href="https://a.example/"><link rel=stylesheet href=//b.example/x.css><link href="own.css" rel="stylesheet">
        <a href="https://c.example">c</a> <script src='https://d.example/s.js'></script> <img alt="e" src="own.svg">"""
    )
    (tmp_path / "own.css").write_text('@import "https://f.example/f.css"; a { background: url(data:image/png;base64,AA) } b { src: url("own.woff") }')
    assert loaded_from_elsewhere(tmp_path) == [
        "in/page.html loads https://d.example/s.js",
        "in/page.html loads //b.example/x.css",
        "own.css loads https://f.example/f.css",
    ]


@pytest.mark.parametrize("text", [(ROOT / "examples" / "softcap.mlir").read_text(), OP_EXAMPLES["accel.kernel"]])
def test_mlir_is_highlighted_and_nothing_of_it_is_lost(text: str):
    found = list(get_lexer_by_name("mlir").get_tokens(text))
    assert "".join(value for _, value in found) == text
    assert Error not in {kind for kind, _ in found}


def test_mlir_is_highlighted_by_what_it_is():
    kinds = {value: kind for kind, value in get_lexer_by_name("mlir").get_tokens((ROOT / "examples" / "softcap.mlir").read_text())}
    assert kinds["einsum.compute"] is Keyword
    assert kinds["%QK"] is Name.Variable and kinds["@softcap"] is Name.Function
    assert kinds["reduce"] is Keyword.Pseudo and kinds["exp"] is Name.Builtin and kinds["f16"] is Keyword.Type
