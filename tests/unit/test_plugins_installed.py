"""A distribution with every kind of plug-in, installed by pip, next to broken ones: it is found, they are named, and nothing else is broken."""

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

BINARIES = Path(sys.executable).parent

OFFERS = '''
from dataclasses import dataclass
from importlib.resources import files
import numpy as np
from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Dialect
from xdsl.irdl import IRDLOperation, irdl_op_definition
from xdsl.passes import ModulePass
from xdsl.universe import Universe
from xdsl.utils.target import Target
from einfold.analysis import statistics
from einfold.plugins import Importer, MachineFile, Operator, Plugin


@dataclass(frozen=True)
class Signed(ModulePass):
    """Sign the module."""

    name = "toy-sign"
    by: str = "toy"
    """Whose name."""

    def apply(self, ctx, op):
        op.attributes["signed"] = StringAttr(self.by)
        statistics.count("modules signed")


@dataclass(frozen=True)
class Names(Target):
    """The names of the operations."""

    name = "toy-names"

    def emit(self, ctx, module, output):
        output.write(" ".join(op.name for op in module.walk()) + "\\n")


@irdl_op_definition
class Own(IRDLOperation):
    name = "toy.own"
    assembly_format = "attr-dict"


Toy = Dialect("toy", [Own])
UNIVERSE = Universe(all_dialects={"toy": lambda: Toy}, all_passes={"toy-sign": lambda: Signed}, all_targets={"toy-names": lambda: Names})
PLUGIN = Plugin(
    operators=[Operator("triple", ("x",), monotone="increasing", evaluate=lambda x: 3 * x)],
    machines=[MachineFile("toy", (files("toy_plugin") / "toy.yaml").read_text())],
    importers=[Importer("toy-ones", (".toy",), lambda text, name: "toy.own\\n" * text.count("1"), "one operation for each 1")],
)
'''

CASCADE = """einsum.cascade @f ranks {m = 4} (%A[m]) -> [m] : f32 {
  %B = einsum.compute [m] = @triple(%A[m])
  einsum.return %B[m]
}
"""


def wheel(folder: Path, name: str, entries: str, modules: dict[str, str]) -> Path:
    """A wheel of modules with entry points, as a build backend would make it."""
    info = f"{name}-1.0.dist-info"
    files = {
        **modules,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": entries,
    }
    record = [f"{f},sha256={digest(text)},{len(text.encode())}" for f, text in files.items()]
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,"]) + "\n")
    return path


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    machine = (Path(__file__).parents[2] / "backend" / "machines" / "fusemax-edge.yaml").read_text()
    sound = wheel(
        folder,
        "toy_plugin",
        "[xdsl.universe]\ntoy = toy_plugin:UNIVERSE\n[einfold.plugins]\ntoy = toy_plugin:PLUGIN\n",
        {"toy_plugin/__init__.py": OFFERS, "toy_plugin/toy.yaml": machine},
    )
    broken = wheel(
        folder,
        "broken_plugin",
        "[xdsl.universe]\nbroken = broken_plugin:UNIVERSE\n[einfold.plugins]\nbroken = broken_plugin\n",
        {"broken_plugin.py": "1 / 0\n"},
    )
    target = folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--disable-pip-version-check", "--target", str(target)]
    subprocess.run([*pip, str(sound), str(broken)], check=True, timeout=120)
    return target


def run(site: Path, tool: str, *arguments: str, code: int = 0, text: str = "") -> tuple[str, str]:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run([str(BINARIES / tool), *arguments], env=environment, input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


UNIVERSE_WARNING = (
    "xdsl.universe 'broken' of distribution 'broken_plugin': warning: left out, it does not load: ZeroDivisionError: division by zero\n"
)
PLUGIN_WARNING = "warning: plug-in 'broken' of distribution 'broken_plugin' is left out: ZeroDivisionError: division by zero\n"


def test_passes_dialects_and_targets_of_a_distribution(site: Path):
    text = "toy.own {a}\n"
    out, err = run(site, "einfold-opt", "--toy-sign=by=me", text=text)
    assert (out, err) == ('builtin.module attributes {signed = "me"} {\n  toy.own {a}\n}\n\n', UNIVERSE_WARNING)
    out, err = run(site, "einfold-opt", "-t", "toy-names", "-p", "toy-sign", "--pass-statistics", text=text)
    assert out == "builtin.module toy.own\n"
    assert "1 modules signed" in err
    listed, _ = run(site, "einfold-opt", "--list-passes", "--list-targets", "--show-dialects", "--list-importers")
    lines = listed.splitlines()
    assert lines[lines.index("toy-sign  Sign the module.") + 1] == "    by: str = toy  Whose name"
    assert {"toy-names  The names of the operations.", "toy", "toy-ones  one operation for each 1 (.toy)"} <= set(lines)


def test_operators_machines_and_importers_of_a_distribution(site: Path, tmp_path: Path):
    (tmp_path / "f.mlir").write_text(CASCADE)
    (tmp_path / "f.toy").write_text("1 0 1\n")
    out, err = run(site, "einfold", "eval", str(tmp_path / "f.mlir"), "--seed", "1")
    assert out.startswith("out0: float32 [4], from ")
    assert err == UNIVERSE_WARNING + PLUGIN_WARNING
    assert "\ntoy " in run(site, "einfold", "machines")[0]
    assert run(site, "einfold-opt", str(tmp_path / "f.toy"))[0].count("toy.own") == 2


def test_broken_plugins_break_nothing_else(site: Path, tmp_path: Path):
    (tmp_path / "g.mlir").write_text(CASCADE.replace("@triple", "exp"))
    with_plugins = run(site, "einfold-opt", str(tmp_path / "g.mlir"), "-p", "einsum-cse")
    without = run(tmp_path, "einfold-opt", str(tmp_path / "g.mlir"), "-p", "einsum-cse")
    assert with_plugins == (without[0], UNIVERSE_WARNING)
    assert without[1] == ""
