"""Fuzz a target: `python tests/fuzz/run.py TARGET [--seconds 600] [--seed 0]`, with Atheris (coverage decides what is kept) where it is installed.

Without Atheris, inputs are the seeds changed at random. What is found is written to tests/fuzz/found/TARGET; once it is fixed it belongs in
tests/fuzz/corpus/TARGET, where the test suite runs it for ever. See README.md in this folder.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import random
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import FrameType
from zlib import crc32

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

HANG_S, MEMORY = 10, 2 * 2**30
LONGEST = 20_000


class Hang(KeyboardInterrupt):
    """An input that takes too long, ended as by Ctrl-C."""


def seeds(name: str) -> list[bytes]:
    """Inputs to begin with: files of the repository, those of the corpus, and what einfold itself writes."""
    import numpy as np
    from targets import ROOT, SEEDS

    found = [p.read_bytes() for pattern in SEEDS.get(name, ()) for p in sorted(ROOT.glob(pattern))]
    found += [p.read_bytes() for p in sorted((HERE / "corpus" / name).glob("*"))]
    if name in ("text", "editor"):
        import einfold
        from einfold.tools.running import to_text

        for example in ("softmax", "softcap", "power-iteration", "attention-1pass", "bfs"):
            found.append(to_text(einfold.example(example).ir, generic=True).encode())
        kernels = einfold.example("attention").simulate("fusemax-edge").kernels
        found += [kernels.text.encode(), to_text(kernels.ir, generic=True).encode()]
    if name == "arrays":
        for arrays in ({"A": np.ones((2, 3), "f4"), "B": np.arange(3)}, {"A": np.ones((2, 3), "f2")}, {"B": np.arange(3, dtype="i1")}):
            for save in (np.savez, np.savez_compressed):
                save(buffer := BytesIO(), **arrays)
                found.append(buffer.getvalue())
    if name == "certificate":
        for cascade in ("14", "21", "33", "47"):
            file = next((ROOT / "benchmarks" / "cascades").glob(f"{cascade}-*.mlir"))
            printed = subprocess.run([Path(sys.executable).parent / "einfold", "passes", file, "--json"], capture_output=True).stdout
            found += [json.dumps(c).encode() for p in json.loads(printed) for r in p["ranks"].values() for c in r["certificate"].values()]
    if name == "edge":
        for example in (ROOT / "examples").glob("*.mlir"):
            printed = subprocess.run([Path(sys.executable).parent / "einfold-opt", example, "-t", "edge"], capture_output=True).stdout
            found += [printed] if printed else []
    if name == "plugin-made":
        found += [bytes((n, *range(n % 50, n % 50 + 40))) for n in range(0, 250, 5)]
    if name == "options":
        found += [b"p=128,m=128\nm0=32\nas written: -p '' --set p=16\nfirst", b"b=1\np=8,m=16\n--machine fusemax-edge\n<b>"]
    if name == "pipeline":
        found += [b'einsum-one-pass{rank=m size=16 form="split"},einsum-cse', b"einsum-split-rank{rank=m size=256}", b"mlir-opt[a,b]{x=1e-3,2.5}"]
    return [f for f in found if len(f) <= (1500 if name == "shown" else LONGEST)] or [b""]


def changed(data: bytes, others: list[bytes], draw: random.Random) -> bytes:
    """An input with a few changes: bytes, words, lines, numbers, and pieces of others."""
    made = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 3, 6))):
        at = draw.randrange(len(made) + 1)
        end = min(len(made), at + draw.choice((0, 1, 2, 5, 20, 100)))
        other = draw.choice(others)
        start = draw.randrange(len(other) + 1)
        piece = draw.choice(
            (b"", bytes(draw.randrange(256) for _ in range(draw.randrange(4))), bytes(made[at:end]) * draw.randrange(4), other[start : start + draw.randrange(60)],
             draw.choice(WORDS))
        )  # fmt: skip
        made[at:end] = piece
    return bytes(made[:LONGEST])


WORDS = [w.encode() for w in ("0", "-1", "1e400", "nan", ".inf", "99999999999999999999", "{", "}", "[", "]", "(", ")", "%", "@", '"', "'", ": ", "- ", "&a ", "*a",
                              "!!python/name:os", "~", "null", "true", "\n", "\0", "\ufeff", "\u2028", "𝔘", "=", "where m <= p", "reduce argmax(m)", "empty nan",
                              " empty 0", "shape(m)", "1 << 9", "inf", "-", "1e-320", "#", "?", "[[[[[[", "<<: *a", "<script>")]  # fmt: skip


def one(name: str, data: bytes) -> str | None:
    """What is wrong with how an input is taken, None for nothing."""
    from targets import TARGETS

    expired: list[bool] = []

    def late(signum: int, frame: FrameType | None) -> None:
        expired.append(True)
        raise Hang

    signal.signal(signal.SIGPROF, late)  # of the processor's time, so that others' work does not count
    signal.setitimer(signal.ITIMER_PROF, HANG_S)
    try:
        TARGETS[name](data)
    except Hang:
        return f"hangs for more than {HANG_S} s\n{traceback.format_exc(limit=-6)}"
    except MemoryError:
        return "takes more than 2 GiB"
    except Exception:
        told = traceback.format_exc(limit=-8)
        return f"hangs for more than {HANG_S} s\n{told}" if expired else told
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return f"hangs for more than {HANG_S} s, which something caught" if expired else None


def found_at(name: str, data: bytes, told: str) -> Path:
    folder = HERE / "found" / name
    folder.mkdir(parents=True, exist_ok=True)
    lines = told.strip().splitlines()
    key = f"{crc32((''.join(line for line in lines if line.strip().startswith('File')) or lines[-1]).encode()):08x}"
    path = folder / key
    if not path.exists():
        path.write_bytes(data)
        (folder / f"{key}.told").write_text(told)
    return path


def inputs(name: str, seed: int, seconds: float) -> Iterator[bytes]:
    draw, known, end = random.Random(seed), seeds(name), time.monotonic() + seconds
    yield from known
    while time.monotonic() < end:
        yield changed(draw.choice(known), known, draw)


def by_change(name: str, seed: int, seconds: float) -> int:
    """Changed seeds until the time is up; how many inputs failed."""
    count, failed, begin = 0, 0, time.monotonic()
    for data in inputs(name, seed, seconds):
        count += 1
        if (told := one(name, data)) is not None:
            failed += 1
            print(f"{name}: {found_at(name, data, told)}: {told.strip().splitlines()[-1][:200]}", flush=True)
    print(f"{name}: {count} inputs in {time.monotonic() - begin:.0f} s, {failed} failed")
    return failed


def by_coverage(name: str, seed: int, seconds: float) -> None:
    """Inputs that reach new code are kept and changed further (Atheris, which ends the process and tells how many inputs it tried)."""
    import atheris

    with atheris.instrument_imports(include=["einfold", "xdsl", "yaml"], enable_loader_override=False):
        import targets

        import einfold

        assert targets
        for module in pkgutil.walk_packages(einfold.__path__, "einfold."):  # commands import late; what is imported later is not watched
            if module.name.split(".")[1] in WATCHED:
                importlib.import_module(module.name)
    kept = HERE / "found" / name / "kept"
    kept.mkdir(parents=True, exist_ok=True)
    for index, data in enumerate(seeds(name)):
        (kept / f"seed{index}").write_bytes(data)

    def tried(data: bytes) -> None:
        if (told := one(name, data)) is not None:
            print(f"{name}: {found_at(name, data, told)}: {told.strip().splitlines()[-1][:200]}", flush=True)

    limits = [f"-max_total_time={int(seconds)}", "-timeout=120", f"-rss_limit_mb={MEMORY >> 20}", f"-max_len={LONGEST}", f"-seed={seed + 1}"]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={kept.parent}/", str(kept)], tried)
    atheris.Fuzz()


WATCHED = frozenset({"algebra", "analysis", "backend", "dialects", "frontends", "lowering", "passes", "plugins", "tools"})
"""Rooms whose code is watched for coverage."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--coverage", action="store_true", help="with Atheris, which has to be installed")
    args = parser.parse_args()
    if args.coverage:
        by_coverage(args.target, args.seed, args.seconds)
        return 0
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY + 2**30, MEMORY + 2**30))  # libraries map about 1 GiB that they do not use
    return 1 if by_change(args.target, args.seed, args.seconds) else 0


if __name__ == "__main__":
    sys.exit(main())
