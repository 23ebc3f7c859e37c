"""Fuzz every target in turn, one process at a time: `python tests/fuzz/session.py --seconds 3600`.

Each target gets the same share, half of it by coverage where Atheris is installed. What was tried is added to found/log.tsv, and told at the end.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
LOG = HERE / "found" / "log.tsv"
HEAD = ("target", "how", "seed", "inputs", "seconds", "findings")

SHARE_S = 75
"""Seconds for a target at a time; starting one takes about three."""

COUNTED = (re.compile(r"Done (\d+) runs in (\d+) second"), re.compile(r": (\d+) inputs in (\d+) s"))


def ways() -> tuple[tuple[str, ...], ...]:
    """Options of run.py, one after the other in turns."""
    return (("--coverage",), ()) if find_spec("atheris") is not None else ((),)


def turns(targets: list[str], seed: int, seconds: float) -> Iterator[tuple[str, tuple[str, ...], int]]:
    end = time.monotonic() + seconds
    while True:
        for options in ways():
            for target in targets:
                if time.monotonic() >= end:
                    return
                yield target, options, seed
        seed += 1


def tried(target: str, options: tuple[str, ...], seed: int, seconds: float) -> tuple[int, float, int]:
    """Inputs, seconds, and inputs that failed. A process that ended early is a finding: its last lines are kept."""
    begin = time.monotonic()
    line = [sys.executable, str(HERE / "run.py"), target, "--seconds", str(seconds), "--seed", str(seed), *options]
    ended = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    failed = ended.stdout.count(f"{target}: {HERE / 'found' / target}")
    found = [m for pattern in COUNTED for m in pattern.finditer(ended.stdout)]
    if not found:
        failed += 1
        (HERE / "found" / f"{target}-{seed}-ended.txt").write_text(ended.stdout[-20_000:])
        found = re.findall(r"^#(\d+)", ended.stdout, re.MULTILINE)
        return int(found[-1]) if found else 0, time.monotonic() - begin, failed
    return int(found[-1][1]), time.monotonic() - begin, failed


def told(log: Path) -> str:
    """The log, added up by target, as a table of Markdown."""
    sums: dict[str, list[float]] = {}
    for line in log.read_text().splitlines()[1:]:
        target, _, _, *numbers = line.split("\t")
        sums[target] = [a + float(b) for a, b in zip(sums.get(target, [0, 0, 0]), numbers, strict=True)]
    rows = [(target, *numbers) for target, numbers in sums.items()]
    total = ("all", *(sum(row[i] for row in rows) for i in (1, 2, 3)))
    return "\n".join(
        [
            "| target | inputs | seconds | findings |",
            "|---|---:|---:|---:|",
            *(f"| {t} | {i:,.0f} | {s:,.0f} | {f:.0f} |" for t, i, s, f in [*rows, total]),
        ]
    )


def main() -> None:
    from targets import NOT_RANDOM, TARGETS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", default=[t for t in TARGETS if t not in NOT_RANDOM])
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    LOG.parent.mkdir(exist_ok=True)
    if not LOG.exists():
        LOG.write_text("\t".join(HEAD) + "\n")
    for target, options, seed in turns(args.targets, args.seed, args.seconds):
        inputs, seconds, failed = tried(target, options, seed, SHARE_S)
        with LOG.open("a") as log:
            log.write(f"{target}\t{'coverage' if options else 'change'}\t{seed}\t{inputs}\t{seconds:.0f}\t{failed}\n")
        print(f"{target}{' by coverage' if options else ''}, seed {seed}: {inputs} inputs in {seconds:.0f} s, {failed} failed", flush=True)
    print(told(LOG))


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    main()
