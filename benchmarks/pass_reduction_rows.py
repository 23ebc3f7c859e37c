"""One row of the pass-reduction benchmark: a cascade's passes as written and derived, how, how sure, how fast, and its trials."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pass_reduction_trials import Outcome, cascade_of, compare

from einfold.algebra import memo
from einfold.algebra.certificates import check_certificate
from einfold.algebra.derivation import Certificate, Derived, Refusal
from einfold.algebra.expr import Expr
from einfold.passes.derivation_report import report
from einfold.passes.operators import laws_of
from einfold.passes.places import passes_over
from einfold.tools.loading import load_module, new_context

CASCADES = Path(__file__).parent / "cascades"
LONG_RANK = "m"

Expected = Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """What was found for one cascade.

    `k` is the last reduction's separation rank, `T3` where only extremes are carried, `inf` where it is refused with a certificate, `?` without.
    `certificate`: the rank that it shows, None if there is none or it does not check. `proved` and `tested` count obligations, `open` those
    that are neither. `seconds`: reading, counting, deriving, testing and proving, with nothing remembered.
    """

    number: int
    name: str
    before: int
    after: int
    k: str
    form: str
    verdict: str
    certificate: int | None
    proved: int
    tested: int
    open: int
    seconds: float
    trials: Outcome


def files() -> dict[int, Path]:
    """Row number -> file."""
    return {int(path.stem.split("-")[0]): path for path in sorted(CASCADES.glob("*.mlir"))}


def expectations() -> dict[int, Expected]:
    """Row number -> what `cascades/expected.csv` says: `before`, `after`, `k`."""
    with (CASCADES / "expected.csv").open(newline="") as file:
        return {int(line["row"]): line for line in csv.DictReader(file)}


def measure(path: Path, trials: int, seed: int) -> Row:
    """One row."""
    memo.forget()
    begin = time.perf_counter()
    module = load_module(str(path), new_context())
    cascade = cascade_of(module)
    before = passes_over(cascade, LONG_RANK)
    found = report(module, cascade.sym_name.data, LONG_RANK, prove=True)
    seconds = time.perf_counter() - begin
    results = [result for _, result in found.reductions]
    last = next((r for r in results if isinstance(r, Refusal)), results[-1])
    obligations = [o.result for r in results if isinstance(r, Derived) for o in r.obligations]
    certificates = [r.certificate for r in results if isinstance(r, Refusal)]
    checked = [c.rank for c in certificates if c is not None and check_certificate(_body(results, c), c, laws_of(module))]
    proved, tested = obligations.count("proved"), obligations.count("tested")
    return Row(
        number=int(path.stem.split("-")[0]),
        name=path.stem.split("-", 1)[1].replace("-", " "),
        before=before,
        after=found.passes,
        k=rank_text(last),
        form=_form(last),
        verdict=found.verdict.kind,
        certificate=min(checked) if checked and len(checked) == len(certificates) else None,
        proved=proved,
        tested=tested,
        open=len(obligations) - proved - tested,
        seconds=seconds,
        trials=compare(module, LONG_RANK, trials, seed),
    )


def _body(results: list[Derived | Refusal], certificate: Certificate) -> Expr:
    return next(r.reduction.body for r in results if isinstance(r, Refusal) and r.certificate is certificate)


def rank_text(result: Derived | Refusal) -> str:
    if isinstance(result, Refusal):
        return "inf" if result.certificate is not None else "?"
    return "T3" if result.form == "ordered" else str(result.k)


def _form(last: Derived | Refusal) -> str:
    if isinstance(last, Refusal):
        return "refused"
    return last.form


def deviations(row: Row, expected: Expected | None) -> Iterator[str]:
    """What is not as it should be, one sentence each."""
    if expected is None:
        yield "expected.csv says nothing of it"
        return
    for key, found in (("before", str(row.before)), ("after", str(row.after)), ("k", row.k)):
        if found != expected[key]:
            yield f"{key} is {found}, expected {expected[key]}"
    if row.k == "inf" and row.certificate is None:
        yield "it is refused without a certificate that checks"
    if row.trials.trials and row.trials.passes > max(row.after, 1):
        yield f"a rewritten program makes {row.trials.passes} passes"
    yield from row.trials.wrong
