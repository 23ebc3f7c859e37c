"""The Python API: its examples run, it says what the command line says, and it stays out of the way until it is used."""

from __future__ import annotations

import doctest
import json
import pickle
from argparse import ArgumentParser, Namespace
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
import pytest

import einfold
import einfold.api
from einfold.api.reporting import arguments
from einfold.tools import einfold as front_door
from einfold.tools.commands import COMMANDS, Command
from einfold.tools.diagnostics import Diagnostic, Failure

ROOT = Path(__file__).parents[2]
MODULES = ["einfold.api", *(f"einfold.api.{m.name}" for m in iter_modules(einfold.api.__path__))]

STRANGE = """
einsum.cascade @"<script>alert(1)</script>" ranks {m = 4} (%A[m]) -> [] : f32 {
  %S = einsum.compute [] = %A[m] reduce add(m)
  einsum.return %S[]
}
"""

TWO = STRANGE.replace("<script>alert(1)</script>", "one") + STRANGE.replace("<script>alert(1)</script>", "two")


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


def test_examples_are_there() -> None:
    assert sum(doctest.testmod(import_module(name)).attempted for name in ("einfold.api.loading", "einfold.api.outcomes")) > 10


def test_the_page_on_python() -> None:
    result = doctest.testfile(str(ROOT / "docs" / "python.md"), module_relative=False)
    assert result.attempted > 20
    assert result.failed == 0


def test_the_root_offers_what_the_api_does() -> None:
    offered = {name for name in dir(einfold) if name in einfold.api.__all__}
    assert offered == set(einfold.api.__all__)
    assert all(getattr(einfold, name) is getattr(einfold.api, name) for name in offered)
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        _ = einfold.lode  # type: ignore[attr-defined]


def test_the_same_numbers_as_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(ROOT / "examples" / "softcap.mlir")
    assert front_door.main(["simulate", file, "--machine", "fusemax-cloud", "--set", "m=2048", "--json", "--no-overlap"]) == 0
    printed = json.loads(capsys.readouterr().out)
    found = einfold.load(file).simulate("fusemax-cloud", sizes={"m": 2048}, overlap=False)
    assert json.loads(json.dumps(found.to_json())) == printed
    assert found.cycles == printed["cycles"]
    assert found.energy.total == printed["energy"]["total_pj"]
    assert front_door.main(["passes", file, "--json"]) == 0
    [counted] = json.loads(capsys.readouterr().out)
    own = einfold.load(file).passes().to_json()["ranks"]
    assert {rank: {k: v for k, v in ranks.items() if k in own[rank]} for rank, ranks in counted["ranks"].items()} == own  # type: ignore[index]


def test_values_are_checked_through_tiles_and_buffers() -> None:
    module = einfold.example("attention").resize(b=1, h=1, p=64, m=64, e=16, f=16)
    found = module.simulate("fusemax-cloud", values=True)
    assert found.checked is not None
    assert 0 < found.checked.deviation < 1e-9
    assert found.kernels.text.count("accel.kernel") == len(found.to_json()["kernels_in_order"])  # type: ignore[arg-type]


def test_verbs_leave_the_module_as_it_is() -> None:
    module = einfold.example("attention")
    before = module.text
    module.reduce()
    module.resize(m=8)
    module.simulate("fusemax-edge")
    module.ir.body.block.first_op.detach()  # type: ignore[union-attr]
    assert str(module) == before
    assert module.ranks()["m"] == 1024


def test_values_by_place_and_name() -> None:
    found = einfold.load(STRANGE).eval({"A": [1, 2, 3, 4]})
    assert (found[0], found["S"], len(found), *found) == (10, 10, 1, 10)
    with pytest.raises(KeyError, match="no result 'T'; there are S"):
        found["T"]


def test_opaque_operators_are_given_as_functions() -> None:
    text = """einsum.operator @twice(%x) opaque
    einsum.cascade @c ranks {m = 3} (%A[m]) -> [m] : f32 {
      %B = einsum.compute [m] = @twice(%A[m])
      einsum.return %B[m]
    }"""
    found = einfold.load(text).eval({"A": np.arange(3)}, functions={"@twice": lambda x: 2 * x})
    assert found["B"].tolist() == [0, 2, 4]


ERRORS = {
    "no such file": lambda: einfold.load("nope.mlir"),
    "is a directory": lambda: einfold.load("/"),
    "neither IR nor the path": lambda: einfold.load("-"),
    "unknown operation 'x'": lambda: einfold.load("x {"),
    "larger than 1e-06 MiB": lambda: einfold.load("x {}", limit_mib=1e-6),
    "holds a NUL": lambda: einfold.load("{\0"),
    "choose one with cascade=": lambda: einfold.load(TWO).passes(),
    "no cascade '@on'; did you mean '@one'": lambda: einfold.load(TWO).passes(cascade="on"),
    "unknown rank 'n'": lambda: einfold.load(TWO).passes("n", cascade="one"),
    "unknown rank 'q'": lambda: einfold.load(TWO).resize(q=4),
    "is given '4', not a whole number": lambda: einfold.load(TWO).resize(m="4"),  # type: ignore[arg-type]
    "no argument is called 'a'": lambda: einfold.load(STRANGE).eval({"a": [1]}),
    "of shape \\(4\\) was given": lambda: einfold.load(STRANGE).eval({"A": [1]}),
    "unknown type 'f46'; did you mean 'f64'": lambda: einfold.load(STRANGE).eval(dtype="f46"),
    "unknown pass 'einsum-onlin'; did you mean 'einsum-online'": lambda: einfold.load(STRANGE).run("einsum-onlin"),
    "takes loop, sequential": lambda: einfold.load(STRANGE).reduce(form='"'),  # type: ignore[arg-type]
    "name one with machine= ": lambda: einfold.load(STRANGE).simulate(),
    "unknown machine 'fusemax-clod'": lambda: einfold.load(STRANGE).simulate("fusemax-clod"),
    "unknown fidelity 'x'": lambda: einfold.load(STRANGE).simulate("fusemax-cloud", fidelity="x"),  # type: ignore[arg-type]
    "unknown accounting 'x'": lambda: einfold.load(STRANGE).simulate("fusemax-cloud", accounting="x"),
    "tile 'q=3': unknown rank": lambda: einfold.load(STRANGE).simulate("fusemax-cloud", tiles={"q": 3}),
    "timeline= takes": lambda: einfold.load(STRANGE).simulate("fusemax-cloud", timeline=-1),
    "unknown machine 'cloud'": lambda: einfold.machine("cloud"),
    "no example 'atention'; did you mean 'attention'": lambda: einfold.example("atention"),
    "unknown format 'x'": lambda: einfold.load(STRANGE).explain(format="x"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("message", ERRORS)
def test_errors_are_of_one_class(message: str) -> None:
    with pytest.raises(einfold.Error, match=message) as caught:
        ERRORS[message]()
    assert caught.value.message
    assert caught.value.file
    assert "--" not in str(caught.value).replace("-->", "")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_kernels_take_no_options_of_cascades() -> None:
    kernels = einfold.load(STRANGE).simulate("fusemax-cloud").kernels
    assert kernels.simulate().cycles > 0
    with pytest.raises(einfold.Error, match=r"sizes= needs an einsum\.cascade"):
        kernels.simulate(sizes={"m": 3})


def test_places_are_those_of_the_text_after_other_texts_of_the_same_name() -> None:
    first = einfold.load(TWO.replace("add(m)", "max(m)"), name="same").run("einsum-cse")
    einfold.load(STRANGE, name="same")
    with pytest.raises(einfold.Error) as caught:
        first.run("einsum-split-rank{rank=z size=2}")
    assert caught.value.line == 2
    assert '@"one"' in str(caught.value) or "@one" in str(caught.value)


def test_names_are_escaped_where_they_are_shown() -> None:
    module = einfold.load(STRANGE, name="<script>.mlir")
    simulation = module.simulate("fusemax-cloud")
    for shown in (module, module.passes(), module.eval(), simulation, simulation.kernels, module.derivation("m")):
        html = shown._repr_html_()
        assert "<script" not in html
        assert html.startswith("<div>")
    assert einfold.machine("fusemax-cloud")._repr_html_().startswith("<svg")
    assert set(module.explain()._repr_mimebundle_()) == {"text/markdown", "text/plain"}
    assert set(module.explain(format="latex")._repr_mimebundle_()) == {"text/plain"}


def test_long_texts_are_cut_in_notebooks() -> None:
    module = einfold.load("\n".join(STRANGE.replace("<script>alert(1)</script>", f"c{i}") for i in range(700)))
    assert len(module.text) > 90_000
    assert len(module._repr_html_()) < 80_000
    assert "characters more" in module._repr_html_()


class PageCommand:
    """A command `report` that writes what it was given."""

    def configure(self, parser: ArgumentParser) -> None:
        parser.add_argument("file")
        parser.add_argument("-o", "--output")
        parser.add_argument("--machine")
        parser.add_argument("--set", action="append")
        parser.add_argument("--dark-mode", action="store_true")

    def run(self, args: Namespace) -> int:
        if args.set:
            raise Failure(Diagnostic("error", f"no {args.set}", args.file))
        Path(args.output).write_text(f'<p class="x">{args.machine} {args.dark_mode} {Path(args.file).name}</p>{Path(args.file).read_text()}')
        return 0


def test_reports_are_those_of_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Command, "load", lambda self: PageCommand())
    monkeypatch.setattr("einfold.api.reporting.COMMANDS", {**COMMANDS, "report": Command("", "")})
    module = einfold.load(STRANGE, name="a/<b>.mlir")
    found = module.report(tmp_path / "r.html", machine="fusemax-cloud", dark_mode=True)
    assert (tmp_path / "r.html").read_text() == found.html
    assert '<p class="x">fusemax-cloud True _b_.mlir</p>' in found.html
    assert 'class="x"' not in found._repr_html_()
    assert "sandbox" in found._repr_html_()
    assert module.report().path is None
    with pytest.raises(einfold.Error, match="machin"):
        module.report(machin="x")
    with pytest.raises(einfold.Error, match=r"a/<b>\.mlir: error: no \['m=4,p=2'\]"):
        module.report(sizes={"m": 4, "p": 2})
    assert arguments({"run": ["a: -", "b"], "json": False, "tiles": {"m": 4}, "rank": None}) == ["--run=a: -", "--run=b", "--tile=m=4"]


def test_saving_is_whole_or_not_at_all(tmp_path: Path) -> None:
    module = einfold.example("softmax")
    assert einfold.load(module.save(tmp_path / "s.mlir")).text == module.text
    with pytest.raises(einfold.Error, match="cannot be written"):
        module.save(tmp_path / "missing" / "s.mlir")
