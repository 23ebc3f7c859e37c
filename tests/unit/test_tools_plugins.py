"""Plug-ins: what a Python file may offer, and that a broken one is named."""

import sys
from pathlib import Path

import pytest

from einfold.tools.opt import main
from einfold.tools.plugins import load_plugin
from einfold.tools.running import CRASH_EXIT_CODE

PASS = """
from dataclasses import dataclass
from xdsl.passes import ModulePass

@dataclass(frozen=True)
class Mine(ModulePass):
    name = "mine"
    def apply(self, ctx, op):
        from xdsl.dialects.builtin import UnitAttr
        op.attributes["touched"] = UnitAttr()
"""
UNIVERSE = """
from xdsl.universe import Universe
from xdsl.ir import Dialect
MINE = Dialect("mine")
def factory():
    raise AssertionError("imported when used, not before")
U = Universe(all_dialects={"mine": lambda: MINE}, all_passes={"late": factory})
"""
DIALECT = """
from xdsl.dialects.test import Test
from xdsl.ir import Dialect
from xdsl.irdl import IRDLOperation, irdl_op_definition

@irdl_op_definition
class Own(IRDLOperation):
    name = "mine.own"
    assembly_format = "attr-dict"

Mine = Dialect("mine", [Own])
"""


def plugin(tmp_path: Path, text: str, name: str = "plug.py") -> str:
    path = tmp_path / name
    path.write_text(text)
    return str(path)


@pytest.fixture
def module(tmp_path: Path) -> str:
    path = tmp_path / "in.mlir"
    path.write_text('"test.op"() : () -> ()\n')
    return str(path)


def test_a_pass_of_a_plugin_runs(tmp_path: Path, module: str, capsys: pytest.CaptureFixture[str]):
    assert main([module, "--load-plugin", plugin(tmp_path, PASS), "-p", "mine"]) == 0
    assert "attributes {touched}" in capsys.readouterr().out


def test_several_plugins_and_their_passes_are_in_the_help(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    one, two = plugin(tmp_path, PASS), plugin(tmp_path, PASS.replace('"mine"', '"yours"'), "two.py")
    with pytest.raises(SystemExit) as caught:
        main(["--load-plugin", one, f"--load-plugin={two}", "--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out.replace("\n", "").replace(" ", "")
    assert ",mine,yours" in out


def test_a_dialect_of_a_plugin_is_read_and_imported_ones_are_not_offered(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = plugin(tmp_path, DIALECT)
    assert set(load_plugin(path).universe.all_dialects) == {"mine"}
    (tmp_path / "own.mlir").write_text("mine.own {a}")
    assert main([str(tmp_path / "own.mlir"), "--load-plugin", path]) == 0
    assert "mine.own {a}" in capsys.readouterr().out


def test_a_universe_adds_dialects_and_lazy_passes(tmp_path: Path):
    found = load_plugin(plugin(tmp_path, UNIVERSE)).universe
    assert set(found.all_dialects) == {"mine"}
    assert set(found.all_passes) == {"late"}
    assert found.all_dialects["mine"]().name == "mine"


NOTHING = "it offers nothing: no Universe, Dialect, ModulePass, Target, Operator, MachineFile or Importer at its top level"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\ny = = 2\n", ":2:5: warning: plug-in is left out: invalid syntax"),
        ("x = 1\n1 / 0\n", ":2:1: warning: plug-in is left out: ZeroDivisionError: division by zero"),
        ("import nothing_of_that_name\n", ":1:1: warning: plug-in is left out: ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("raise SystemExit(3)\n", ":1:1: warning: plug-in is left out: SystemExit: 3"),
        ("x = 1\n", f": warning: plug-in is left out: {NOTHING}"),
        ("from xdsl.transforms.dead_code_elimination import DeadCodeElimination\n", f": warning: plug-in is left out: {NOTHING}"),
        (PASS.replace('"mine"', '"cse"'), ": warning: pass 'cse' is left out: there is one of that name already"),
        (PASS.replace('    name = "mine"\n', ""), ": warning: class 'Mine' is left out: it has no 'name', by which it would be called"),
    ],
)
def test_a_broken_plugin_is_named_and_breaks_nothing_else(text: str, message: str, tmp_path: Path, module: str, capsys: pytest.CaptureFixture[str]):
    broken, sound = plugin(tmp_path, text), plugin(tmp_path, PASS.replace('"mine"', '"yours"').replace("touched", "yours"), "sound.py")
    assert main([module, "--load-plugin", broken, "--load-plugin", sound, "-p", "yours,cse"]) == 0
    out, err = capsys.readouterr()
    assert "attributes {yours}" in out
    assert err == f"{broken}{message}\n"


def test_what_is_sound_in_a_broken_plugin_is_there(tmp_path: Path, module: str, capsys: pytest.CaptureFixture[str]):
    nameless = PASS.replace("Mine", "Nameless").replace('    name = "mine"\n', "")
    path = plugin(tmp_path, PASS + nameless)
    assert main([module, "--load-plugin", path, "-p", "mine"]) == 0
    out, err = capsys.readouterr()
    assert "attributes {touched}" in out
    assert "class 'Nameless' is left out" in err


def test_what_is_not_a_python_file_is_told(tmp_path: Path, module: str, capsys: pytest.CaptureFixture[str]):
    assert main([module, "--load-plugin", module]) == 1
    assert capsys.readouterr().err == f"{module}: error: a plug-in is a Python file, named *.py\n"
    assert main([module, "--load-plugin", str(tmp_path / "gone.py")]) == 1
    assert capsys.readouterr().err.startswith(f"{tmp_path}/gone.py: error: no such file")


def test_plugins_find_the_modules_beside_them_and_do_not_mix_up_their_own(tmp_path: Path, module: str, capsys: pytest.CaptureFixture[str]):
    typed = """
from __future__ import annotations
from dataclasses import dataclass
from typing import Literal
from xdsl.passes import ModulePass
from words_beside import SAID
Choice = Literal[{choices}]

@dataclass(frozen=True)
class Mine(ModulePass):
    name = "{name}"
    choice: Choice = {default}
    def apply(self, ctx, op):
        from xdsl.dialects.builtin import StringAttr
        op.attributes["{name}"] = StringAttr(self.choice + SAID)
"""
    paths: list[str] = []
    for folder, choices, default in (("one", "'a', 'b'", "'a'"), ("two", "'c', 'd'", "'c'")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "words_beside.py").write_text("SAID = ' said'\n")
        paths.append(plugin(tmp_path, typed.format(choices=choices, default=default, name=folder), f"{folder}/same.py"))
    before = list(sys.path)
    assert main([module, *(f"--load-plugin={p}" for p in (*paths, paths[0])), "-p", "one{choice=b},two{choice=d}"]) == 0
    out, err = capsys.readouterr()
    assert 'one = "b said", two = "d said"' in out
    assert err == ""
    assert sys.path == before


ODD = """
from dataclasses import dataclass
from xdsl.passes import ModulePass
from xdsl.universe import Universe

@dataclass(frozen=True)
class Unhinted(ModulePass):
    name = "unhinted"
    option: "Undefined" = 3
    def apply(self, ctx, op): pass

@dataclass(frozen=True)
class Exits(ModulePass):
    name = "exits"
    def apply(self, ctx, op): raise SystemExit(7)

U = Universe(all_passes={3: 4, "a b": lambda: 1, "number": 5, "raises": lambda: 1 / 0, "seventeen": lambda: 17})
"""


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("unhinted", 1, "<passes>:1:1: error: pass 'unhinted' cannot be loaded: name 'Undefined' is not defined"),
        ("raises", 1, "<passes>:1:1: error: pass 'raises' cannot be loaded: division by zero"),
        ("seventeen", 1, "<passes>:1:1: error: pass 'seventeen' cannot be loaded: must be called with a dataclass type or instance"),
        ("exits", CRASH_EXIT_CODE, "{module}: error: pass 'exits' crashed: SystemExit: 7 (plug.py:15)"),
    ],
)
def test_odd_passes_are_told_when_they_are_used(name: str, code: int, message: str, tmp_path: Path, module: str, capsys: pytest.CaptureFixture[str]):
    path = plugin(tmp_path, ODD)
    assert main([module, "--load-plugin", path, "-p", name, "--crash-dir", str(tmp_path)]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert message.format(module=module) in err.splitlines()
    called = "a name is made of letters, digits, '.', '_' and '-', and begins with a letter"
    assert err.splitlines()[:3] == [
        f"{path}: warning: pass '3' is left out: {called}",
        f"{path}: warning: pass 'a b' is left out: {called}",
        f"{path}: warning: pass 'number' is left out: a universe lists functions, not a int",
    ]


def test_odd_passes_are_listed_beside_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["--load-plugin", plugin(tmp_path, ODD), "--list-passes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "raises  (cannot be loaded: ZeroDivisionError: division by zero)" in lines
    assert "seventeen  (cannot be loaded: AttributeError: 'int' object has no attribute '__name__')" in lines
    assert "    option: 'Undefined' = 3" in lines
    assert any(line.startswith("einsum-one-pass  ") for line in lines)
