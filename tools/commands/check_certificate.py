"""`einfold check-certificate FILE`: check the certificates that `einfold passes --json` wrote, without trusting what wrote them.

The body is read again from its text, the elimination repeated in interval arithmetic, and every point, pivot and variable compared with
what is claimed. `--against` also derives the reduction again, and compares what the certificate is about with that.
"""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ...algebra.certificates import NotVerified, pivot_value, verified
from ...algebra.possible import check_possible
from ..certificates.against import Original
from ..certificates.fields import Fields, certificates_in, check_seal, read_json, subject
from ..certificates.json_form import NONE, RETAINED, SEPARATION_RANK
from ..certificates.reading import LONGEST_TEXT, Names, separation_rank
from ..certificates.retained import check
from ..certificates.retained_reading import retained
from ..certificates.time_limit import Expired, limited
from ..diagnostics import Diagnostic, Failure, suggestion
from ..reading import read_source

LIMIT_S = 8.0
"""Seconds for checking a file's certificates; those that the library writes take a tenth of a second each."""

FURTHER_S = 1.0
"""Seconds more for each certificate after the first."""


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="what `einfold passes --json` wrote, or one certificate of it; '-' is standard input")
    parser.add_argument("--json", action="store_true", help="print a JSON array with an object for each certificate")
    parser.add_argument("--against", metavar="IR", help="a file of IR: check that its cascades have what the certificates are about")


def run(args: Namespace) -> int:
    source = read_source(args.file)
    found = list(certificates_in(read_json(source)))
    original = None if args.against is None else Original(args.against)
    end = time.perf_counter() + LIMIT_S + FURTHER_S * (len(found) - 1)
    wrong, checked = 0, 0
    told: list[dict[str, object]] = []
    for each in found:
        try:
            with limited(max(0.1, end - time.perf_counter())):
                text = _CHECKS[_kind(each)](each, original)
                check_seal(each)
        except NotVerified as error:
            problem = str(error)
        except Expired:
            problem = "checking it takes too long"
        except RecursionError:
            problem = "an expression in it is nested too deeply"
        else:
            if not args.json:
                print(f"{subject(each)}: {text}")
            told.append({"subject": subject(each), "kind": each["kind"], "verified": each["kind"] != NONE, "says": text})
            checked += each["kind"] != NONE
            continue
        wrong += 1
        told.append({"subject": subject(each), "kind": each.get("kind"), "verified": False, "says": problem})
        print(Diagnostic("error", f"{subject(each)}: {problem}", source.name), file=sys.stderr)
    if args.json:
        print(json.dumps(told, indent=2))
    if not wrong and not checked:
        raise Failure(Diagnostic("error", "no certificate in it that can be checked", source.name))
    return 1 if wrong else 0


def _kind(found: Mapping[str, Any]) -> str:
    kind = Fields(found).text("kind")
    if kind not in _CHECKS:
        raise NotVerified(f"unknown kind '{kind}'{suggestion(kind, _CHECKS)}")
    return kind


def _separation_rank(found: Mapping[str, Any], original: Original | None) -> str:
    names = Names()
    certificate, definitions = separation_rank(found, names)
    check_possible(certificate, definitions)
    pivots = verified(certificate)
    if original is not None:
        subject_of = (found["cascade"], found["rank"], found["reduction"])
        original.check_rank(*subject_of, certificate, definitions, names)
    n = certificate.rank
    size, _, exponent = min(pivots, key=pivot_value).partition("e")
    against = "" if original is None else f", as in {original.path}"
    return f"separation rank >= {n} verified ({n} points, {certificate.digits} digits, smallest pivot {size[:3]}e{exponent}){against}"


def _retained(found: Mapping[str, Any], original: Original | None) -> str:
    op, rank, shown = retained(found)
    check(op, rank, shown)
    if original is not None:
        original.check_retained(op, shown)
    place = ", ".join(map(str, shown.coordinate))
    values = " or ".join(f"{v:.6g}" for v in shown.values)
    against = "" if original is None else f", as in {original.path}"
    return f"needs later elements, verified ([{place}] is {values}, as {shown.argument} changes from {rank} = {shown.start} on){against}"


def _none(found: Mapping[str, Any], original: Original | None) -> str:
    return f"no certificate: {Fields(found).text('why', LONGEST_TEXT)}"


_CHECKS: Mapping[str, Callable[[Mapping[str, Any], Original | None], str]] = MappingProxyType(
    {SEPARATION_RANK: _separation_rank, RETAINED: _retained, NONE: _none}
)
