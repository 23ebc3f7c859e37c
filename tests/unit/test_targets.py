"""What `-t edge`, `-t latex`, `-t dot` and `-t json` write, and that EDGE text reads back."""

import json
import re
import shutil
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from xdsl.dialects.builtin import ModuleOp

from einfold.frontends import OWN
from einfold.tools.einfold import main as einfold
from einfold.tools.importing import imported
from einfold.tools.loading import load_module, new_context
from einfold.tools.opt import main
from einfold.tools.source import Source
from einfold.tools.targets.dot import DotTarget, quoted
from einfold.tools.targets.edge import EdgeTarget

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "examples").glob("*.mlir")), *sorted((ROOT / "benchmarks" / "cascades").glob("*.mlir"))]


def edge_text(module: ModuleOp) -> str:
    stream = StringIO()
    EdgeTarget().emit(new_context(), module, stream)
    return stream.getvalue()


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_edge_text_reads_back_as_the_same_module(path: Path):
    module = load_module(str(path), new_context())
    text = edge_text(module)
    again = imported(OWN["edge"], Source("again.edge", text), new_context())
    again.verify()
    assert again.is_structurally_equivalent(module)
    assert edge_text(again) == text


TRICKY = """\
einsum.operator @softcap(%x) = 30 * tanh(%x / 30) laws {monotone = increasing}
einsum.operator @lse(%a, %b) = max(%a, %b) + log(1 + exp(-abs(%a - %b))) laws {associative, commutative, identity = -inf}
einsum.operator @opaque(%x) opaque
einsum.cascade @tricky ranks {m = 8, p = 4, i = 4, j = 2, q = 16, s = 3, m1 = 2, m0 = 4}
    (%A[m, p] empty -inf, %a.b[m] : i32 empty 7, %I[q], %F[s] : f64, %Z[]) -> [p], [p], [i, p], [m], [m1], [m] : f32 {
  %U = einsum.compute [m, p] = @softcap(%A[m, p]) where m <= p and p < m + 4 empty 3
  %V, %W = einsum.compute [p] = %U[m, p] reduce argmax(m) where 2 * m + 1 <= p + 3
  %O = einsum.compute [m] = %I[m + s] * %F[s] reduce add(s) : f64
  %N = einsum.compute [m] = %a.b[m] +{exclusive-or} -{not-left} max{nor}(%a.b[m], %a.b[m]) : i32
  %G = einsum.compute [m] = m + shape(m) - 1.0e-05
  %K = einsum.compute [] = 1 reduce add(m), mul(p) where m == 2
  %L = einsum.compute [m1] = select(%A[4 * m1 + m0, 0] >= -inf, @lse(%G[4 * m1 + m0], 2), -(3 - 4)) reduce @lse(m0) where 4 * m1 + m0 < 7
  %X = einsum.view %A[m -> (m1, m0), p]
  %Y = einsum.view %X[(m1, m0) -> m, p]
  %S, %P = einsum.iterate i init(%s[p] = %V[p]) {
    %T, %R = einsum.iterate j init(%t[p] = 0, %r[m] = -inf : f64) {
      %in = einsum.compute [p] = %t[p] + %s[p] + %Y[i + j, p] * i
      %rn = einsum.compute [m] = max(%r[m], %O[m]) : f64
      einsum.yield %in[p], %rn[m] until %in[p] == %t[p]
    }
    %out = einsum.compute [p] = %T[p] - %s[p]
    einsum.yield %out[p] collect %T[p]
  }
  einsum.return %V[p], %S[p], %P[i, p], %G[m], %L[m1], %N[m]
}
"""


def test_every_form_of_the_dialect_reads_back(tmp_path: Path):
    path = tmp_path / "tricky.mlir"
    path.write_text(TRICKY)
    module = load_module(str(path), new_context())
    text = edge_text(module)
    again = imported(OWN["edge"], Source("again.edge", text), new_context())
    assert again.is_structurally_equivalent(module)
    for line in (
        "U_{m,p} = @softcap(A_{m: m ≤ p ∧ p < m + 4,p}) empty 3",
        "V_{p}, W_{p} = U_{m: 2·m + 1 ≤ p + 3,p} :: ⋁_{m} argmax(∪)",
        "N_{m} = a_b_{m} +(⊕) -(not-left)max(nor)(a_b_{m}, a_b_{m}): i32",
        "K_{} = 1 :: ⋁_{m} +(∪) ⋁_{p} ×(∪) where m == 2",
        "view X_{m1,m0,p} = A_{m → (m1, m0),p}",
        "    in_{i,j,p} = t_{i,j,p} + s_{i,p} + Y_{i+j,p} × i",
        "    init r_{i,0,m} = -∞: f64",
        "    next t_{i,j+1,p} = in_{i,j,p}",
        "    last T_{i,p} = t_{i,shape(j),p}",
        "  keep P_{i,p} = T_{i,p}",
        "    stop in_{i,j,p} == t_{i,j,p}",
    ):
        assert line in text.splitlines(), line


def test_edge_reads_ascii_and_comments():
    text = """
# how one types it
cascade f: f32
rank m = 8, p = 4   # ranks
input A_{m, p}, B_{m}
S_{m,p} = A_{m: m <= p and p < 3, p} * B_{m} +(union) 2e-3
T_{p} = S_{m,p} :: reduce_{m} max
output T_{p}
"""
    module = imported(OWN["edge"], Source("typed.edge", text), new_context())
    printed = str(module)
    assert "%S = einsum.compute [m, p] = %A[m, p] * %B[m] +{union} 0.002 where m <= p and p < 3" in printed
    assert "%T = einsum.compute [p] = %S[m, p] reduce max(m)" in printed
    assert str(module.body.block.first_op.body.block.first_op.location) == 'loc("typed.edge":6:1)'  # pyright: ignore


HEAD = "cascade f: f32\nrank m = 4, i = 2\ninput A_{m}, Z_{}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1:1: error: expected a cascade, found nothing"),
        ("rank m = 4\n", ":1:1: error: expected 'cascade NAME: TYPE' or 'operator @name(x) = ...'"),
        ("cascade f\noutput A_{}\n", ":1:1: error: expected 'cascade NAME: TYPE', as in 'cascade attention: f32'"),
        (HEAD, ":1:1: error: the cascade has no 'output'"),
        (HEAD + "output A_{m}\nS_{} = 1\n", ":5:1: error: a cascade ends in its 'output'"),
        (HEAD + "B_{m} = C_{m}\noutput B_{m}\n", ":4:9: error: unknown tensor 'C'"),
        (HEAD + "B_{m} = A_{n}\noutput B_{m}\n", ":4:1: error: unknown rank 'n'"),
        (HEAD + "B_{m} = A_{m\noutput B_{m}\n", ":4:9: error: the subscripts do not end: '}' is missing"),
        (HEAD + "B_{m} = A_{m,}\noutput B_{m}\n", ":4:9: error: a subscript is empty"),
        (HEAD + "B_{m} A_{m}\noutput B_{m}\n", ":4:1: error: expected an equation or one of: rank, input"),
        (HEAD + "B_{m} = A_{m} $ 2\noutput B_{m}\n", ":4:15: error: unexpected character '$' in an expression"),
        (HEAD + "B_{m} =\noutput B_{m}\n", ":4:8: error: expected an expression"),
        (HEAD + "B_{} = A_{m} :: sum(m)\noutput B_{}\n", ":4:17: error: expected a reduction: ⋁ with its ranks"),
        (HEAD + "B_{} = A_{m} :: ⋁_{m} max(∩)\noutput B_{}\n", ":4:26: error: a reduction merges by union (∪), not by '∩'"),
        (HEAD + "next B_{m} = A_{m}\noutput B_{m}\n", ":4:1: error: 'next' outside an iteration"),
        (HEAD + "iterate i\n  init s_{0} = 0\noutput Z_{}\n", ":4:9: error: the iteration has no 'end'"),
        (HEAD + "iterate i\n  init s_{0} = 0\nlast S_{} = s_{shape(i)}\nend\noutput Z_{}\n", ":4:9: error: the state 's' has no 'next'"),
        (HEAD + "iterate i\n  init s_{0} = 0\n  T_{} = s_{i}\nend\noutput Z_{}\n", "T_{i,...}"),
        (HEAD + "iterate i\n  init s_{0} = 0\n  T_{i} = s_{}\nend\noutput Z_{}\n", "'s' is read in its generation: s_{i,...}"),
        (HEAD + "iterate i\n  init s_{0} = 0\n  next s_{i} = Z_{}\nend\noutput Z_{}\n", "s_{i+1,...}"),
        (HEAD + "iterate i\n  init s_{0} = 0\n  next s_{i+1} = Z_{}\nend\noutput Z_{}\n", "'last' names the states in the order of 'init': s"),
        ("operator @f(x) = exq(x)\n" + HEAD + "output Z_{}\n", ":1:1: error: unknown operator 'exq'; did you mean 'eq'?"),
    ],
)
def test_faults_in_edge_text_have_their_place(text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "bad.edge"
    path.write_text(text)
    assert main([str(path)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err.splitlines()[0]
    assert err.startswith(f"{path}:")


def test_every_command_reads_edge_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path, edge = ROOT / "examples" / "softmax.mlir", tmp_path / "softmax.edge"
    edge.write_text(edge_text(load_module(str(path), new_context())))
    assert einfold(["passes", str(edge), "--rank", "m"]) == 0
    told = capsys.readouterr().out
    assert einfold(["passes", str(path), "--rank", "m"]) == 0
    numbers = re.compile(r"[^:(\s]*:\d+")
    assert numbers.sub("", capsys.readouterr().out) == numbers.sub("", told)
    assert f"{edge}:" in told or "softmax.edge:" in told


def test_chunks_of_edge_text_know_their_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "two.edge"
    path.write_text(HEAD + "output Z_{}\n// -----\n" + HEAD + "output Y_{}\n")
    assert main([str(path), "--split-input-file"]) == 1
    out, err = capsys.readouterr()
    assert out.count("einsum.return %Z[]") == 1
    assert err.splitlines()[:2] == [f"{path}:9:8: error: unknown tensor 'Y'", "output Y_{}"]


@pytest.mark.parametrize("target", ["edge", "latex", "dot"])
def test_targets_write_cascades_and_nothing_else(target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "other.mlir"
    path.write_text('"test.op"() : () -> ()\n')
    assert main([str(path), "-t", target]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[0] == f"{path}:1:1: error: target '{target}': it writes cascades and their operators; 'test.op' is neither"


def written(target: str, path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main([str(path), "-t", target]) == 0
    return capsys.readouterr().out


def test_latex_is_a_document_of_the_equations(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "tricky.mlir"
    path.write_text(TRICKY)
    text = written("latex", path, capsys)
    assert text.startswith(r"\documentclass{article}")
    assert r"\section{\texttt{tricky}}" in text
    assert r"\operatorname{softcap}" in text
    assert text.rstrip().endswith(r"\end{document}")
    assert text.count(r"\begin{align*}") + text.count(r"\begin{equation*}") == text.count(r"\end{align*}") + text.count(r"\end{equation*}") > 2


GRAPH_LINE = re.compile(
    r"""\s*(?:digraph\ einfold\ \{|rankdir=TB;|node\ \[[^\]]*\];|subgraph\ cluster_\w+\ \{|label="(?:[^"\\]|\\.)*";(?:\ style=dashed;)?|\}
    |(?P<node>\w+)\ \[label="(?:[^"\\]|\\.)*",.*\];|(?P<from>\w+)\ ->\ (?P<to>\w+)(?:\ \[.*\])?;)""",
    re.VERBOSE,
)


@pytest.mark.parametrize("path", [FILES[0], ROOT / "examples" / "bfs.mlir", ROOT / "examples" / "attention.mlir"], ids=lambda p: p.stem)
def test_a_graph_is_well_formed_and_its_edges_have_ends(path: Path, capsys: pytest.CaptureFixture[str]):
    text = written("dot", path, capsys)
    nodes: set[str] = set()
    ends: set[str] = set()
    for line in text.splitlines():
        match = GRAPH_LINE.fullmatch(line)
        assert match is not None, line
        nodes |= {match["node"]} - {None}
        ends |= {match["from"], match["to"]} - {None}
    assert ends <= nodes
    if shutil.which("dot"):
        subprocess.run(["dot", "-Tsvg"], input=text, text=True, check=True, capture_output=True)


def test_a_graph_is_coloured_by_pass(capsys: pytest.CaptureFixture[str]):
    path = ROOT / "examples" / "attention.mlir"
    text = written("dot", path, capsys)
    assert 'label="@attention: 3 passes over m"' in text
    assert {f"pass {n}" for n in (1, 2, 3)} == set(re.findall(r'tooltip="(pass \d)"', text))
    assert set(re.findall(r'tooltip="(pass \d)"', written("dot{rank=e}", path, capsys))) == {"pass 1"}
    assert main([str(path), "-t", "dot{rank=zz}"]) == 1
    assert "target 'dot': no cascade has a rank 'zz'" in capsys.readouterr().err


def test_names_in_a_graph_are_quoted():
    assert quoted('a"b\\c\nd\0') == '"a\\"b\\\\c\\nd?"'
    assert DotTarget.name == "dot"


def test_json_has_the_expressions_as_trees(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "tricky.mlir"
    path.write_text(TRICKY)
    form: dict[str, Any] = json.loads(written("json", path, capsys))
    assert form["format"] == 1
    *operators, cascade = form["module"]
    assert [o["properties"]["sym_name"] for o in operators] == ["softcap", "lse", "opaque"]
    assert operators[0]["properties"]["body"]["operator"] == "mul"
    assert cascade["properties"]["ranks"] == {"m": 8, "p": 4, "i": 4, "j": 2, "q": 16, "s": 3, "m1": 2, "m0": 4}
    inside = cascade["regions"][0][0]
    assert [a["name"] for a in inside["arguments"]] == ["A", "a.b", "I", "F", "Z"]
    by_name = {op["results"][0]["name"]: op for op in inside["operations"] if op.get("results")}
    assert by_name["O"]["properties"]["reduce"] == [{"operator": "add", "ranks": ["s"]}]
    assert by_name["O"]["properties"]["map"] == {
        "operator": "mul",
        "arguments": [
            {"tensor": "I", "subscripts": [{"terms": {"m": 1, "s": 1}, "constant": 0}]},
            {"tensor": "F", "subscripts": ["s"]},
        ],
    }
    assert by_name["U"]["properties"]["where"][0] == {"left": "m", "relation": "<=", "right": "p"}
    assert by_name["N"]["properties"]["map"]["merge"] == "exclusive-or"
    assert by_name["S"]["regions"][0][0]["operations"][-1]["op"] == "einsum.yield"
    assert by_name["U"]["location"] == {"file": str(path), "line": 6, "column": 8}
    line = written("json{indent=0}", path, capsys)
    assert line.count("\n") == 1
    assert json.loads(line) == form


def test_json_holds_other_dialects_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "other.mlir"
    path.write_text('%0 = "test.op"() {a = 1 : i32} : () -> i32\n"test.op"(%0) : (i32) -> ()\n')
    form = json.loads(written("json", path, capsys))
    assert [op["op"] for op in form["module"]] == ["test.op", "test.op"]
    assert form["module"][0]["attributes"] == {"a": "1 : i32"}
    assert form["module"][1]["operands"] == [form["module"][0]["results"][0]["name"]]
