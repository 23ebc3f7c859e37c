"""`einfold explain` as a command: options, bad input, and files whose names try to be something else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from page_checks import check_latex, check_markdown

from einfold.passes import rank_reduction
from einfold.tools.einfold import main

ROOT = Path(__file__).parents[2]
ATTENTION = str(ROOT / "benchmarks" / "cascades" / "04-attention.mlir")

ODD = r"""
einsum.operator @softcap(%x) = 30 * tanh(%x / 30) laws {monotone = increasing}
einsum.operator @quantise(%x) opaque
einsum.operator @"a_$<b>"(%x) opaque laws {monotone = increasing}
einsum.cascade @"<script>alert('$x_y$')</script> \\end{document} *b* [l](http://x) `c` | %d ~ ^ # &amp; \0A# no heading"
    ranks {p_0 = 4, m.x = 64} (%X_1[p_0, m.x], %a$b[m.x]) -> [p_0], [p_0], [p_0], [p_0], [p_0] : f32 {
  %G_M = einsum.compute [p_0] = @softcap(%X_1[p_0, m.x]) reduce max(m.x)
  %S.D = einsum.compute [p_0] = exp(@softcap(%X_1[p_0, m.x]) - %G_M[p_0]) * %a$b[m.x] reduce add(m.x)
  %S_S = einsum.compute [p_0] = %X_1[p_0, m.x] reduce add(m.x)
  %V_q = einsum.compute [p_0] = pow(%X_1[p_0, m.x] - %S_S[p_0] / shape(m.x), 2) reduce add(m.x)
  %Qu = einsum.compute [p_0] = @quantise(%X_1[p_0, m.x] * %S_S[p_0]) reduce add(m.x)
  %W = einsum.compute [p_0] = @"a_$<b>"(%X_1[p_0, m.x]) + %G_M[p_0] reduce max(m.x)
  einsum.return %S.D[p_0], %V_q[p_0], %Qu[p_0], %W[p_0], %G_M[p_0]
}
"""

OTHERS = """
einsum.cascade @found ranks {p = 4, m = 64} (%X[p, m]) -> [p], [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] * %X[p, m] reduce add(m)
  %B, %I = einsum.compute [p] = %X[p, m] - %SX[p] reduce argmax(m)
  %J = einsum.compute [p] = %B[p] * 2
  einsum.return %J[p], %SX[p]
}
einsum.cascade @sparse ranks {p = 4, m = 64} (%X[p, m] empty 0, %V[m] empty 0) -> [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %D = einsum.compute [p] = (%X[p, m] -{intersection} %SX[p]) * select(%V[m] > 0, 1, %V[m]) reduce add(m)
  einsum.return %D[p]
}
einsum.cascade @masked ranks {p = 8, m = 8} (%X[p, m]) -> [p] : f32 {
  %G = einsum.compute [p] = %X[p, m] reduce max(m) where m <= p and p < m + 4
  %D = einsum.compute [p] = exp(%X[p, m] - %G[p]) reduce add(m) where m <= p and p < m + 4
  einsum.return %D[p]
}
"""

UNDONE = """
einsum.cascade @undone ranks {p = 4, m = 64} (%X[p, m], %W[m]) -> [p], [p] : f32 {
  %G = einsum.compute [p] = %X[p, m] reduce max(m)
  %Z = einsum.compute [p] = %W[m] * %G[p] reduce add(m)
  %Y = einsum.compute [p] = round(%W[m] / %G[p]) reduce add(m)
  einsum.return %Y[p], %Z[p]
}
"""


def told(capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> tuple[str, str]:
    assert main(["explain", *args]) == code
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return out, err


@pytest.fixture
def odd(tmp_path: Path) -> str:
    file = tmp_path / "<b>_$ `x`.mlir"
    file.write_text(ODD)
    return str(file)


@pytest.fixture
def others(tmp_path: Path) -> str:
    file = tmp_path / "others.mlir"
    file.write_text(OTHERS)
    return str(file)


def test_markdown_is_the_default_and_goes_to_a_file_as_it_does_to_standard_output(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    out, err = told(capsys, ATTENTION)
    assert err == "" and out.startswith("# The passes of `attention`\n")
    assert told(capsys, ATTENTION, "--format", "markdown")[0] == out
    for name, form in (("a.md", "markdown"), ("a.tex", "latex")):
        assert told(capsys, ATTENTION, "--format", form, "-o", str(tmp_path / name)) == ("", "")
    assert (tmp_path / "a.md").read_text() == out
    assert (tmp_path / "a.tex").read_text().startswith(r"\documentclass{article}")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--cascade", "atention"], "error: no cascade '@atention'; did you mean '@attention'?"),
        (["--rank", "mm"], "error: unknown rank 'mm'; did you mean 'm'?"),
    ],
)
def test_bad_options_are_named(capsys: pytest.CaptureFixture[str], args: list[str], message: str):
    out, err = told(capsys, ATTENTION, *args, code=1)
    assert out == "" and message in err


def test_an_unknown_format_is_named(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stopped:
        main(["explain", ATTENTION, "--format", "html"])
    assert stopped.value.code == 2
    assert "error: argument --format: invalid choice: 'html' (choose from 'latex', 'markdown')" in capsys.readouterr().err


def test_bad_files_are_named(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    (tmp_path / "none.mlir").write_text("builtin.module {}\n")
    assert "none.mlir: error: no einsum.cascade in it" in told(capsys, str(tmp_path / "none.mlir"), code=1)[1]
    assert "no such file" in told(capsys, str(tmp_path / "gone.mlir"), code=1)[1]


def test_a_rank_with_one_pass_gets_a_short_text(capsys: pytest.CaptureFixture[str]):
    out, _ = told(capsys, ATTENTION, "--rank", "p")
    assert "Every fiber of `p` is read once: no reduction waits" in out and "##" in out and "`m`:" not in out


def test_one_cascade_of_several(capsys: pytest.CaptureFixture[str], others: str):
    whole, _ = told(capsys, others)
    assert re.findall("^# The passes of `(.*)`", whole, re.M) == ["found", "sparse", "masked"]
    one, _ = told(capsys, others, "--cascade", "@masked")
    assert one.startswith("# The passes of `masked`\n") and whole.endswith(one)


def test_the_document_is_one_for_several_cascades(capsys: pytest.CaptureFixture[str], others: str):
    text, _ = told(capsys, others, "--format", "latex")
    assert text.count(r"\section{") == 3
    check_latex(text)


def test_a_maximum_and_where_it_stands(capsys: pytest.CaptureFixture[str], others: str):
    text, _ = told(capsys, others, "--cascade", "found")
    assert r"(B_{p}, I_{p}) &= \operatorname*{argmax}_{m} (X_{p,m} - SX_{p})" in text
    assert "### `B`: a maximum and where it stands, by order" in text
    assert r"B_{p}^{(0)} \leftarrow \max\left(B_{p}^{(0)}, \max_{m \in \mathcal{T}} X_{p,m}\right)" in text
    assert "Where the value stands goes along with it; of equal values the first one stays." in text
    assert "and the coordinate is the one that $B_{p}^{(0)}$ came with." in text


def test_what_visits_by_presence_is_not_asked_about(capsys: pytest.CaptureFixture[str], others: str):
    text, _ = told(capsys, others, "--cascade", "sparse")
    assert r"X_{p,m} \mathbin{-^{\mathrm{intersection}}} SX_{p}" in text
    assert "`D` (it visits only the points at which its operands are present)" in text
    assert "is **unknown**" in text


def test_a_filter_stands_under_its_reduction(capsys: pytest.CaptureFixture[str], others: str):
    text, _ = told(capsys, others, "--cascade", "masked")
    assert r"\max_{m : m \le p, p \lt m + 4} X_{p,m}" in text
    assert r"\sum_{m \in \mathcal{T} : m \le p, p \lt m + 4} e^{X_{p,m} - G_{p}}" in text


def test_names_are_names_in_markdown(capsys: pytest.CaptureFixture[str], odd: str):
    text, _ = told(capsys, odd)
    check_markdown(text)
    outside = re.sub(r"```sh.*?```|``.*?``|`[^`\n]*`", "", text, flags=re.S)
    assert "script" not in outside and "http" not in outside and "no heading" not in outside
    assert len(re.findall("^# ", text, re.M)) == 1
    assert r"\mathit{S\_S}_{\mathit{p\_0}}^{(0)}" in text and r"\mathit{a\$b}_{\mathit{m.x}}" in text
    assert r"\mathbf{K}^{\mathrm{V\_q}}" in text


def test_names_are_names_in_latex(capsys: pytest.CaptureFixture[str], odd: str):
    text, _ = told(capsys, odd, "--format", "latex")
    check_latex(text)
    assert text.count(r"\end{document}") == 1
    assert r"\textless{}script\textgreater{}alert('\$x\_y\$')\textless{}/script\textgreater{} \textbackslash{}end\{document\}" in text


def test_a_size_is_no_tensor(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """`M` is the size of m only where nothing else is called M."""
    file = tmp_path / "sizes.mlir"
    file.write_text(
        """einsum.cascade @sizes ranks {m = 8, M1 = 2, K = 3} (%M[m], %X[m, M1, K]) -> [M1, K] : f32 {
          %S = einsum.compute [M1, K] = %X[m, M1, K] * %M[m] / shape(m) reduce add(m)
          einsum.return %S[M1, K]
        }"""
    )
    text, _ = told(capsys, str(file))
    assert r"S_{M1,K} = \sum_{m} \frac{X_{m,M1,K} \cdot M_{m}}{\operatorname{size}(m)}" in text
    assert r"$\operatorname{size}(m) = 8$, $\operatorname{size}(M1) = 2$ and $\operatorname{size}(K) = 3$" in text


def test_a_later_phase_that_reads_nothing_again(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    file = tmp_path / "phases.mlir"
    file.write_text(
        """einsum.cascade @phases ranks {m = 8} (%A[m], %B[m]) -> [m] : f32 {
          %S = einsum.compute [] = %A[m] reduce add(m)
          %Z = einsum.compute [m] = %S[] * %B[m]
          einsum.return %Z[m]
        }"""
    )
    text, _ = told(capsys, str(file))
    assert "in 2 phases, of which 1 pass over the same data:" in text
    assert "`Z` waits for phase 2: it needs `S[]`, reduced over m. It reads no fiber again." in text
    assert "| phase | Einsums | read |" in text


def test_what_the_rewrite_declines_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Its reasons come as remarks, each with the reduction it speaks of."""

    def nothing_tells(_: object) -> bool:
        return True

    monkeypatch.setattr(rank_reduction, "untold_bottom", nothing_tells)
    text, _ = told(capsys, ATTENTION, "--rank", "m")
    declined = "The algebra has this form, but the rewrite does not use it: nothing tells whether GM has visited an element yet."
    assert text.count(declined) == 2
    assert "`SD` and `AV` stay for a later pass." in text and "### The pass over" not in text
    assert "3 passes, as written" in text


def test_what_waits_for_a_later_pass_is_finished_after_it(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    file = tmp_path / "waits.mlir"
    file.write_text(
        """einsum.cascade @waits ranks {p = 4, m = 64} (%X[p, m], %W[m]) -> [p], [p] : f32 {
          %A = einsum.compute [p] = abs(%X[p, m]) reduce max(m)
          %Q = einsum.compute [p] = round(%X[p, m] / %A[p]) reduce add(m)
          %Y = einsum.compute [p] = %X[p, m] * %W[m] / %Q[p] reduce add(m)
          einsum.return %Y[p], %A[p]
        }"""
    )
    text, _ = told(capsys, str(file), "--rank", "m")
    recap = text[text.index("### The pass over") : text.index("### What it rests on")]
    assert recap.index("and after the pass that computes `Q`,") < recap.index(r"Y_{p} = \frac{Y_{p}^{(0)}}{Q_{p}}")
    assert recap.count(r"Y_{p} = ") == 1 and "The state is 2 accumulators" in recap
    assert "`Q` stays for a later pass." in recap and "2 passes instead of 3" in text


def test_what_the_rewrite_takes_back_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    file = tmp_path / "undone.mlir"
    file.write_text(UNDONE)
    text, _ = told(capsys, str(file), "--rank", "m")
    assert "Nothing is merged in the end: merging what can be merged over m would add a pass beside those that stay." in text
    assert "### The pass over" not in text


def test_users_operators_are_told(capsys: pytest.CaptureFixture[str], odd: str):
    text, _ = told(capsys, odd)
    assert r"\operatorname{softcap}(x) = 30 \cdot \tanh\left(\frac{x}{30}\right)" in text
    assert "Here `@softcap` is the file's own operator; it is declared increasing." in text
    assert "`@quantise` is opaque: no law is declared for it. The derivation takes that at its word" in text
    assert "`@a_$<b>` is opaque: it is declared increasing." in text
    assert "It stays a later pass: its elements and summaries do not separate: @quantise has no law" in text
    assert "there is no certificate, so it is no proof that another form cannot exist" in text
    assert "assumed (an opaque operator or the domain left nothing to evaluate) for `W`" in text
    assert "`Qu` stays for a later pass." in text
