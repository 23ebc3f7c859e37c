"""The work of lowering and simulating follows the number of Einsums, and units are grouped as if all of a kernel were planned anew for each."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import FrameType, ModuleType

import pytest

from einfold.algebra import growth
from einfold.analysis import remarks
from einfold.backend.simulate import simulate
from einfold.dialects.einsum import CascadeOp
from einfold.lowering.flow import Flow, Unfit, looped_ranks
from einfold.lowering.kernel_plan import KernelPlan
from einfold.lowering.phases import Phases
from einfold.lowering.program import Iteration, Unit, einsums_of, made_by, read_by
from einfold.lowering.uses import Uses
from einfold.tools.diagnostics import Failure
from einfold.tools.loading import load_module, new_context
from einfold.tools.simulation import Wanted, lower, machine_named, only
from einfold.tools.source import Source

ROOT = Path(__file__).parents[2]
CASCADES = sorted([*ROOT.glob("examples/*.mlir"), *ROOT.glob("benchmarks/cascades/*.mlir")])


def benchmark(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ITERATED_IN_TILES = """
einsum.cascade @c ranks {i = 8192, p = 64} (%X[i, p], %Y[i, p]) -> [p], [p] : f32 {
  %M = einsum.compute [p] = %X[i, p] reduce max(i)
  %S = einsum.iterate i init(%s[p] = 0) {
    %T = einsum.compute [p] = %s[p] + %Y[i, p]
    einsum.yield %T[p]
  }
  einsum.return %M[p], %S[p]
}
"""
"""A rank that one unit traverses in tiles and another iterates over."""

CHAINS = benchmark("chain_speed").KINDS


def run(path: Path, pipeline: str | None = "", machine: str = "fusemax-cloud", *, whole: bool = True) -> None:
    """Lower every cascade of a file; the `whole` way: verify and simulate what is made, too."""
    for name in [op.sym_name.data for op in load_module(str(path), new_context()).walk() if isinstance(op, CascadeOp)]:
        context = new_context()
        module = load_module(str(path), context)
        only(module, next(op for op in module.walk() if isinstance(op, CascadeOp) and op.sym_name.data == name))
        placed = machine_named(module, machine, str(path))
        with remarks.collect():
            lower(context, module, Source(str(path), ""), Wanted(placed, pipeline, (), True, verify=whole))
        if whole:
            module.verify()
            simulate(module)


def calls(action: Callable[[], object]) -> Counter[str]:
    """How often each function of einfold is called."""
    found = Counter[str]()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            found[frame.f_code.co_qualname] += 1

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return found


@pytest.mark.parametrize("kind", CHAINS)
def test_twice_the_einsums_are_twice_the_work(kind: str, tmp_path: Path) -> None:
    found = list[Counter[str]]()
    for number in (12, 24):
        file = tmp_path / f"{number}.mlir"
        file.write_text(CHAINS[kind](number))
        if not found:
            run(file)
        found.append(calls(partial(run, file)))
    small, large = (sum(c.values()) for c in found)
    assert large < 2.15 * small
    for name in ("KernelPlan._einsum", "Flow._einsum", "verify_task", "_Costs._step"):
        assert 0 < found[1][name] <= 2.15 * found[0][name], name


def test_the_growth_of_a_summary_is_found_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each body of this chain mentions the summary before it twice, so that walking all of them doubles the work with each."""
    file = tmp_path / "norms.mlir"
    file.write_text(CHAINS["norms"](20))
    asked, measured = Counter[str](), growth.growth
    monkeypatch.setattr(growth, "growth", lambda expr, known, limit: asked.update(["growth"]) or measured(expr, known, limit))
    run(file, None)
    assert 0 < asked["growth"] < 20_000


def planned_anew(phases: Phases, units: Sequence[Unit]) -> list[list[Unit]]:
    """Groups by the definition: a unit joins if all of a kernel with it can be planned."""
    tiles, sizes, groups = phases.target.tiles, phases.program.sizes, list[list[Unit]]()

    def looped(of: Sequence[Unit]) -> tuple[str, ...]:
        return looped_ranks(of, tiles, sizes)

    def plan(of: Sequence[Unit]) -> None:
        uses, ranks = Uses(of), looped(of)
        KernelPlan(of, phases._nest(uses, uses.roles(ranks), ranks), Flow(of, ranks), sizes)

    def joins(group: Sequence[Unit], unit: Unit) -> bool:
        made = {t for u in group for t in made_by(u)}
        maps_only = all(not isinstance(u, Iteration) and not u.reduce for u in group)
        if not (set(looped([unit])) <= set(looped(group)) or (maps_only and any(t in made for t in read_by(unit)))):
            return False
        iterative = {u.rank for u in [*group, unit] if isinstance(u, Iteration)}
        if any(tiles[r] > 1 for u in [*group, unit] for e in einsums_of(u) for r in iterative.intersection(e.ranks)):
            return False
        try:
            plan([*group, unit])
        except Unfit:
            return False
        return True

    for unit in units:
        if groups and joins(groups[-1], unit):
            groups[-1].append(unit)
        else:
            plan([unit])
            groups.append([unit])
    return groups


def test_groups_are_those_of_planning_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = list[int]()
    grouped = Phases.groups

    def compared(self: Phases, units: Sequence[Unit]) -> list[list[Unit]]:
        found = grouped(self, units)
        assert found == planned_anew(self, units)
        seen.extend(map(len, found))
        return found

    monkeypatch.setattr(Phases, "groups", compared)
    monkeypatch.setattr("einfold.lowering.phases.schedule", lambda *_, **__: True)  # what follows is not asked
    (tmp_path / "iterated.mlir").write_text(ITERATED_IN_TILES)
    for path in [*CASCADES, tmp_path / "iterated.mlir"]:
        for pipeline in ("", None) if path.parent.name == "examples" else ("",):
            try:
                run(path, pipeline, whole=False)
            except Failure as failure:
                assert "cannot be lowered" in str(failure) or "cannot run" in str(failure)
    assert len(seen) > 100 and max(seen) > 5
