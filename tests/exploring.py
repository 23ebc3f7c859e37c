"""A small sweep that the tests of `einfold explore` share, and the command as a process of its own."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

CASCADE = """
einsum.cascade @softmax ranks {p = 64, m = 512} (%X[p, m]) -> [p, m] : f16 {
  %G = einsum.compute [p] = %X[p, m] reduce max(m)
  %N = einsum.compute [p, m] = exp(%X[p, m] - %G[p])
  %D = einsum.compute [p] = %N[p, m] reduce add(m)
  %Y = einsum.compute [p, m] = %N[p, m] / %D[p]
  einsum.return %Y[p, m]
}
"""
MACHINE = """name: toy
clock_hz: 1e9
word_bytes: 2
memories:
  dram: {offchip: true, bandwidth_bytes_per_s: 3.2e+10, row_bytes: 8, energy_pj: {read: 10, write: 10}}
  buffer: {capacity_bytes: 65536, row_bytes: 64, energy_pj: {read: 1, write: 2}, area_um2: {total: 1000}}
arrays:
  lanes: {rows: 1, cols: 16, cycles: {mac: 1, add: 1, max: 1, exp: 2, div: 4}, energy_pj: {div: 3, exp: 2, max: 1, add: 1, mac: 1}, area_um2: {mac: 9}}
"""
SWEEP = """name: lanes
machine: toy.yaml
axes:
  memories.buffer.capacity_bytes: [2, 65536]
  arrays.lanes.cols: {from: 1, to: 20, step: 1}
"""
COUNT = 40


def write(folder: Path) -> list[str]:
    """The files of the sweep in a folder; the arguments of `einfold` that run it there, into `out`."""
    for name, text in (("softmax.mlir", CASCADE), ("toy.yaml", MACHINE), ("sweep.yaml", SWEEP)):
        (folder / name).write_text(text)
    return ["explore", str(folder / "softmax.mlir"), "--sweep", str(folder / "sweep.yaml"), "--out", str(folder / "out")]


def start(arguments: Sequence[str]) -> subprocess.Popen[str]:
    """The command as a process, in a group of its own, that Ctrl-C reaches even where the tests themselves run in the background."""
    command = [sys.executable, "-m", "einfold.tools.einfold", *arguments]
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    finally:
        signal.signal(signal.SIGINT, ignored)


def kept(folder: Path) -> int:
    """Points that are in the file of results by now."""
    path = folder / "out" / "results.sqlite"
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM points").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def await_some(folder: Path, process: subprocess.Popen[str], least: int = 1) -> int:
    """Wait until some points are kept, while the process is still at it."""
    for _ in range(3000):
        if process.poll() is not None or (found := kept(folder)) >= least:
            break
        time.sleep(0.01)
    else:
        raise TimeoutError
    assert process.poll() is None, "the sweep was over before it could be disturbed"
    return found
