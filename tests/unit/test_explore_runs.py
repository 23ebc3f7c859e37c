"""Runs that are killed, interrupted, doubled, or lose a worker: what they had is kept, and in the end the results are those of a quiet run."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
import pytest
from exploring import CASCADE, COUNT, MACHINE, await_some, kept, start, write

from einfold.backend.machine import Array, Machine, Memory
from einfold.backend.machine_yaml import parse_machine
from einfold.tools.einfold import main
from einfold.tools.exploring.exploration import explore, here
from einfold.tools.exploring.grid import points_of
from einfold.tools.exploring.local import DIED, run_locally
from einfold.tools.exploring.points import Inputs, Job, Outcome, Point
from einfold.tools.exploring.store import Store
from einfold.tools.exploring.sweep_file import parse_sweep

TABLES = ("points.csv", "pareto.csv", "pareto.json", "latency-area.svg")


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a run comes to that nothing disturbs."""
    folder = tmp_path_factory.mktemp("quiet")
    assert main([*write(folder), "--workers", "0"]) == 0
    return tables(folder)


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / "out" / name).read_bytes() for name in TABLES}


def ended(process: psutil.Process, deadline: float) -> bool:
    """Whether a child of ours ends by then. `psutil.wait_procs` would reap it, and who waits for it in the pool's place would wait for ever."""
    while time.monotonic() < deadline:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def descendants(pid: int) -> list[psutil.Process]:
    return [p for p in psutil.Process(pid).children(recursive=True) if "spawn_main" in " ".join(p.cmdline())]


def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path: Path, quiet: dict[str, bytes], capsys: pytest.CaptureFixture[str]) -> None:
    arguments = write(tmp_path)
    process = start([*arguments, "--workers", "1"])
    least = await_some(tmp_path, process, 8)
    workers = descendants(process.pid)
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert workers and not alive, "workers outlive the run"
    assert not (tmp_path / "out" / "points.csv").exists()
    assert least <= kept(tmp_path) < COUNT
    had = kept(tmp_path)
    assert main([*arguments, "--workers", "0"]) == 0
    assert f"{had} kept from before" in capsys.readouterr().out
    assert tables(tmp_path) == quiet
    assert main([*arguments, "--workers", "2"]) == 0
    assert f"{COUNT} kept from before" in capsys.readouterr().out
    assert tables(tmp_path) == quiet


def test_ctrl_c_leaves_a_file_to_go_on_from(tmp_path: Path) -> None:
    process = start([*write(tmp_path), "--workers", "2"])
    await_some(tmp_path, process, 4)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the whole group
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == "" and err.count("\n") == 1, err
    assert f"interrupted: {kept(tmp_path)} of {COUNT} points are kept in {tmp_path / 'out' / 'results.sqlite'}; the same command goes on" in err


def test_ctrl_c_while_processes_start_is_quiet(tmp_path: Path) -> None:
    process = start([*write(tmp_path), "--workers", "2"])
    while process.poll() is None and not descendants(process.pid):
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.startswith("interrupted: 0 of ") and err.count("\n") == 1, err


def test_two_runs_at_once_on_one_file(tmp_path: Path, quiet: dict[str, bytes]) -> None:
    arguments = write(tmp_path)
    both = [start([*arguments, "--workers", "0"]) for _ in range(2)]
    for process in both:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert tables(tmp_path) == quiet
    with sqlite3.connect(tmp_path / "out" / "results.sqlite") as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*), count(DISTINCT digest) FROM points").fetchone() == (COUNT, COUNT)


def test_a_worker_that_is_killed_costs_nothing_but_time(tmp_path: Path, quiet: dict[str, bytes]) -> None:
    process = start([*write(tmp_path), "--workers", "2"])
    await_some(tmp_path, process)
    descendants(process.pid)[0].kill()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert tables(tmp_path) == quiet


def test_only_what_is_missing_is_run(tmp_path: Path) -> None:
    job = Job("softmax.mlir", CASCADE)
    ran: list[str] = []

    def counting(job: Job, points: Sequence[tuple[str, Inputs]]) -> list[Outcome]:
        ran.extend(digest for digest, _ in points)
        return [Outcome(digest, "done", {}) for digest, _ in points]

    def points(values: str) -> list[Point]:
        text = f"name: x\nmachine: toy\naxes: {{clock_hz: {values}}}\n"
        return points_of(parse_sweep(text, "s.yaml", ("p", "m"), own={"toy": parse_machine(MACHINE)}), job)

    with Store(tmp_path / "r.sqlite") as store:
        for values, counts in (("[1, 2]", (2, 0)), ("[1, 2]", (0, 2)), ("[3, 1, 2]", (1, 2))):
            before = len(ran)
            explored = explore(job, points(values), store, here(0), counting)
            assert (len(ran) - before, explored.reused) == counts
    assert len(set(ran)) == len(ran)


DEADLY = """
import os, signal
from pathlib import Path
from einfold.tools.exploring.points import Outcome

def run(job, points):
    for digest, _ in points:
        marker = Path(job.file) / digest
        if digest == "always" or (digest == "once" and not marker.exists()):
            marker.write_text("")
            os.kill(os.getpid(), signal.SIGKILL)
    return [Outcome(digest, "done") for digest, _ in points]
"""


def test_a_point_that_kills_its_worker_is_tried_twice_and_harms_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deadly_points.py").write_text(DEADLY)
    monkeypatch.syspath_prepend(tmp_path)
    deadly: Any = import_module("deadly_points")
    machine = Machine("toy", 1, 2, (Memory("ram", True),), (Array("lanes", 1, 1, {"mac": 1}),))
    names = ["a", "once", "b", "always", "c", "d", "e", "f"]
    chunks = [[(name, Inputs(machine)) for name in names[i : i + 2]] for i in range(0, len(names), 2)]
    found = [o for outcomes in run_locally(Job(str(tmp_path), ""), chunks, deadly.run, 2) for o in outcomes]
    assert sorted(o.digest for o in found) == sorted(names)
    assert {o.digest: o.reason for o in found if o.status == "failed"} == {"always": DIED}


def test_a_consumer_that_leaves_stops_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sleepy_points.py").write_text(
        "import time\ndef run(job, points):\n    time.sleep(0 if points[0][0] == 'a' else 60)\n    return []\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    sleepy: Any = import_module("sleepy_points")
    machine = Machine("toy", 1, 2, (Memory("ram", True),), (Array("lanes", 1, 1, {"mac": 1}),))
    running = run_locally(Job("", ""), [[(name, Inputs(machine))] for name in "abc"], sleepy.run, 2)
    begin = time.monotonic()
    assert next(running) == []
    before = descendants(os.getpid())
    running.close()  # type: ignore[attr-defined]
    assert before and all(ended(p, begin + 25) for p in before)
    assert time.monotonic() - begin < 30


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_progress_is_for_terminals(tmp_path: Path) -> None:
    import pty

    controller, terminal = pty.openpty()
    arguments = [sys.executable, "-m", "einfold.tools.einfold", *write(tmp_path), "--workers", "0"]
    (tmp_path / "sweep.yaml").write_text((tmp_path / "sweep.yaml").read_text().replace("to: 20", "to: 120"))  # for some seconds
    process = psutil.Popen(arguments, stdout=-3, stderr=terminal)
    os.close(terminal)
    shown = b""
    try:
        while piece := os.read(controller, 65536):
            shown += piece
    except OSError:
        pass  # the terminal's other end was closed
    assert process.wait(60) == 0
    assert b"points" in shown and b" of 240, " in shown
