"""Every cascade of `benchmarks/cascades`: its passes as written and derived, the separation rank, the proofs, and random trials of the result.

For each file, over the long rank m: the passes before and after `einsum-one-pass`, the separation rank k of the last reduction, the form, the
verdict, the rank that a refusal's certificate shows (checked here), how many obligations were proved and tested, the time of all that, and
differential trials: the emitted program and the cascade as written, run by the interpreter in fp64 on random inputs of several kinds, at
several sizes, tiles and output forms. What differs by more than rounding is settled at 40 digits. What is expected of each row stands in
`cascades/expected.csv`; a row that deviates, or a wrong value, makes the exit code 1.

    python benchmarks/pass_reduction.py
    python benchmarks/pass_reduction.py --rows 4,9,15 --trials 50
    python benchmarks/pass_reduction.py --write docs/pass-reduction.md
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from pass_reduction_page import facts, table, write_between
from pass_reduction_rows import Row, deviations, expectations, files, measure


def numbers(text: str) -> list[int]:
    """Row numbers from `1,4,9` or `1-33`. Raises ValueError."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        found += range(int(first), int(last) + 1) if dash else [int(first)]
    return found


def configured() -> argparse.ArgumentParser:
    description, _, epilog = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=numbers, metavar="1,4,20-26", help="only these rows")
    parser.add_argument("--trials", type=int, default=1000, help="differential trials of each row (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, help="where the random inputs start from (default: 1)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the table between the marks of this page of the docs; all rows only")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    parser = configured()
    options = parser.parse_args(arguments)
    paths, expected = files(), expectations()
    wanted: list[int] = list(paths) if options.rows is None else options.rows
    if unknown := [n for n in wanted if n not in paths]:
        parser.error(f"there is no row {unknown[0]}; rows are {min(paths)} to {max(paths)}")
    if options.trials < 0:
        parser.error("--trials is a number of trials, 0 for none")
    if options.write is not None and options.rows is not None:
        parser.error("--write takes all rows")
    rows: list[Row] = []
    for number in wanted:
        rows.append(measure(paths[number], options.trials, options.seed))
        if not options.json:
            print(table(rows[-1:])[-1] if len(rows) > 1 else "\n".join(table(rows)), flush=True)
    wrong = {row.number: found for row in rows if (found := list(deviations(row, expected.get(row.number))))}
    if options.json:
        print(json.dumps([{**asdict(row), "deviations": wrong.get(row.number, [])} for row in rows], indent=2))
    else:
        print("", *facts(rows), sep="\n")
    for row in rows:
        for text in wrong.get(row.number, ()):
            print(f"row {row.number} ({row.name}) is not as expected: {text}", file=sys.stderr)
    if options.write is not None and not wrong:
        write_between(options.write, [*table(rows), "", *(f"* {line}" for line in facts(rows))])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
