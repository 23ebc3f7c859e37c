"""`einfold check-certificate` on what the library writes: verified on its own and against the IR, at the cascade's sizes; or why there is none."""

from __future__ import annotations

import copy
import json
from fractions import Fraction
from pathlib import Path

import pytest
from certifying import Checker, certificates, changed, first, row, written

from einfold.algebra.certificates import NotVerified, lower_bound_text, pivot_value
from einfold.tools.certificates.fields import digest, sealed
from einfold.tools.certificates.reading import Names, degree
from einfold.tools.einfold import main

REFUSED = ["27", "28", "29", "30", "31", "32", "33"]
RETAINED = ["03", "34", "37", "39", "40"]


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Checker:
    return Checker(tmp_path, capsys)


@pytest.mark.parametrize("number", REFUSED)
def test_every_refused_row_has_a_certificate_that_stands_for_itself(check: Checker, number: str) -> None:
    found = written(number)
    (certificate,) = certificates(found)
    assert certificate["kind"] == "separation rank" and certificate["k_at_least"] == 12
    (refused,) = [r for c in found for rank in c["ranks"].values() for r in rank["reductions"] if r["form"] == "refused"]
    assert refused["k"] is None and refused["k_at_least"] == 12
    name = f"@{certificate['cascade']}, rank m, {certificate['reduction']}"
    for content in (found, certificate):
        code, said = check(content)
        assert code == 0 and said.startswith(f"{name}: separation rank >= 12 verified (12 points, 400 digits, smallest pivot "), said
    assert check(found, "--against", row(number)) == (0, said.rstrip() + f", as in {row(number)}\n")


@pytest.mark.parametrize("number", RETAINED)
def test_every_result_that_keeps_the_rank_has_two_inputs_that_show_it(check: Checker, number: str) -> None:
    found = written(number)
    assert {c["kind"] for c in certificates(found)} == {"retained"}
    code, said = check(found, "--against", row(number))
    assert code == 0 and said.count("needs later elements, verified") == len(list(certificates(found)))


def test_certificates_are_at_the_sizes_of_the_cascade() -> None:
    for number in ("29", "30", "31"):
        assert first(written(number))["constants"] == [{"name": "shape(m)", "value": "1024"}]


def test_a_refusal_without_a_certificate_says_why(tmp_path: Path, check: Checker) -> None:
    file, out = tmp_path / "refused.mlir", tmp_path / "refused.json"
    file.write_text("""
einsum.operator @quantise(%x) opaque
einsum.cascade @refused ranks {p = 4, m = 64} (%X[p, m]) -> [p], [p], [p] : f32 {
  %SX = einsum.compute [p] = %X[p, m] reduce add(m)
  %Q = einsum.compute [p] = @quantise(%X[p, m] * %SX[p]) reduce add(m)
  %A = einsum.compute [p] = abs(%X[p, m] - %SX[p]) reduce min(m)
  %G = einsum.compute [p] = exp(-pow(%X[p, m] - %SX[p], 2)) reduce add(m)
  einsum.return %Q[p], %A[p], %G[p]
}
""")
    assert main(["passes", str(file), "--json", "-o", str(out)]) == 0
    code, said = check(out.read_text(), "--against", str(file))
    assert code == 0
    assert "@refused, rank m, Q: no certificate: none was found: its elements and summaries do not separate: @quantise has no law" in said
    assert "@refused, rank m, A: no certificate: certificates are about sums, and this is a min: not monotone in the elements: " in said
    assert "@refused, rank m, G: separation rank >= 12 verified" in said
    kinds = {c["reduction"]: c["kind"] for c in certificates(json.loads(out.read_text()))}
    assert kinds == {"Q": "none", "A": "none", "G": "separation rank"}


def test_summaries_constants_and_operators_are_part_of_a_certificate(tmp_path: Path, check: Checker) -> None:
    file, out = tmp_path / "named.mlir", tmp_path / "named.json"
    file.write_text("""
einsum.operator @square(%x) = %x * %x
einsum.operator @double(%x) = %x + %x
einsum.cascade @named ranks {p = 4, m = 64} (%X[p, m], %T[p]) -> [p] : f32 {
  %GM = einsum.compute [p] = @double(%X[p, m]) reduce max(m)
  %SX = einsum.compute [p] = exp(@double(%X[p, m]) - %GM[p]) reduce add(m)
  %Y = einsum.compute [p] = exp(-@square(%X[p, m] - %SX[p]) * %T[p]) * m reduce add(m)
  einsum.return %Y[p]
}
""")
    assert main(["passes", str(file), "--json", "-o", str(out)]) == 0
    (certificate,) = certificates(json.loads(out.read_text()))
    assert [(s["name"], s["operator"], s["body"]) for s in certificate["summaries"]] == [
        ("%GM", "max", "%X[p, m] + %X[p, m]"),
        ("%SX", "add", "exp(%X[p, m] + %X[p, m] - %GM)"),
    ]
    assert certificate["elements"] == ["%X[p, m]", "m"]
    assert [c["stands_for"] for c in certificate["constants"]] == ["%T[p]"]
    assert check(certificate, "--against", str(file))[0] == 0
    lower = copy.deepcopy(certificate)
    for point in lower["summary_points"]:
        point[0] = str(Fraction(point[0]) - 9)
    assert "cannot occur beside summary point 0: %GM is less than it is with that element" in check(sealed(lower))[1]


def test_a_certificate_of_something_else_is_told(check: Checker, tmp_path: Path) -> None:
    gaussian = written("31")
    assert "has no cascade '@gaussian_about_mean'" in check(gaussian, "--against", row("32"))[1]
    other = tmp_path / "other.mlir"
    text = Path(row("31")).read_text()
    other.write_text(text.replace("exp(-pow", "exp(-2 * pow"))
    code, said = check(gaussian, "--against", str(other))
    assert code == 1
    assert f"the body of Y in {other} is exp(-2 * pow(%X[p, m] - %SX / shape(m), 2)), not exp(-pow(%X[p, m] - %SX / shape(m), 2))" in said
    other.write_text(text.replace("m = 1024", "m = 512"))
    assert f"m has size 512 in {other}, not 1024" in check(gaussian, "--against", str(other))[1]
    other.write_text(text.replace("%X[p, m] reduce add(m)\n  %MU", "%X[p, m] * %X[p, m] reduce add(m)\n  %MU"))
    assert f"the body of SX in {other} is %X[p, m] * %X[p, m], not %X[p, m]" in check(gaussian, "--against", str(other))[1]
    other.write_text(Path(row("03")).read_text().replace("%SN[m, p] / ", "2 * %SN[m, p] / "))
    assert f"its program is not @softmax of {other} at its sizes" in check(written("03"), "--against", str(other))[1]
    assert "no such file" in check(gaussian, "--against", str(tmp_path / "nothing.mlir"))[1]


def test_one_wrong_certificate_of_many_is_told_and_the_others_are_verified(check: Checker) -> None:
    good, bad = first(written("31")), changed(first(written("28")), digits=19)
    code, said = check([{"ranks": {"m": {"certificate": {"Y": good, "Z": bad}}}}])
    assert code == 1 and said.count("\n") == 2
    assert "rank m, Y: separation rank >= 12 verified" in said and "FILE: error: @softmax_data_temperature, rank m, Y: it asks for 19" in said


@pytest.mark.parametrize(
    "value", [Fraction(1), Fraction(10), Fraction(999_999_999, 10**9), Fraction(1, 3), Fraction(5) ** 3000, Fraction(1, 3**9000)]
)
def test_a_pivot_is_written_rounded_down(value: Fraction) -> None:
    text = lower_bound_text(value)
    assert pivot_value(text) <= value < pivot_value(text) * Fraction(100_002, 100_000)


@pytest.mark.parametrize("text", ["", "1e", "e5", "1.", "0x1", "1e999999", "inf", "1_0", " 1", "\uff11"])
def test_what_is_no_pivot(text: str) -> None:
    with pytest.raises(NotVerified, match="is not a pivot"):
        pivot_value(text)


def test_the_seal_is_of_the_contents() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1, "sha256": "x"}) != digest({"a": 1, "b": 3})


def test_degrees_multiply_in_powers_and_add_elsewhere() -> None:
    names = Names()
    assert degree(names.expression("pow(pow(%X[m], 3) + 1, 4)", "body")) == 16
    assert degree(names.expression("pow(%X[m], %p)", "body")) == 2
    assert degree(names.expression("pow(%X[m], -3)", "body")) == 3
