"""What a run cost and what its passes counted, laid out as mlir-opt lays it out (`--timing`, `--pass-statistics`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ..running import Instrument, Runner

RULE = "===" + "-" * 73 + "==="


@dataclass
class OperationCounter(Instrument):
    """Counts the operations before and after each pass, by its place in the pipeline, over all modules."""

    passes: Sequence[ModulePass]
    counts: dict[int, list[int]] = field(default_factory=dict[int, list[int]])

    def before(self, current: ModulePass, module: ModuleOp) -> None:
        self._count(current, module, 0)

    def after(self, current: ModulePass, module: ModuleOp) -> None:
        self._count(current, module, 1)

    def failed(self, current: ModulePass, module: ModuleOp) -> None:
        self._count(current, module, 1)

    def _count(self, current: ModulePass, module: ModuleOp, column: int) -> None:
        index = next(i for i, each in enumerate(self.passes) if each is current)
        self.counts.setdefault(index, [0, 0])[column] += sum(1 for _ in module.walk())


def statistics_report(runner: Runner, operations: Mapping[int, Sequence[int]]) -> str:
    """Per pass of the pipeline: what it counted itself, then the operations before and after it."""
    return "\n".join([*_title("Pass statistics report"), *_statistics(runner, operations)]) + "\n"


def _statistics(runner: Runner, operations: Mapping[int, Sequence[int]]) -> Iterator[str]:
    for index, current in enumerate(runner.passes):
        counted = Counter[str]() if runner.counted is None else runner.counted.get(index, Counter[str]())
        own = sorted(counted.items())
        before, after = operations.get(index, (0, 0))
        yield current.name
        for what, number in (*own, ("operations before", before), ("operations after", after)):
            yield f"  (S) {number:>6} {what}"


def timing_report(runner: Runner, parsing: float, printing: float, total: float) -> str:
    """Wall time in seconds and in percent: reading, each pass, verification, writing, and what is left."""
    lines = [("Parser", parsing), *((p.name, runner.seconds.get(i, 0.0)) for i, p in enumerate(runner.passes))]
    lines += [("(verify)", sum(runner.verify_seconds)), ("Output", printing)]
    lines += [("Rest", max(0.0, total - sum(seconds for _, seconds in lines))), ("Total", total)]
    rows = [f"  {seconds:8.4f} ({100 * seconds / total if total else 0:5.1f}%)  {name}" for name, seconds in lines]
    head = [f"  Total Execution Time: {total:.4f} seconds", "", "  ----Wall Time----  ----Name----"]
    return "\n".join([*_title("Execution time report"), *head, *rows]) + "\n"


def _title(text: str) -> Iterable[str]:
    return (RULE, f"... {text} ...".center(len(RULE)).rstrip(), RULE)
