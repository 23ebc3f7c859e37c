"""A sweep on a local Dask cluster of two workers: the results of a run without it, also when workers are killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from exploring import CASCADE, COUNT, MACHINE, SWEEP, write

from einfold.backend.machine_yaml import parse_machine
from einfold.tools.diagnostics import Failure
from einfold.tools.einfold import main
from einfold.tools.exploring import cluster
from einfold.tools.exploring.cluster import run_on_cluster
from einfold.tools.exploring.exploration import explore, here
from einfold.tools.exploring.grid import points_of
from einfold.tools.exploring.local import Chunk, Run
from einfold.tools.exploring.points import Inputs, Job, Outcome
from einfold.tools.exploring.store import Store
from einfold.tools.exploring.sweep_file import parse_sweep

distributed: Any = pytest.importorskip("distributed")

TOY = parse_machine(MACHINE)
JOB = Job("softmax.mlir", CASCADE)

DEADLY = """
import os
import time
from einfold.tools.exploring.points import Outcome

def run(job, points):
    if any(digest == "deadly" for digest, _ in points):
        time.sleep(1)  # a worker that dies while its nanny is still starting it would not be started again
        os._exit(1)
    return [Outcome(digest, "done") for digest, _ in points]
"""


@pytest.fixture(scope="module")
def deadly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A module that this process and the workers it starts can import."""
    folder = tmp_path_factory.mktemp("deadly")
    (folder / "deadly_chunks.py").write_text(DEADLY)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        import deadly_chunks  # type: ignore[import-not-found]

        yield deadly_chunks


@pytest.fixture(scope="module")
def workers(deadly: Any) -> Iterator[Any]:
    """Two processes. The scheduler gives a chunk up when one worker has died with it: by default it does so after the fourth."""
    import dask

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0, "distributed.admin.tick.limit": "1h"}),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50) as made,
    ):
        yield made


def test_points_on_a_cluster_come_out_as_here_with_a_worker_killed_half_way(workers: Any, tmp_path: Path) -> None:
    points = points_of(parse_sweep(SWEEP.replace("toy.yaml", "toy"), "s.yaml", ("p", "m"), own={"toy": TOY}), JOB)
    killed: list[int] = []

    def execute(job: Job, chunks: Sequence[Chunk], run: Run) -> Iterator[list[Outcome]]:
        for outcomes in run_on_cluster(job, chunks, run, workers.scheduler_address):
            yield outcomes
            if not killed:
                with distributed.Client(workers.scheduler_address, set_as_default=False) as client:
                    killed.append(min(client.run(os.getpid).values()))
                os.kill(killed[0], signal.SIGKILL)

    with Store(tmp_path / "there.sqlite") as there, Store(tmp_path / "here.sqlite") as own:
        far, near = explore(JOB, points, there, execute), explore(JOB, points, own, here(0))
    assert killed and len(far.rows) == COUNT
    for (point, outcome), (_, expected) in zip(far.rows, near.rows, strict=True):
        assert (outcome.status, outcome.numbers, outcome.reason) == (expected.status, expected.numbers, expected.reason), point.choices


def test_the_command_runs_on_a_cluster(workers: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*write(tmp_path), "--dask", workers.scheduler_address]) == 0
    assert f"lanes: {COUNT} points: {COUNT // 2} simulated, {COUNT // 2} cannot work, 0 failed" in capsys.readouterr().out


def test_workers_with_other_code_are_refused(workers: Any, deadly: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "code", lambda: "0.0.9+000000000000")
    with pytest.raises(Failure, match=r"worker .*:\d+ has einfold 0.1.0\+[0-9a-f]{12}; here it is 0.0.9\+000000000000"):
        list(run_on_cluster(JOB, [[("a", Inputs(TOY))]], deadly.run, workers.scheduler_address))


def test_a_point_that_kills_workers_is_recorded_and_harms_no_other(workers: Any, deadly: Any) -> None:
    chunks = [[(name, Inputs(TOY)) for name in names] for names in (("a", "deadly", "b"), ("c",))]
    found = [o for outcomes in run_on_cluster(JOB, chunks, deadly.run, workers.scheduler_address) for o in outcomes]
    assert sorted(o.digest for o in found) == ["a", "b", "c", "deadly"]
    assert [(o.digest, o.reason) for o in found if o.status == "failed"] == [("deadly", cluster.DIED)]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("elsewhere", "no address of a scheduler"),
        ("foo://elsewhere:1", "no address of a scheduler (unknown address scheme 'foo'"),
        ("tcp://127.0.0.1:1", "no Dask scheduler answers"),
    ],
)
def test_no_scheduler_there(address: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 0.5)
    with pytest.raises(Failure) as caught:
        list(run_on_cluster(JOB, [], lambda job, chunk: [], address))
    assert caught.value.diagnostics[0].message.startswith(reason)
    assert caught.value.diagnostics[0].file == f"--dask {address}"


def test_without_dask_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "EXTRA", "distributed_that_is_not_there")
    with pytest.raises(Failure, match=r"needs Dask: pip install 'einfold\[distributed\]'"):
        list(run_on_cluster(JOB, [], lambda job, chunk: [], "tcp://127.0.0.1:1"))


def test_a_cluster_without_workers(deadly: Any) -> None:
    with distributed.LocalCluster(n_workers=0, processes=True, dashboard_address=":0", silence_logs=50) as empty:
        running = run_on_cluster(JOB, [[("a", Inputs(TOY))]], deadly.run, empty.scheduler_address, patience=0.3)
        with pytest.raises(Failure, match=r"the cluster has had no workers for 0.3 s"):
            list(running)


def test_a_scheduler_that_ends(deadly: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 1.0)
    with distributed.LocalCluster(n_workers=1, processes=False, protocol="tcp://", dashboard_address=":0", silence_logs=50) as made:
        running = run_on_cluster(JOB, [[(str(i), Inputs(TOY))] for i in range(9)], deadly.run, made.scheduler_address)
        assert next(running)[0].status == "done"
        made.close()
        with pytest.raises(Failure, match="the Dask scheduler is gone; what it had finished is kept, and the same command goes on from there"):
            list(running)
