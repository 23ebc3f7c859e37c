"""`einfold eval`: arrays in, results out, and one clear line for whatever is wrong with what it is given."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from einfold.dialects.einsum import CascadeOp
from einfold.interpreter.arguments import random_inputs
from einfold.interpreter.memory import peak_bytes
from einfold.tools.einfold import main
from einfold.tools.loading import load_module, new_context

CASCADE = """einsum.cascade @scale ranks {m = 4, n = 2} (%A[m], %B[n]) -> [m, n], [m] : f32 {
  %S = einsum.compute [m, n] = %A[m] * %B[n]
  %P = einsum.compute [m] = %A[m] > 0 : i1
  einsum.return %S[m, n], %P[m]
}
"""
ATTENTION = Path(__file__).parents[2] / "examples" / "attention.mlir"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.mlir").write_text(CASCADE)
    return tmp_path


def failure(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """The one line that `einfold eval` fails with; it has written nothing else."""
    before = sorted(os.listdir())
    assert main(["eval", *args]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert sorted(os.listdir()) == before
    return err.strip()


@pytest.mark.usefixtures("folder")
def test_results_are_written_and_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    a, b = np.array([1.0, -2.0, np.inf, 0.5]), np.array([2.0, 10.0])
    np.savez("in.npz", A=a, B=b)
    assert main(["eval", "c.mlir", "--inputs", "in.npz", "--output", "out.npz"]) == 0
    assert capsys.readouterr().out == "out0: float32 [4, 2], from -20 to 10, 2 not finite\nout1: bool [4], from 0 to 1\n"
    with np.load("out.npz") as found:
        assert found.files == ["out0", "out1"]
        np.testing.assert_array_equal(found["out0"], np.outer(a, b).astype(np.float32))
        np.testing.assert_array_equal(found["out1"], a > 0)
    assert sorted(os.listdir()) == ["c.mlir", "in.npz", "out.npz"]


@pytest.mark.usefixtures("folder")
def test_missing_arguments_are_drawn_from_the_seed(capsys: pytest.CaptureFixture[str]) -> None:
    op = next(o for o in load_module("c.mlir", new_context()).walk() if isinstance(o, CascadeOp))
    np.savez("in.npz", B=np.array([1.0, 0.0]))
    assert main(["eval", "c.mlir", "--inputs", "in.npz", "--seed", "7", "--output", "out.npz", "--dtype", "f64"]) == 0
    with np.load("out.npz") as found:
        assert found["out0"].dtype == np.float64
        np.testing.assert_array_equal(found["out0"][:, 0], random_inputs(op, 7, dtype="f64")["A"])
    first = capsys.readouterr().out
    assert main(["eval", "c.mlir", "--inputs", "in.npz", "--seed", "8"]) == 0
    assert capsys.readouterr().out != first
    assert main(["eval", "c.mlir"]) == 0
    drawn = capsys.readouterr().out
    assert main(["eval", "c.mlir", "--seed", "0"]) == 0
    assert capsys.readouterr().out == drawn


@pytest.mark.usefixtures("folder")
def test_ranks_are_resized(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "c.mlir", "--set", "m=3,n=1"]) == 0
    assert capsys.readouterr().out.startswith("out0: float32 [3, 1], from ")
    assert failure(capsys, "c.mlir", "--set", "mm=3") == "einfold: error: --set: unknown rank 'mm'; did you mean 'm'?"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"A": np.zeros(4)}, "in.npz: error: cascade '@scale' needs an array for argument 'B[n]' of shape (2)"),
        ({"A": np.zeros((2, 2)), "B": np.zeros(2)}, "in.npz: error: argument 'A[m]' of shape (4) was given an array of shape (2, 2)"),
        ({"A": np.zeros(4), "BB": np.zeros(2)}, "in.npz: error: no argument is called 'BB'; did you mean 'B'?"),
        ({"A": np.array(["x"] * 4), "B": np.zeros(2)}, "in.npz: error: argument 'A' holds values of type '<U1', which cannot become f32"),
    ],
)
def test_wrong_arrays(capsys: pytest.CaptureFixture[str], arrays: dict[str, np.ndarray], message: str) -> None:
    np.savez("in.npz", **arrays)
    assert failure(capsys, "c.mlir", "--inputs", "in.npz", "--output", "out.npz") == message


@pytest.mark.usefixtures("folder")
def test_files_that_are_no_arrays(capsys: pytest.CaptureFixture[str]) -> None:
    args = ("c.mlir", "--output", "out.npz", "--inputs")
    assert failure(capsys, *args, "no.npz") == "no.npz: error: No such file or directory"
    Path("text.npz").write_text("not arrays")
    assert failure(capsys, *args, "text.npz").startswith("text.npz: error: not a readable .npz file: ")
    Path("empty.npz").write_bytes(b"")
    assert failure(capsys, *args, "empty.npz").startswith("empty.npz: error: not a readable .npz file: ")
    np.savez("good.npz", A=np.zeros(4), B=np.zeros(2))
    Path("cut.npz").write_bytes(Path("good.npz").read_bytes()[:200])
    assert failure(capsys, *args, "cut.npz").startswith("cut.npz: error: not a readable .npz file: ")
    np.savez("pickled.npz", A=np.array([{}], object), B=np.zeros(2))
    assert failure(capsys, *args, "pickled.npz").startswith("pickled.npz: error: not a readable .npz file: Object arrays cannot be loaded")
    np.save("one.npy", np.zeros(4))
    assert failure(capsys, *args, "one.npy") == "one.npy: error: one array, not an .npz file of named arrays"
    header = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }".ljust(117) + b"\n"
    with zipfile.ZipFile("vast.npz", "w") as file:
        file.writestr("A.npy", header)
    assert failure(capsys, *args, "vast.npz").startswith("vast.npz: error: not a readable .npz file: ")


@pytest.mark.usefixtures("folder")
def test_which_cascade(capsys: pytest.CaptureFixture[str]) -> None:
    Path("two.mlir").write_text(CASCADE + CASCADE.replace("@scale", "@other"))
    assert failure(capsys, "two.mlir") == "two.mlir: error: 2 cascades in it (@scale, @other); choose one with --cascade"
    assert failure(capsys, "two.mlir", "--cascade", "scael") == "two.mlir: error: no cascade '@scael'; did you mean '@scale'?"
    assert main(["eval", "two.mlir", "--cascade", "@other"]) == 0
    assert capsys.readouterr().out.startswith("out0: ")
    Path("none.mlir").write_text("builtin.module {\n}\n")
    assert failure(capsys, "none.mlir") == "none.mlir: error: no einsum.cascade in it"


@pytest.mark.usefixtures("folder")
def test_a_result_that_cannot_be_written_leaves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "c.mlir", "--output", "nowhere/out.npz"]) == 1
    assert capsys.readouterr().err == "nowhere/out.npz: error: cannot be written: there is no folder 'nowhere'\n"


@pytest.mark.usefixtures("folder")
def test_more_than_the_machine_has_is_refused_before_it_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    message = failure(capsys, str(ATTENTION), "--set", "m=1000000000")
    assert "the cascade's tensors take " in message
    assert message.endswith("; choose smaller ranks with --set")


@pytest.mark.usefixtures("folder")
def test_an_operator_without_a_definition(capsys: pytest.CaptureFixture[str]) -> None:
    Path("q.mlir").write_text("einsum.operator @q(%x) opaque\n" + CASCADE.replace("%A[m] * %B[n]", "@q(%A[m]) * %B[n]"))
    assert failure(capsys, "q.mlir") == "q.mlir: error: operator '@q' is opaque: it has no definition to evaluate"


def test_peak_memory_counts_what_is_alive_at_once(folder: Path) -> None:
    def peak(text: str, dtype: str | None = None) -> int:
        path = folder / "x.mlir"
        path.write_text(text)
        return peak_bytes(next(o for o in load_module(str(path), new_context()).walk() if isinstance(o, CascadeOp)), dtype)

    chain = """einsum.cascade @c ranks {m = 1000, i = 3} (%A[m]) -> [m] : f32 {
      %x = einsum.compute [m] = %A[m] + 1
      %y = einsum.compute [m] = %x[m] + 1
      %z = einsum.iterate i init(%s[m] = %y[m]) {
        %t = einsum.compute [m] = %s[m] + %s[m]
        %u = einsum.compute [m] = %t[m] * 2
        einsum.yield %u[m]
      }
      einsum.return %z[m]
    }"""
    assert peak(chain) == 4 * 4000  # the last state and the result outside, two tensors at a time inside
    assert peak(chain, "f64") == 2 * peak(chain)
    half = """einsum.cascade @c ranks {m = 1000} (%A[m]) -> [m] : f16 {
      %x = einsum.compute [m] = %A[m] + 1
      einsum.return %x[m]
    }"""
    assert peak(half) == 2 * 2000 + 2 * 4000
