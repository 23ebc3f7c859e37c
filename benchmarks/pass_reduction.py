"""Every cascade of `benchmarks/cascades`: its passes as written and derived, the separation rank, the proofs, and random trials of the result.

For each file, over the long rank m: the passes before and after `einsum-one-pass`, the separation rank k of the last reduction, the form, the
verdict, how many obligations were proved, the time of analysis, derivation and proof, and differential trials: the emitted cascade and the
original are run by the interpreter in fp64 on random inputs of several kinds, sizes, tiles and output forms, and compared. What is expected
of each row stands in `cascades/expected.csv`; a row that deviates makes the exit code 1.

    python benchmarks/pass_reduction.py
    python benchmarks/pass_reduction.py --rows 4,9,15 --trials 50
    python benchmarks/pass_reduction.py --write docs/pass-reduction.md
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pass_reduction_trials import KINDS, Trials, run_trials

from einfold.algebra import memo
from einfold.algebra.derivation import Derived, Refusal
from einfold.dialects.einsum import CascadeOp
from einfold.passes.derivation_report import report
from einfold.passes.places import passes_over
from einfold.tools.loading import load_module, new_context

CASCADES = Path(__file__).parent / "cascades"
LONG_RANK = "m"
CANCELS = "may cancel"
"""What a derivation says that found no form which keeps a large mean from cancelling; such a row is not tried on data far from zero."""
BEGIN, END = "<!-- begin: table -->", "<!-- end: table -->"


@dataclass(frozen=True)
class Row:
    """What was found for one cascade. `k` is the last reduction's separation rank, `T3` where only extremes are carried, `inf` if refused."""

    number: int
    name: str
    before: int
    after: int
    k: str
    form: str
    verdict: str
    proved: int
    obligations: int
    seconds: float
    trials: int
    values: int
    wrong: str

    def deviates(self, expected: dict[str, str]) -> bool:
        found = {"before": str(self.before), "after": str(self.after), "k": self.k}
        return self.wrong != "" or any(found[key] != expected[key] for key in found)


def measure(path: Path, trials: int) -> Row:
    """One row. Nothing derived before is reused."""
    memo.forget()
    begin = time.perf_counter()
    module = load_module(str(path), new_context())
    cascade = next(op for op in module.walk() if isinstance(op, CascadeOp))
    before = passes_over(cascade, LONG_RANK)
    found = report(module, cascade.sym_name.data, LONG_RANK, prove=True)
    seconds = time.perf_counter() - begin
    results = [result for _, result in found.reductions]
    last = next((r for r in results if isinstance(r, Refusal)), results[-1])
    obligations = [o for r in results if isinstance(r, Derived) for o in r.obligations]
    cancels = any(isinstance(r, Derived) and CANCELS in r.why for r in results)
    kinds = tuple(kind for kind in KINDS if kind != "offset" or not cancels)
    tested = run_trials(path.read_text(), LONG_RANK, trials, kinds) if trials else Trials(0, 0, "")
    return Row(
        number=int(path.stem.split("-")[0]),
        name=path.stem.split("-", 1)[1].replace("-", " "),
        before=before,
        after=found.passes,
        k=rank_text(last),
        form=(f"{last.form}, may cancel" if cancels else last.form) if isinstance(last, Derived) else "refused",
        verdict=found.verdict.kind,
        proved=sum(o.result == "proved" for o in obligations),
        obligations=len(obligations),
        seconds=seconds,
        trials=tested.trials,
        values=tested.values,
        wrong=tested.wrong,
    )


def rank_text(result: Derived | Refusal) -> str:
    if isinstance(result, Refusal):
        return "inf" if result.certificate is not None else "?"
    return "T3" if result.form == "ordered" else str(result.k)


def table(rows: Iterable[Row]) -> list[str]:
    """The rows as a Markdown table."""
    lines = ["| # | cascade | passes | k | form | verdict | proved | trials | seconds |", "|---|---|---|---|---|---|---|---|---|"]
    for r in rows:
        trials = f"{r.trials}" if not r.wrong else f"WRONG: {r.wrong}"
        cells = (r.number, r.name, f"{r.before} -> {r.after}", r.k, r.form, r.verdict, f"{r.proved} of {r.obligations}", trials, f"{r.seconds:.2f}")
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def expectations() -> dict[int, dict[str, str]]:
    with (CASCADES / "expected.csv").open(newline="") as file:
        return {int(line["row"]): line for line in csv.DictReader(file)}


def write_between(path: Path, lines: Sequence[str]) -> None:
    """Replace what stands between the marks of a page."""
    text = path.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    path.write_text(text[:begin] + "\n" + "\n".join(lines) + "\n" + text[end:])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", help="numbers of rows, separated by commas (default: all)")
    parser.add_argument("--trials", type=int, default=1000, help="differential trials of each row (default: 1000)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the table into this page of the docs")
    options = parser.parse_args(arguments)
    wanted = None if options.rows is None else {int(n) for n in options.rows.split(",")}
    expected = expectations()
    rows: list[Row] = []
    for path in sorted(CASCADES.glob("*.mlir")):
        number = int(path.stem.split("-")[0])
        if wanted is None or number in wanted:
            rows.append(measure(path, options.trials))
            if not options.json:
                print(table(rows[-1:])[-1] if len(rows) > 1 else "\n".join(table(rows)), flush=True)
    total = sum(r.seconds for r in rows if r.number <= 33)
    if options.json:
        print(json.dumps([asdict(r) for r in rows], indent=2))
    else:
        print(f"\nanalysis, derivation and proof of rows 1 to 33: {total:.2f} s; the slowest {max(r.seconds for r in rows):.2f} s")
    if options.write is not None:
        write_between(options.write, table(rows))
    wrong = [r for r in rows if r.deviates(expected[r.number])]
    for r in wrong:
        print(f"row {r.number} ({r.name}) is not as expected: {expected[r.number]}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
