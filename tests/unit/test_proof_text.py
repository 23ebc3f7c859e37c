"""The file that `passes --proof` writes: every chunk is a proof for a solver that knows nothing else, none is vacuous, and a wrong one fails."""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from smt_reading import Evaluator, answer, asserted, chunks, constants

from einfold.algebra.derivation import Derived
from einfold.algebra.memo import forget
from einfold.passes.derivation_report import report
from einfold.tools.einfold import main
from einfold.tools.loading import load_module, new_context

ROWS = Path(__file__).parents[2] / "benchmarks" / "cascades"
SOME = ["01", "04", "08", "09", "11", "14", "15", "18", "23", "24", "25", "26", "36", "47"]
LAWS = "the laws of these functions, where they are applied"
LEMMAS = "what another chunk proves"

MUTATED = {"01": 0, "14": 0, "23": 0, "26": 0, "24": 1, "25": 2}
"""Rows with fewer differences in their definitions than six."""

Proof = Callable[[str], str]


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Proof:
    """What is written for a row of the benchmark, named by its number, over its long rank."""
    folder = tmp_path_factory.mktemp("proofs")

    def written(row: str) -> str:
        out = folder / f"{row}.smt2"
        if not out.exists():
            file = next(ROWS.glob(f"{row}-*.mlir"))
            assert main(["passes", str(file), "--rank", "m", "--proof", str(out), "-o", str(folder / "report.txt")]) == 0
        return out.read_text()

    return written


def without_claim(chunk: str) -> str:
    return chunk.partition("; the claim, denied")[0]


def about(chunk: str) -> str:
    """The obligation that a chunk is of: `SD: cocycle`."""
    headings = re.findall(r"^; @\S+, rank m, (\S+: \w+)", chunk, re.M)
    return headings[-1]


@pytest.mark.parametrize("row", SOME)
def test_every_chunk_is_refuted_by_a_fresh_solver_and_none_is_vacuous(proof: Proof, row: str) -> None:
    text = proof(row)
    found = chunks(text)
    assert len(found) == text.count("; expect: unsat") == text.count("\n(check-sat)\n") == text.count("\n(reset)\n")
    for chunk in found:
        assert chunk.count("; expect: unsat") == 1 and "(set-info :status unsat)" in chunk
        assert answer(chunk) == "unsat", chunk
        assert answer(without_claim(chunk), 1000) != "unsat", f"proved by a contradiction:\n{chunk}"


@pytest.mark.parametrize("row", ["04", "15", "23"])
def test_the_whole_file_is_one_script(proof: Proof, row: str, tmp_path: Path) -> None:
    file = tmp_path / "proof.smt2"
    file.write_text(proof(row))
    solver = Path(sys.executable).parent / "z3"
    done = subprocess.run([solver, file], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["unsat"] * proof(row).count("; expect: unsat"), done.stdout


@pytest.mark.parametrize("row", SOME)
def test_every_obligation_that_a_solver_met_is_in_the_file(proof: Proof, row: str) -> None:
    module = load_module(str(next(ROWS.glob(f"{row}-*.mlir"))), new_context())
    name = re.findall(r"@(\w+), rank m", proof(row))[0]
    obligations = [(link.name, o) for link, d in report(module, name, "m", prove=True).reductions if isinstance(d, Derived) for o in d.obligations]
    by_solver = [f"{n}: {o.name}" for n, o in obligations if o.method.startswith("z3") and o.result == "proved"]
    assert [about(c) for c in chunks(proof(row))] == by_solver
    assert {o.result for _, o in obligations} == {"proved", "tested"}
    for name, o in obligations:
        assert f"{name}: {o.name}: {o.statement}\n; result: {o.result} by {o.method}\n" in proof(row)


def test_claims_are_stated_before_anything_is_simplified(proof: Proof) -> None:
    text = proof("04")
    assert "(define-fun K.0.0 ((%GM.old Real) (%GM Real)) Real (Exp (- %GM.old %GM)))" in text
    assert "(define-fun carried.0 ((%GM Real)) Real (* (Exp (- |%S[m, p]| %GM)) |%V[m, f]|))" in text
    assert "(define-fun final ((%AV.0 Real)) Real (/ %AV.0 %SD))" in text
    assert "(assert (not (= (final (Max %GM.0@1 %GM.0@2)) (Max (final %GM.0@1) (final %GM.0@2)))))" in text
    assert "(assert (not (= (* (K.0.0 %GM@2 %GM@3) (K.0.0 %GM@1 %GM@2)) (K.0.0 %GM@1 %GM@3))))" in text
    assert "(assert (= (* (Exp (- %GM.old %GM)) (Exp (- |%S[m, p]| %GM.old))) (Exp (- |%S[m, p]| %GM))))" in text


def test_what_has_no_claim_for_a_solver_is_said(proof: Proof) -> None:
    text = proof("04")
    assert "AV: defined: no correction divides by zero" in text
    assert "; result: proved by inspection: no division, root or logarithm of a summary is in it\n" in text
    assert "; result: tested by fp64 evaluation\n" in text
    assert "\n(assert (not (distinct %" in proof("26"), "where it divides, the claim is that it does not divide by zero"


def signs(line: str) -> Iterator[str]:
    """A definition with one of its differences made a sum, one after the other."""
    for place in re.finditer(r"\(- (?=[(%|])", line):
        yield f"{line[: place.start()]}(+ {line[place.end() :]}"


@pytest.mark.parametrize("row", [row for row in SOME if row != "18"])
def test_a_wrong_sign_in_a_definition_is_not_proved(proof: Proof, row: str) -> None:
    """Wherever the changed claim is false of the real functions, no solver may prove it."""
    changed = [
        wrong
        for chunk in dict.fromkeys(chunks(proof(row)))
        for line in re.findall(r"^\(define-fun (?:K|carried|body|final).*$", chunk, re.M)
        for wrong in map(partial(chunk.replace, line), signs(line))
    ]
    false = [wrong for wrong in random.Random(5).sample(changed, min(len(changed), 20)) if not all(claims_at_points(wrong, 6))]
    assert len(false) >= MUTATED.get(row, 6)
    for wrong in false[:10]:
        assert answer(wrong, 200) != "unsat", wrong


def claims_at_points(chunk: str, wanted: int) -> Iterator[bool]:
    """Whether the claim holds, at random points where it is made; the laws must be true at all of them."""
    source, names, sections = random.Random(7), constants(chunk), list(asserted(chunk))
    met = 0
    for _ in range(400):
        scale = source.choice((0.3, 1.0, 3.0))
        values = {n: source.uniform(1, 9) if "shape(" in n or "number" in n else source.uniform(-scale, scale) for n in names}
        evaluate = Evaluator(chunk, values)
        try:
            assert all(evaluate.value(f) for title, f in sections if title == LAWS), chunk
            if all(evaluate.value(f) for title, f in sections if title not in (LAWS, "the claim, denied")):
                yield not evaluate.value(sections[-1][1])
                met += 1
        except (ZeroDivisionError, OverflowError):
            continue
        if met == wanted:
            return


def test_the_merge_rests_on_each_instance_of_the_cocycle(proof: Proof) -> None:
    chunk = next(c for c in chunks(proof("09")) if about(c) == "H: merge")
    assert "(declare-fun K.0.1 (Real Real) Real)" in chunk, "it holds whatever the correction is"
    lemmas = re.findall(r"^\(assert .*\n", chunk.partition(LEMMAS)[2].partition("; the claim")[0], re.M)
    assert len(lemmas) == 12
    for lemma in lemmas:
        assert answer(chunk.replace(lemma, ""), 300) != "unsat", lemma


def test_a_claim_that_is_false_has_a_counterexample(proof: Proof) -> None:
    chunk = next(c for c in chunks(proof("15")) if about(c) == "SQ: cocycle")
    assert answer(chunk.replace("(* 2.0 (- ", "(* 3.0 (- ", 1)) == "sat"
    chunk = next(c for c in chunks(proof("26")) if about(c) == "Y: defined")
    known = re.findall(r"^\(assert \(> %L1\S* 0.0\)\)$", chunk, re.M)
    assert known
    for line in known:
        chunk = chunk.replace(line, line.replace("(> ", "(>= "))
    assert answer(chunk) == "sat", "a sum of absolute values may be zero, unless the bottom is excluded"


@pytest.mark.parametrize("row", [*SOME, "02", "10", "12", "16", "20", "35", "42", "43", "44", "45", "48"])
def test_laws_and_claims_hold_of_the_real_functions(proof: Proof, row: str) -> None:
    """At random points the instances are true of exp, log, .. themselves, and so are the claims: nothing rests on an axiom that is false."""
    for chunk in dict.fromkeys(chunks(proof(row))):
        assert LEMMAS in chunk or list(claims_at_points(chunk, 3)) == [True] * 3, chunk


MASKED = """
einsum.operator @blur(%x) opaque laws {monotone = increasing}
einsum.cascade @masked ranks {p = 4, m = 64} (%X[m, p], %M[m, p], %T[p]) -> [p], [p], [p] : f32 {
  %GM = einsum.compute [p] = %X[m, p] reduce max(m)
  %SD = einsum.compute [p] = exp(select(%M[m, p] > 0, (%X[m, p] - %GM[p]) / exp(%T[p]), -inf)) reduce add(m)
  %W = einsum.compute [p] = @blur(%X[m, p]) * %GM[p] reduce add(m)
  einsum.return %SD[p], %GM[p], %W[p]
}
"""


def test_what_no_solver_decides_is_a_comment_and_constants_are_explained(tmp_path: Path) -> None:
    file, out = tmp_path / "masked.mlir", tmp_path / "masked.smt2"
    file.write_text(MASKED)
    assert main(["passes", str(file), "--proof", str(out), "-o", str(tmp_path / "report")]) == 0
    text = out.read_text()
    open_claim = text.partition("SD: identity")[2].partition("\n\n")[0]
    assert "; result: unknown by z3\n" in open_claim
    assert "; no solver has decided this:\n;   (set-info :smt-lib-version 2.6)\n" in open_claim
    assert ";   (declare-const infinity Real) ; a number of which nothing is known\n" in open_claim
    assert all(line.startswith(";") for line in open_claim.splitlines()[1:])
    assert re.search(r"^; %const\.\d is %T\[p\]$", text, re.M)
    assert "(declare-fun user.blur (Real) Real)" in text
    found = chunks(text)
    assert found and all(answer(c) == "unsat" for c in found)


def test_the_benchmark_is_proved_quickly() -> None:
    """All 33 rows in one process: under 10 s of processor time, none above 2 s."""
    forget()
    seconds: dict[str, float] = {}
    for file in sorted(ROWS.glob("*.mlir"))[:33]:
        module = load_module(str(file), new_context())
        name = re.findall(r"einsum.cascade @(\w+)", file.read_text())[0]
        start = time.process_time()
        report(module, name, "m", prove=True)
        seconds[file.stem] = time.process_time() - start
    assert sum(seconds.values()) < 10, seconds
    assert max(seconds.values()) < 2, seconds
