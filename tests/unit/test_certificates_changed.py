"""Whatever is changed in a certificate is told, in words, quickly: digits, points, pivots, the body, keys, numbers, the JSON itself."""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from certifying import Checker, changed, first, written


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Checker:
    return Checker(tmp_path, capsys)


@pytest.mark.parametrize("number", ["27", "28", "30"])
def test_any_digit_that_is_changed_is_told(check: Checker, number: str) -> None:
    certificate = first(written(number))
    source = random.Random(3)
    for key in ("element_points", "summary_points", "pivots"):
        for _ in range(6):
            bad = copy.deepcopy(certificate)
            i = source.randrange(12)
            place, j = (bad[key][i], 0) if key != "pivots" else (bad[key], i)
            at = source.choice([n for n, c in enumerate(place[j]) if c.isdigit() and "/" not in place[j][: n + 1] and "e" not in place[j][: n + 1]])
            place[j] = place[j][:at] + str((int(place[j][at]) + source.randint(1, 8)) % 10) + place[j][at + 1 :]
            code, said = check(bad)
            assert code == 1 and said.startswith(f"FILE: error: @{certificate['cascade']}, rank m, Y: ".replace("Y:", certificate["reduction"] + ":"))


def _swapped(certificate: dict[str, Any], key: str, i: int, value: Any) -> list[Any]:
    return [*certificate[key][:i], value, *certificate[key][i + 1 :]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: {"element_points": c["element_points"][1:]}, "rank 12 needs 12 element points, and it has 11"),
        (lambda c: {"summary_points": c["summary_points"][:11]}, "rank 12 needs 12 summary points, and it has 11"),
        (lambda c: {"element_points": _swapped(c, "element_points", 3, c["element_points"][5])}, "element points 3 and 5 are the same"),
        (lambda c: {"summary_points": _swapped(c, "summary_points", 4, c["summary_points"][0])}, "summary points 0 and 4 are the same"),
        (lambda c: {"element_points": [["2/2"], ["1"], *c["element_points"][2:]]}, "points 0 and 1 are the same"),
        (lambda c: {"pivots": _swapped(c, "pivots", 2, "1.0e-2")}, "pivot 2 is claimed to be at least 1.0e-2; it is 4.05874e-5"),
        (lambda c: {"pivots": _swapped(c, "pivots", 2, "0.0")}, "pivot 2, 0.0, is not positive"),
        (lambda c: {"pivots": _swapped(c, "pivots", 2, "-1")}, "'-1' is not a pivot"),
        (lambda c: {"pivots": _swapped(c, "pivots", 2, 1)}, "pivot 2 is to be a text"),
        (lambda c: {"pivots": _swapped(c, "pivots", 2, "1e99999")}, "pivot 2 is claimed to be at least 1e99999"),
        (lambda c: {"pivots": c["pivots"][1:]}, "rank 12 needs 12 pivots, and it has 11"),
        (lambda c: {"pivots": []}, "it has no pivots"),
        (lambda c: {"k_at_least": 13}, "rank 13 needs 13 element points, and it has 12"),
        (lambda c: {"k_at_least": 0}, "it claims a rank of 0"),
        (lambda c: {"k_at_least": 12.0}, "'k_at_least' is to be a whole number"),
        (lambda c: {"digits": 19}, "it asks for 19 digits; 20 to 5000 are allowed"),
        (lambda c: {"digits": 5001}, "it asks for 5001 digits; 20 to 5000 are allowed"),
        (lambda c: {"digits": 20}, "pivot 7 may be zero: with 20 digits, the matrix is not shown to be invertible"),
        (lambda c: {"digits": True}, "'digits' is to be a whole number"),
        (lambda c: {"body": c["body"].replace("2)", "4)")}, " is claimed to be at least "),
        (lambda c: {"body": "pow(%X[p, m] - %SX / shape(m), 2)", "pivots": ["1e-300"] * 12}, "pivot 3 may be zero"),
        (lambda c: {"body": "exp(%X[p, m] - %SY / shape(m))"}, "its body reads %SY, which is no element, summary or constant of it"),
        (lambda c: {"body": "exp(%X[p, m] - %SX)"}, "shape(m) does not occur in its body"),
        (lambda c: {"body": "expp(%X[p, m] - %SX)"}, "unknown operator 'expp'; did you mean 'exp'? at character 0"),
        (lambda c: {"body": "@f(%X[p, m])"}, "body applies '@f', which is no built-in operator"),
        (lambda c: {"body": "__import__('os').system('true')"}, "body: unexpected character"),
        (lambda c: {"body": "%X[p, m] )"}, "body: ')' follows its end"),
        (lambda c: {"body": 7}, "'body' is to be a text"),
        (lambda c: {"body": "(" * 4000}, "expression is nested deeper than 100 levels"),
        (lambda c: {"body": "9" * 5000}, "number of 5000 characters"),
        (lambda c: {"body": "pow(pow(%X[p, m] * %SX * shape(m), 9999), 9999)"}, "body has powers of more than 10000 factors"),
        (lambda c: {"body": "exp(" * 50 + "%X[p, m] * %SX * shape(m)" + ")" * 50}, "the body has no value at element point 0 and summary point 0"),
        (lambda c: {"body": "%X[p, m] / (%SX - %SX) * shape(m)"}, "the body has no value at element point 0 and summary point 0"),
        (lambda c: {"element_points": _swapped(c, "element_points", 0, ["1/0"])}, "element_points 0: '1/0' is no rational number"),
        (lambda c: {"element_points": _swapped(c, "element_points", 0, ["1e9999999"])}, "'1e9999999' is no rational number"),
        (lambda c: {"element_points": _swapped(c, "element_points", 0, ["9" * 9999])}, "is no rational number"),
        (lambda c: {"element_points": _swapped(c, "element_points", 0, [0.5])}, "'0.5' is no rational number"),
        (lambda c: {"element_points": _swapped(c, "element_points", 0, ["1", "2"])}, "element_points 0 is to be a list of 1 numbers"),
        (lambda c: {"element_points": {}}, "'element_points' is to be a list"),
        (lambda c: {"elements": ["%X[p, m] + 1"]}, "element 0: '%X[p, m] + 1' cannot be that"),
        (lambda c: {"elements": ["%SX"]}, "element 0: '%SX' cannot be that"),
        (lambda c: {"operator": "max"}, "a separation rank is about sums, and this is a reduction by 'max'"),
        (lambda c: {"summaries": [{"name": "%SX", "operator": "max", "body": "%X[p, m]"}]}, "cannot occur beside summary point 0"),
        (lambda c: {"summaries": [{"name": "%SX", "operator": "add", "body": "abs(%X[p, m])"}]}, "summary point 0 cannot occur: %SX is never"),
        (lambda c: {"summaries": [{"name": "%SX", "operator": "addd", "body": "%X[p, m]"}]}, "unknown operator 'addd'; did you mean 'add'?"),
        (lambda c: {"summaries": [{"name": "%SX", "operator": "add", "body": "%SX"}]}, "summary %SX reads %SX, which is not before it"),
        (lambda c: {"summaries": [{"name": "%SX"}]}, "summaries 0: 'operator' is missing"),
        (lambda c: {"constants": []}, "its body reads shape(m), which is no element"),
        (lambda c: {"constants": c["constants"] * 2}, "shape(m) is given values twice"),
        (lambda c: {"constants": [{"name": "shape(m)", "value": "NaN"}]}, "'NaN' is no rational number"),
        (lambda c: {"kind": "separation"}, "unknown kind 'separation'; did you mean 'separation rank'?"),
        (lambda c: {"extra": 1}, "unknown key 'extra'"),
        (lambda c: {"sha256": "0"}, "it was changed after it was written"),
    ],
)  # fmt: skip
def test_what_is_changed_is_told(check: Checker, change: Callable[[dict[str, Any]], dict[str, Any]], message: str) -> None:
    certificate = first(written("31"))
    keys = change(certificate)
    bad = {**certificate, **keys} if "sha256" in keys else changed(certificate, **keys)
    code, said = check([{"ranks": {"m": {"certificate": {"Y": bad}}}}])
    assert code == 1
    assert said.startswith("FILE: error: @gaussian_about_mean, rank m, Y: ") and message in said, said


@pytest.mark.parametrize("number", ["31", "03"])
def test_every_key_is_needed(check: Checker, number: str) -> None:
    certificate = first(written(number))
    for key in certificate:
        code, said = check({k: v for k, v in certificate.items() if k != key})
        assert code == 1
        assert f"'{key}' is missing" in said or key == "kind", said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: {"program": "nonsense"}, "its program is no valid IR: program:1:1: error: "),
        (lambda c: {"program": c["program"].replace("exp", "tanh")}, "not what is claimed"),
        (lambda c: {"program": c["program"].replace("m = 3", "m = 1000000000")}, "'sizes' are not those of its program"),
        (
            lambda c: {"program": c["program"].replace("m = 3", "m = 100000000"), "sizes": {**c["sizes"], "m": 100000000}},
            "its program is too large to be run",
        ),
        (lambda c: {"changes_from": 0}, "coordinate [0, 0] is not one of the result before 0"),
        (lambda c: {"changes_from": 3}, "its two inputs differ before coordinate 3"),
        (lambda c: {"coordinate": [2, 0]}, "coordinate [2, 0] is not one of the result before 2"),
        (lambda c: {"coordinate": [0, 0, 0]}, "coordinate [0, 0, 0] is not one"),
        (lambda c: {"coordinate": [-1, 0]}, "coordinate [-1, 0] is not one"),
        (lambda c: {"values": ["0.5", "0.25"]}, "the result at [0, 0] is 0.499518 and 0.197063, not what is claimed"),
        (lambda c: {"values": ["inf", "0.25"]}, "'inf' is no number in text"),
        (lambda c: {"changed": c["inputs"]["S"]}, "the result at [0, 0] is 0.499518 for both inputs"),
        (lambda c: {"changed": [["1/3"] * 2] * 3}, "'1/3' is no rational number in text that fp64 holds exactly"),
        (lambda c: {"changed": [["1"] * 3] * 3}, "'changed' is to be nested lists of shape [3, 2]"),
        (lambda c: {"inputs": {}}, "its inputs are not the cascade's arguments, S"),
        (lambda c: {"argument": "T"}, "'changed' belongs to no argument of its program"),
        (lambda c: {"output": 1}, "'output' 1 of its program is not A"),
        (lambda c: {"rank": "e"}, "result 0 does not keep rank e"),
        (lambda c: {"cascade": "soft"}, "its program has no cascade '@soft'"),
    ],
)
def test_what_is_changed_in_evidence_of_a_kept_rank_is_told(check: Checker, change: Callable[[dict[str, Any]], dict[str, Any]], message: str) -> None:
    certificate = first(written("03"))
    code, said = check(changed(certificate, **change(certificate)))
    assert code == 1 and message in said, said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[" * 10_000 + "]" * 10_000, "FILE: error: not a certificate: its JSON is nested too deeply"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "FILE: error: not a certificate: its JSON is nested too deeply"),
        ('{"kind": "separation rank",\n "body": }', "FILE:2:10: error: not JSON: expecting value"),
        ('[{"kind": NaN}]', "FILE:1:11: error: the number 'NaN' has no place in a certificate"),
        ('{"kind": -Infinity}', "FILE:1:10: error: the number '-Infinity' has no place"),
        ('{"digits": ' + "4" * 10_000 + "}", "FILE:1:12: error: a number as long as '4444"),
        ('{"kind": "none", "kind": "none"}', "key 'kind' is given twice in one object"),
        ('{"kind": "none"', "FILE:1:16: error: not JSON: expecting ',' delimiter"),
        ("", "FILE:1:1: error: not JSON: expecting value"),
        ("[]", "FILE: error: no certificate in it that can be checked"),
        ('"certificate"', "FILE: error: no certificate in it that can be checked"),
        ('{"kind": "none"}', "FILE: error: @?, rank ?, ?: 'why' is missing"),
        ('{"kind": ["none"]}', "'kind' is to be a text"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "FILE:1:1: error: not UTF-8 text: byte 0x89"),
        (os.urandom(4096) + b"\xff", "error: "),
        (b"\0" * 100, "not text: it holds a NUL character"),
    ],
)  # fmt: skip
def test_what_is_no_json_is_told_with_its_place(check: Checker, content: str | bytes, message: str) -> None:
    code, said = check(content)
    assert code == 1 and message in said, said


def test_a_body_that_takes_long_is_given_up(check: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("einfold.tools.commands.check_certificate.LIMIT_S", 1.0)
    body = " + ".join(["exp(sin(%X[p, m] * %SX + shape(m)))"] * 90)
    code, said = check(changed(first(written("31")), body=body, digits=5000))
    assert (code, said) == (1, "FILE: error: @gaussian_about_mean, rank m, Y: checking it takes too long\n")
