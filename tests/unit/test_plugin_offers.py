"""Operators, machines and importers of plug-ins: from a file, from Python; what is wrong with one is told where it is made."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from einfold.plugins import BadInput, Importer, MachineFile, Operator, register, registry
from einfold.tools.einfold import main as einfold
from einfold.tools.loading import load_module, new_context
from einfold.tools.opt import main as opt
from einfold.tools.running import CRASH_EXIT_CODE

MACHINE = (Path(__file__).parents[2] / "backend" / "machines" / "fusemax-edge.yaml").read_text()

PLUGIN = """
import numpy as np
from einfold.plugins import BadInput, Importer, MachineFile, Operator

POW2 = Operator("pow2", ("x",), homomorphism=("add", "mul"), monotone="increasing", evaluate=np.exp2)
LSE = Operator("@lse", ("a", "b"), "max(%a, %b) + log(1 + exp(-abs(%a - %b)))", associative=True, commutative=True, identity=float("-inf"))
TOY = MachineFile("toy", path=PATH)

def read(text, name):
    if not text.strip().isdigit():
        raise BadInput(f"'{text.strip()}' is not a size", 1, 1, len(text.strip()))
    size = int(text)
    if size == 13:
        raise KeyError("unlucky")
    if size == 14:
        return None
    return f"einsum.cascade @f ranks {{m = {size}}} (%A[m]) -> [] : f64 {{\\n  %S = einsum.compute [] = %A[m] reduce @lse(m)\\n  einsum.return %S[]\\n}}\\n"

NUMBERS = Importer("numbers", (".num", ".tar.num"), read, "the size of a sum")
"""

SOFTMAX = """einsum.cascade @softmax2 ranks {m = 64, p = 4} (%S[m, p], %V[m]) -> [p] : f64 {
  %GM = einsum.compute [p] = %S[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = @pow2(%S[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %AV = einsum.compute [p] = %A[m, p] * %V[m] reduce add(m)
  einsum.return %AV[p]
}
"""


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    yield
    registry.use_files(())


@pytest.fixture
def plugin(tmp_path: Path) -> str:
    machine, path = tmp_path / "toy.yaml", tmp_path / "plug.py"
    machine.write_text(MACHINE)
    path.write_text(PLUGIN.replace("PATH", repr(str(machine))))
    return str(path)


def write(tmp_path: Path, name: str, text: str) -> str:
    (tmp_path / name).write_text(text)
    return str(tmp_path / name)


def test_an_opaque_operator_reaches_rewrites_by_its_laws_and_the_interpreter_by_its_function(
    plugin: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    file = write(tmp_path, "softmax.mlir", SOFTMAX)
    assert einfold(["passes", file, "--rank", "m", "--json", "--load-plugin", plugin]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "3" in json.dumps(told)
    assert opt([file, "--load-plugin", plugin, "-p", "einsum-one-pass{size=16}", "--remarks=none"]) == 0
    merged = capsys.readouterr().out
    assert "einsum.operator @pow2(%x) opaque laws {monotone = increasing, homomorphism = [add, mul]}" in merged
    assert merged.count("einsum.iterate") == 1
    values = [np.load(evaluated(text, plugin, tmp_path))["out0"] for text in (SOFTMAX, merged)]
    given = np.load(tmp_path / "in.npz")
    weights = np.exp2(given["S"] - given["S"].max(axis=0))
    np.testing.assert_allclose(values[0], (weights / weights.sum(axis=0) * given["V"][:, None]).sum(axis=0))
    np.testing.assert_allclose(values[1], values[0])


def evaluated(text: str, plugin: str, tmp_path: Path) -> Path:
    rng = np.random.default_rng(7)
    np.savez(tmp_path / "in.npz", S=rng.normal(size=(64, 4)) * 5, V=rng.normal(size=64))
    file, out = write(tmp_path, "evaluated.mlir", text), tmp_path / "out.npz"
    assert einfold(["eval", file, "--inputs", str(tmp_path / "in.npz"), "--output", str(out), "--load-plugin", plugin]) == 0
    return out


def test_without_its_plugin_an_operator_is_unknown(tmp_path: Path, plugin: str, capsys: pytest.CaptureFixture[str]):
    file = write(tmp_path, "softmax.mlir", SOFTMAX)
    assert opt([file, "--load-plugin", plugin]) == 0
    assert opt([file]) == 1
    assert "error: unknown operator '@pow2'" in capsys.readouterr().err


def test_what_a_file_declares_itself_stands(tmp_path: Path, plugin: str, capsys: pytest.CaptureFixture[str]):
    file = write(tmp_path, "own.mlir", "einsum.operator @pow2(%y) = %y * %y\n" + SOFTMAX)
    assert opt([file, "--load-plugin", plugin]) == 0
    out = capsys.readouterr().out
    assert out.count("einsum.operator @pow2") == 1
    assert "@pow2(%y) = %y * %y" in out


def test_operators_that_definitions_and_laws_name_are_declared_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    text = """
from einfold.plugins import Operator
A = Operator("a", ("x",), "@b(%x) + @b(1)")
B = Operator("b", ("x",), inverse="@c")
C = Operator("c", ("x",))
D = Operator("d", ("x",))
"""
    plugin = write(tmp_path, "three.py", text)
    file = write(tmp_path, "f.mlir", SOFTMAX.replace("@pow2(", "@a(@a(1) + "))
    assert opt([file, "--load-plugin", plugin]) == 0
    declared = [line.split("(")[0].split("@")[1] for line in capsys.readouterr().out.splitlines() if "einsum.operator" in line]
    assert sorted(declared) == ["a", "b", "c"]


def test_a_definition_that_is_wrong_is_told_with_the_operators_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    plugin = write(tmp_path, "bad.py", 'from einfold.plugins import Operator\nBAD = Operator("pow2", ("x",), "logg(%x)")\n')
    file = write(tmp_path, "softmax.mlir", SOFTMAX)
    assert opt([file, "--load-plugin", plugin]) == 1
    err = capsys.readouterr().err.splitlines()
    assert err[0].startswith("<operator @pow2 of a plug-in>:1:")
    assert err[0].endswith("error: unknown operator 'logg'; did you mean 'log'?")


def test_operators_registered_from_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(registry, "_registered", [])
    register(Operator("pow2", ("x",), "exp(0.6931471805599453 * %x)"))
    module = load_module(write(tmp_path, "softmax.mlir", SOFTMAX), new_context())
    assert "einsum.operator @pow2(%x) = exp(0.6931471805599453 * %x)" in str(module)


def test_a_machine_of_a_plugin_is_one_like_others(plugin: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert einfold(["machines", "--load-plugin", plugin]) == 0
    assert any(line.startswith("toy ") for line in capsys.readouterr().out.splitlines())
    file = write(tmp_path, "f.mlir", SOFTMAX.replace("@pow2", "exp").replace("f64", "f32"))
    assert einfold(["simulate", file, "--machine", "toy", "--json", "--load-plugin", plugin]) == 0
    theirs = json.loads(capsys.readouterr().out)
    assert einfold(["simulate", file, "--machine", "fusemax-edge", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cycles"] == theirs["cycles"]
    assert einfold(["machine", "toyy", "--load-plugin", plugin]) == 1
    assert "unknown machine 'toyy'; did you mean 'toy'?" in capsys.readouterr().err
    (tmp_path / "toy.yaml").unlink()
    assert einfold(["machine", "toy", "--load-plugin", plugin]) == 1
    assert "cannot read machine 'toy' of a plug-in: " in capsys.readouterr().err


def test_an_importer_reads_files_of_its_suffix_or_by_its_name(plugin: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    by_suffix, by_name = write(tmp_path, "f.num", "16\n"), write(tmp_path, "f.txt", "16\n")
    assert opt([by_suffix, "--load-plugin", plugin]) == 0
    out = capsys.readouterr().out
    assert "einsum.operator @lse(%a, %b)" in out
    assert "ranks {m = 16}" in out
    assert opt([by_name, "--from=numbers", "--load-plugin", plugin]) == 0
    assert capsys.readouterr().out == out
    assert opt([by_name, "--load-plugin", plugin]) == 1
    assert "files named '.txt' are not known (known: .mlir, .edge, .num, .tar.num); --from chooses an importer" in capsys.readouterr().err
    assert opt(["--list-importers", "--load-plugin", plugin]) == 0
    assert "numbers  the size of a sum (.num, .tar.num)" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("many\n", 1, ":1:1: error: 'many' is not a size\nmany\n^^^^\n"),
        ("13\n", CRASH_EXIT_CODE, ": error: importer 'numbers' crashed: KeyError: 'unlucky'\n"),
        ("14\n", CRASH_EXIT_CODE, ": error: importer 'numbers' made a NoneType, neither a module nor MLIR text\n"),
        ("0\n", 1, ":numbers:1:30: error: rank 'm' has size 0; sizes run from 1 to 2^40\n"),
    ],
)
def test_what_an_importer_cannot_read_is_told(text: str, code: int, message: str, plugin: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = write(tmp_path, "f.num", text)
    assert opt([file, "--load-plugin", plugin]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(file + message)


def reads(text: str, name: str) -> str:
    raise BadInput("never read")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Operator("so ft", ("x",)), "'so ft' cannot be an operator's name"),
        (lambda: Operator("f(%x) opaque\n", ("x",)), "cannot be an operator's name"),
        (lambda: Operator("f", ()), "operator 'f' has no parameters"),
        (lambda: Operator("f", ("%x",)), "'%x' cannot be a parameter of operator 'f'"),
        (lambda: Operator("f", ("x",), " "), "operator 'f' has an empty definition"),
        (lambda: Operator("f", ("x",), identity=float("nan")), "operator 'f' has no number for its identity"),
        (lambda: Operator("f", ("x",), distributes_over=("a b",)), "'a b' cannot be an operator in a law of 'f'"),
        (lambda: MachineFile("to/y", text="x"), "'to/y' cannot be a machine's name"),
        (lambda: MachineFile("toy"), "machine 'toy' is given by its text or by its path, one of them"),
        (lambda: Importer("a b", (".x",), reads), "'a b' cannot be an importer's name"),
        (lambda: Importer("a", ("x",), reads), "'x' cannot be a suffix of importer 'a'"),
    ],
)
def test_offers_are_checked_when_they_are_made(make: object, message: str):
    assert callable(make)
    with pytest.raises(ValueError) as caught:
        make()
    assert message in str(caught.value)


def test_laws_are_written_as_the_dialect_has_them():
    operator = Operator(
        "f", ("a", "b"), None, True, True, -0.5, inverse="sub", distributes_over=("max", "@g"), monotone="decreasing", homomorphism=("add", "mul")
    )
    laws = "associative, commutative, identity = -0.5, inverse = sub, distributes_over = [max, @g], monotone = decreasing, homomorphism = [add, mul]"
    assert operator.text == f"einsum.operator @f(%a, %b) opaque laws {{{laws}}}\n"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("lambda x: 1 / 0", "failed: ZeroDivisionError: division by zero"),
        ("lambda x, y: x", "failed: TypeError: <lambda>() missing 1 required positional argument: 'y'"),
        ("lambda x: x[:1]", "made float64 [1, 4], not real numbers of shape [64, 4]"),
        ("lambda x: x + 1j", "made complex128 [64, 4], not real numbers of shape [64, 4]"),
        ("lambda x: None", "made object [], not real numbers of shape [64, 4]"),
    ],
)
def test_a_function_that_does_not_evaluate_is_told(function: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    plugin = write(tmp_path, "bad.py", f'from einfold.plugins import Operator\nBAD = Operator("pow2", ("x",), evaluate={function})\n')
    file = write(tmp_path, "softmax.mlir", SOFTMAX)
    assert einfold(["eval", file, "--load-plugin", plugin]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"{file}: error: the function of operator '@pow2' {message}\n"
