"""What a report holds: the numbers of the other commands, names as text, and no more than a page may have."""

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from einfold.analysis.einsums import Program
from einfold.dialects.einsum import CascadeOp
from einfold.tools.cli import ArgumentParser
from einfold.tools.commands import report
from einfold.tools.einfold import main
from einfold.tools.loading import load_module, new_context
from einfold.tools.report.fragments import drawn
from einfold.tools.report.graph import graph_of
from einfold.tools.report.graph_layout import lay_out
from einfold.tools.report.page import LARGEST, embedded
from einfold.tools.report.settings import settings_in
from einfold.tools.report.stages import changed

ROOT = Path(__file__).parents[2]
ATTENTION = str(ROOT / "examples" / "attention.mlir")
SMALL = ["--machine", "fusemax-cloud", "--set", "b=1,h=2"]
EVIL = "<script>alert(1)</script>"
STRANGE = f"""
einsum.cascade @"{EVIL}" ranks {{m = 64, p = 16}} (%x[m, p]) -> [p] : f32 {{
  %GM = einsum.compute [p] = %x[m, p] reduce max(m)
  %T = einsum.compute [m, p] = exp(%x[m, p] - %GM[p])
  %D = einsum.compute [p] = %T[m, p] reduce add(m)
  einsum.return %D[p]
}}
"""


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    return told


def data_of(page: str) -> dict[str, object]:
    (block,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    return json.loads(block)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    run = ["--run", 'as written: -p ""', "--run", "edge: --machine fusemax-edge --set h=1"]
    assert main(["report", ATTENTION, "--machine", "fusemax-cloud", "--set", "b=1,h=2", *run, "-o", str(path)]) == 0
    return path.read_text(encoding="utf-8")


def test_the_data_is_what_the_other_commands_say(page: str, capsys: pytest.CaptureFixture[str]):
    runs = data_of(page)["runs"]
    assert [r["label"] for r in runs] == ["attention on fusemax-cloud", "as written", "edge"]
    assert runs[0]["simulate"] == json.loads(printed(capsys, "simulate", ATTENTION, *SMALL, "--json"))
    assert runs[0]["roofline"].items() <= json.loads(printed(capsys, "roofline", ATTENTION, *SMALL, "--json")).items()
    assert runs[1]["simulate"] == json.loads(printed(capsys, "simulate", ATTENTION, *SMALL, "--pipeline", "", "--json"))
    edge = ["--machine", "fusemax-edge", "--set", "b=1,h=1"]
    assert runs[2]["simulate"] == json.loads(printed(capsys, "simulate", ATTENTION, *edge, "--json"))


def test_passes_are_what_passes_says_with_proofs(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    file = str(ROOT / "benchmarks" / "cascades" / "29-mean-absolute-deviation.mlir")
    told = json.loads(printed(capsys, "report", file, "--json"))
    (passes,) = json.loads(printed(capsys, "passes", file, "--json", "--proof", str(tmp_path / "proof.txt")))
    assert told["runs"][0]["passes"] == passes
    assert any(r["form"] == "refused" for rank in passes["ranks"].values() for r in rank["reductions"])
    assert "simulate" not in told["runs"][0]


def test_commands_on_the_page_say_the_same_again(page: str):
    runs = data_of(page)["runs"]
    told = subprocess.run(
        [sys.executable, "-m", "einfold.tools.einfold", *runs[1]["command"].split()[1:-1], "", "--json"], capture_output=True, text=True
    )
    assert json.loads(told.stdout) == runs[1]["simulate"]


def test_a_page_asks_no_other_place_for_anything(page: str):
    assert len(page.encode()) < LARGEST
    assert "default-src 'none'" in page
    outside = re.findall(r"https?://[^\s\"'<)]+", page)
    assert {u for u in outside if not u.startswith("http://www.w3.org/")} == set()
    assert not re.findall(r"\b(?:src|srcset|action)\s*=", page.split("<script>")[0])


def test_names_are_text_wherever_they_stand(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "a&b.mlir"
    file.write_text(STRANGE)
    page = printed(capsys, "report", str(file), "--machine", "fusemax-edge", "-o", "-")
    assert page.count("<script") == page.count("</script") == 2
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert data_of(page)["runs"][0]["cascade"] == EVIL
    assert "simulate" in data_of(page)["runs"][0]


def test_embedded_json_holds_nothing_that_html_would_read():
    text = embedded({"</script><!--": "&<>\u2028"})
    assert not set(text) & set("<>&\u2028")
    assert json.loads(text) == {"</script><!--": "&<>\u2028"}
    assert json.loads(embedded([float("inf"), {"a": (float("nan"), 1.5)}])) == [None, {"a": [None, 1.5]}]


@pytest.mark.parametrize("name", ["attention", "attention-1pass", "layernorm", "bfs", "power-iteration", "convolution", "causal"])
def test_graphs_and_equations_are_well_formed_and_boxes_lie_apart(name: str):
    module = load_module(str(ROOT / "examples" / f"{name}.mlir"), new_context())
    cascade = next(op for op in module.walk() if isinstance(op, CascadeOp))
    parts = drawn(cascade, 400)
    for part in parts.values():
        ElementTree.fromstring(f"<div>{part}</div>".replace("&nbsp;", " "))
    graph, edges = graph_of(Program(cascade))
    lay_out(graph, edges)
    boxes = [n for n in graph.all() if n.inner is None]
    for i, a in enumerate(boxes):
        assert a.x >= 0 and a.x + a.width <= graph.width and a.y >= 0 and a.y + a.height <= graph.height
        for b in boxes[i + 1 :]:
            assert a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y, (a.name, b.name)
    top = set(graph.nodes)
    assert all(e.source.y < e.target.y for e in edges if not e.back and e.source in top and e.target in top)
    for group in (n for n in graph.all() if n.inner is not None):
        assert group.inner is not None
        assert all(group.x < n.x and n.x + n.width < group.x + group.width and group.y < n.y for n in group.inner.all())


def test_too_large_a_cascade_is_not_drawn():
    module = load_module(ATTENTION, new_context())
    cascade = next(op for op in module.walk() if isinstance(op, CascadeOp))
    assert "too many to draw" in drawn(cascade, 3)["graph"]


def test_changes_pair_lines_that_define_the_same_and_lose_none():
    before = ["module {", "  %a = f(1)", "  %b = f(2)", "}"]
    after = ["module {", "  loop {", "    %a = f(3)", "    %c = f(4)", "  }", "}"]
    found = changed(before, after)
    assert ("replace", 1, 2, 2, 3) in found
    assert [line for tag, a, b, _, _ in found for line in before[a:b]] == before
    assert [line for tag, _, _, c, d in found for line in after[c:d]] == after


def test_a_kernel_has_a_page_without_a_cascade(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    kernel = tmp_path / "kernel.mlir"
    tool = str(Path(sys.executable).parent / "einfold-opt")
    passes = "einsum-one-pass{size=32},einsum-dce,einsum-place{machine=fusemax-edge},lower-einsum-to-accel"
    subprocess.run([tool, str(ROOT / "examples" / "softmax.mlir"), "-p", passes, "-o", str(kernel)], check=True)
    run = data_of(printed(capsys, "report", str(kernel), "-o", "-"))["runs"][0]
    assert run["simulate"] == json.loads(printed(capsys, "simulate", str(kernel), "--json"))
    assert "passes" not in run


def test_the_trace_is_the_first_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    trace = tmp_path / "trace.json"
    told = json.loads(printed(capsys, "report", ATTENTION, *SMALL, "--json", "--trace", str(trace)))
    assert json.loads(trace.read_text())["otherData"]["cycles"] == told["runs"][0]["simulate"]["cycles"]
    simulated = tmp_path / "simulated.json"
    printed(capsys, "simulate", ATTENTION, *SMALL, "--trace", str(simulated))
    assert json.loads(simulated.read_text())["otherData"]["cycles"] == told["runs"][0]["simulate"]["cycles"]


def test_what_is_wrong_is_said_in_a_line_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "report.html"
    target = ["-o", str(out)]
    assert "did you mean 'fusemax-cloud'" in refused(capsys, "report", ATTENTION, "--machine", "fusemax-clod", *target)
    assert "no rank 'q'" in refused(capsys, "report", ATTENTION, "--rank", "q", *target)
    assert "no closing quotation" in refused(capsys, "report", ATTENTION, "--run", "x: -p '", *target)
    assert "nothing was simulated" in refused(capsys, "report", ATTENTION, "--trace", str(tmp_path / "t.json"), *target)
    assert "no such file" in refused(capsys, "report", str(tmp_path / "none.mlir"), *target)
    assert "compares at most" in refused(capsys, "report", ATTENTION, *["--run", "x:"] * 12, *target)
    assert "leave out --fidelity" in refused(capsys, "simulate", ATTENTION, *SMALL, "--fidelity", "analytic", "--trace", str(tmp_path / "t.json"))
    with pytest.raises(SystemExit) as ended:
        main(["report", ATTENTION, "--run", "x: --machin fusemax-edge", *target])
    assert ended.value.code == 2
    assert "unknown option '--machin'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_runs_are_called_by_what_differs():
    parser = ArgumentParser(prog="einfold report")
    report.configure(parser)
    runs = ["--run=--machine fusemax-edge", '--run=-p ""', "--run=--set h=1", "--run=", "--run=long: --set m=4096 --tile m=8"]
    found = settings_in(parser.parse_args([ATTENTION, *SMALL, *runs]))
    assert [r.label for r in found] == ["attention on fusemax-cloud", "on fusemax-edge", "as written", "b=1,h=1", "the same again", "long"]
    assert found[1].set == found[4].set == ("b=1,h=2",)
    assert found[2].pipeline == ""
    assert (found[5].set, found[5].tile, found[5].machine) == (("b=1,h=2,m=4096",), ("m=8",), "fusemax-cloud")
