"""The tables of dialects, passes and targets, against what there is; and that naming them imports none of it."""

import subprocess
import sys

import pytest
from xdsl.passes import ModulePass
from xdsl.transforms import get_all_passes
from xdsl.universe import Universe
from xdsl.utils.target import Target

from einfold.tools import plugins, universe
from einfold.tools.commands import COMMANDS
from einfold.tools.plugins import installed_universe

HEAVY = ("numpy", "networkx", "sympy", "z3", "yaml", "rich", "einfold.passes", "einfold.dialects", "einfold.algebra", "einfold.backend")


@pytest.mark.parametrize("name", universe.DIALECTS)
def test_a_dialect_is_where_the_table_says(name: str):
    assert universe.EINFOLD_UNIVERSE.all_dialects[name]().name == name


@pytest.mark.parametrize("name", universe.PASSES)
def test_a_pass_is_where_the_table_says(name: str):
    found = universe.EINFOLD_UNIVERSE.all_passes[name]()
    assert found.name == name
    assert issubclass(found, ModulePass)
    assert (found.__doc__ or "").strip(), "its documentation is what --list-passes shows"


def test_every_target_is_where_the_table_says():
    assert universe.EINFOLD_UNIVERSE.all_targets.keys() == universe.TARGETS.keys()
    for name in universe.TARGETS:
        found = universe.EINFOLD_UNIVERSE.all_targets[name]()
        assert found.name == name
        assert issubclass(found, Target)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_where_the_table_says(name: str):
    module = COMMANDS[name].load()
    assert callable(module.configure)
    assert callable(module.run)
    assert (module.__doc__ or "").startswith(f"`einfold {name}")


def test_a_module_without_the_class_is_an_error():
    with pytest.raises(LookupError, match="defines 0 ModulePass classes named 'cse', expected 1"):
        universe.load_named(ModulePass, "cse", "tools.source")


def test_the_universe_is_installed_as_an_entry_point():
    found = installed_universe()
    assert universe.EINFOLD_UNIVERSE.all_passes.items() <= found.all_passes.items()
    assert universe.EINFOLD_UNIVERSE.all_dialects.items() <= found.all_dialects.items()
    assert {"builtin", "func"} <= found.all_dialects.keys(), "xDSL's own are there too"


class Entry:
    """An entry point of a distribution that is not there."""

    dist = None
    value = "theirs:U"

    def __init__(self, name: str, offer: object):
        self.name, self.offer = name, offer

    def load(self) -> object:
        if isinstance(self.offer, BaseException):
            raise self.offer
        return self.offer


def test_an_installed_universe_that_is_broken_is_named_and_left_out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    theirs = Universe(all_passes={"cse": lambda: ModulePass, "theirs": lambda: ModulePass})
    entries = [Entry("bad", ImportError("half installed")), Entry("exits", SystemExit(3)), Entry("odd", 7), Entry("aaa", theirs)]
    real = plugins.entry_points
    monkeypatch.setattr("einfold.tools.plugins.entry_points", lambda group: [*real(group=group), *entries])
    found = installed_universe()
    assert found.all_passes.keys() == {*real_passes(), "theirs"}
    assert found.all_passes["cse"]().name == "cse"
    assert capsys.readouterr().err.splitlines() == [
        "xdsl.universe 'aaa': warning: pass 'cse' is left out: there is one of that name already",
        "xdsl.universe 'bad': warning: left out, it does not load: ImportError: half installed",
        "xdsl.universe 'exits': warning: left out, it does not load: SystemExit: 3",
        "xdsl.universe 'odd': warning: left out, it does not load: TypeError: 'theirs:U' is a int, not a Universe",
    ]


def real_passes() -> set[str]:
    return {*universe.PASSES, *get_all_passes()}


@pytest.mark.parametrize("module", ["universe", "opt", "einfold"])
def test_naming_imports_nothing_heavy(module: str):
    code = f"import sys, einfold.tools.{module}; print(*(m for m in sys.modules if m.startswith({HEAVY!r})))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert found == []


def test_the_front_door_does_without_xdsl():
    code = "import sys\nimport einfold.tools.einfold as e\ne.top_parser().format_help()\nprint(*(m for m in sys.modules if m == 'xdsl'))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == []
