"""What fuzzing found, and what is known to hurt tools of this kind, is refused in one line, quickly; and the harness notices what is not."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[1] / "fuzz"
sys.path.insert(0, str(FUZZ))

import run  # noqa: E402  # the harness, in its own folder
import targets  # noqa: E402

CORPUS = sorted(f for f in (FUZZ / "corpus").glob("*/*"))


@pytest.mark.parametrize("file", CORPUS, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_the_corpus_is_taken_without_a_fault(file: Path) -> None:
    assert run.one(file.parent.name, file.read_bytes()) is None


def test_every_target_has_a_corpus() -> None:
    assert {f.parent.name for f in CORPUS} == set(targets.TARGETS)
    assert set(targets.TARGETS) > targets.NOT_RANDOM


@pytest.mark.parametrize("name", ["mapping", "text"])
def test_a_few_changed_seeds(name: str) -> None:
    known, draw = run.seeds(name), random.Random(1)
    assert len(known) > 2
    for _ in range(10):
        data = run.changed(draw.choice(known), known, draw)
        assert run.one(name, data) is None, data


def test_the_harness_notices_faults_and_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    def loop(data: bytes) -> None:
        while data:
            pass

    def fault(data: bytes) -> None:
        targets.failing(lambda: [][len(data)])

    monkeypatch.setattr(targets, "TARGETS", {"loop": loop, "fault": fault, "command": lambda data: targets.command("check")})
    monkeypatch.setattr(run, "HANG_S", 0.2)
    assert "hangs for more than" in (run.one("loop", b"x") or "")
    assert "IndexError" in (run.one("fault", b"") or "")
    assert run.one("command", b"") is None
