"""The independent check of a kernel's run: nothing to say of what is lowered and scheduled, and every kind of fault is found.

Faults of stages, turns, copies and capacity are made in the IR, after the verifier has seen it. Two operations on one resource at once cannot be
made there, since the simulator keeps resources apart whatever the IR says: that fault, and a run that is late or early, is made in the times.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from searching import attention_kernel, judged, one_pass
from xdsl.dialects.builtin import IntAttr
from xdsl.ir import Attribute
from xdsl.utils.exceptions import VerifyException

from einfold.backend.steps import TICKS, Program
from einfold.backend.timing import Clock, Span
from einfold.dialects.accel import KernelOp
from einfold.dialects.accel_checks import machine_of
from einfold.dialects.accel_legal import verify_kernel
from einfold.dialects.accel_names import operation_names
from einfold.lowering.mapping import DEFAULT, CascadeMapping, KernelMapping
from einfold.search import checker
from einfold.search.cp_sat import cp_sat_schedule
from einfold.search.judge import kernels_of
from einfold.search.list_schedule import list_schedule
from einfold.search.scheduling import Solver, scheduled_mapping

SMALL = "b=1,h=2,p=1024,m=1024,e=64,f=64"
EPOCHS = 48


def kernel(tile: int = 256) -> KernelOp:
    return attention_kernel(tile, SMALL)


CASES = {
    "attention in three passes": ("attention.mlir", SMALL),
    "a ragged tile": ("attention.mlir", "b=1,h=1,p=300,m=700"),
    "one tile": ("attention.mlir", "b=1,h=1,p=8,m=8"),
    "causal": ("causal.mlir", ""),
    "an iterate": ("bfs.mlir", ""),
    "several kernels": ("rmsnorm-gemm.mlir", ""),
    "a convolution": ("convolution.mlir", ""),
    "coordinates by views": ("fusemax-cascade3.mlir", ""),
    "layernorm": ("layernorm.mlir", ""),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("machine", ["fusemax-cloud", "tpu-v4-like"])
def test_what_is_lowered_breaks_nothing(name: str, machine: str) -> None:
    file, sizes = CASES[name]
    for found in kernels_of(judged(file, (), machine, sizes)):
        assert checker.violations(found, EPOCHS) == []


@pytest.mark.parametrize("solver", [list_schedule, cp_sat_schedule], ids=["list", "cp-sat"])
@pytest.mark.parametrize(
    ("file", "tile", "sizes"), [("attention.mlir", 256, SMALL), ("attention.mlir", 64, "b=1,h=1,p=200,m=300"), ("gqa.mlir", 512, "")]
)
def test_what_is_scheduled_breaks_nothing(solver: Solver, file: str, tile: int, sizes: str) -> None:
    own = judged(file, one_pass(tile), sizes=sizes)
    made = scheduled_mapping(kernels_of(own), DEFAULT, solver)
    assert made is not None
    for found in kernels_of(judged(file, one_pass(tile), sizes=sizes, mapping=made[0])):
        assert {op.stage_ for op in operation_names(found)} - {0, 1} != set()
        assert checker.violations(found, EPOCHS) == []


def test_barriers_and_overbooked_memories_break_nothing() -> None:
    stated = KernelMapping(stages=(("QK",), ("GM",), ("SN", "SD", "A"), ("AV",)), tiles={"p": 64, "m": None}, spill={"buffer": 0.5})
    for found in kernels_of(judged("attention.mlir", sizes="b=1,h=1,p=256,m=64", mapping=CascadeMapping(kernels=(stated,)))):
        assert checker.violations(found, EPOCHS) == []


def changed(name: str, **properties: Attribute) -> list[str]:
    """What attention's kernel breaks with one operation changed, which the verifier refuses."""
    found = kernel()
    op = next(op for op, known in operation_names(found).items() if known == name)
    op.properties.update(properties)
    with pytest.raises(VerifyException):
        verify_kernel(found)
    return checker.violations(found, EPOCHS)


FIRST = "h = 0, m1 = 0, p1 = 0"
"""The first iteration; a rank of size 1 has no loop."""


@pytest.mark.parametrize(
    ("name", "change", "value", "told"),
    [
        ("LGM", "stage", 0, f"LGM at {FIRST} starts before QK of {FIRST} is ready"),
        ("QK", "stage", 0, f"QK writes over its tile of {FIRST} before its last read"),
        ("load K", "stage", 5, f"QK at {FIRST} starts before load K of {FIRST} is ready"),
        ("store AV", "stage", 0, "store AV at h = 0, m1 = 3, p1 = 0 starts before AV of h = 0, m1 = 3, p1 = 0 is ready"),
        ("LSN", "turn", -1, f"LSN at {FIRST} starts before QK of {FIRST} is ready"),
        ("RGM_next", "turn", 1, f"LSN at {FIRST} starts before RGM_next of {FIRST} is ready"),
        ("RSD_next", "copies", 2, f"RSD_next writes over its tile of {FIRST} before its last read"),
        ("RAV_next", "copies", 1, f"RAV_next writes over its tile of {FIRST} before its last read"),
        ("load Q", "copies", 3, f"load Q writes over its tile of {FIRST} before its last read"),
        ("load Q", "copies", 1000, "'@buffer' has 16,777,216 bytes, and 33,100,800 are kept there"),
    ],
)
def test_each_fault_of_a_kernel_is_found(name: str, change: str, value: int, told: str) -> None:
    assert told in changed(name, **{change: IntAttr(value)})


def test_registers_have_a_capacity_too() -> None:
    found = kernel()
    machine_of(found).arrays["pe2d"].properties["registers"] = IntAttr(1024)
    told = checker.violations(found, 1)
    assert len(told) == 1 and told[0].startswith("'@pe2d' has 1,024 bytes, and ")


Change = Callable[[Span, Program], Span]


def rerun(monkeypatch: pytest.MonkeyPatch, change: Change) -> list[str]:
    """What attention's kernel breaks if the simulator had run it at other times."""

    class Altered(Clock):
        def __init__(self, program: Program, record: Callable[[Span], None] | None = None):
            assert record is not None
            super().__init__(program, lambda span: record(change(span, program)))

    monkeypatch.setattr(checker, "Clock", Altered)
    return checker.violations(kernel(), EPOCHS)


def shifted(step: str, cycles: int) -> Change:
    def change(span: Span, program: Program) -> Span:
        if program.steps[span.step].name != step:
            return span
        return replace(span, start=span.start + cycles * TICKS, end=span.end + cycles * TICKS)

    return change


def test_times_as_they_are_break_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rerun(monkeypatch, shifted("no such step", 1)) == []


def test_two_on_one_resource_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    found = rerun(monkeypatch, lambda span, program: replace(span, end=span.end + TICKS) if program.steps[span.step].name == "LSD" else span)
    assert any(line.startswith("LSD and LAV hold '@pe2d' at cycle ") for line in found)
    assert not any("pe1d" in line for line in found)


def test_a_run_too_early_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    found = rerun(monkeypatch, shifted("PGM", -1))
    assert f"PGM at {FIRST} starts before RGM_next of {FIRST} is ready" in found


def test_a_run_too_late_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its readers start before it, and what it reads is written over."""
    found = rerun(monkeypatch, shifted("LSD", 100_000))
    assert f"RSD_next at {FIRST} starts before LSD of {FIRST} is ready" in found
    assert f"LSN writes over its tile of {FIRST} before its last read" in found


def test_only_the_epochs_that_are_asked_for_are_looked_at() -> None:
    found = kernel()
    op = next(op for op, known in operation_names(found).items() if known == "LGM")
    op.properties["stage"] = IntAttr(0)
    few, many = checker.violations(found, 4), checker.violations(found, 8)
    assert 0 < len(few) < len(many)
    assert checker.violations(found, 0) == []


def test_a_nest_of_any_length_is_looked_at_from_its_beginning() -> None:
    found = attention_kernel(256, f"b=1,h=1,p=256,m={2**40}")
    assert found.loops == {"m1": 2**32}
    assert checker.violations(found, 8) == []
