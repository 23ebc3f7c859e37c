"""The search: what it finds on prefill, decode and other cascades, for each objective and solver; that its kernels compute the cascade."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from searching import EXAMPLES, judged, on_machine, one_pass, searched
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from einfold.passes.einsum_dce import EinsumDcePass
from einfold.passes.einsum_defer import EinsumDefer
from einfold.passes.einsum_fuse_maps import EinsumFuseMapsPass
from einfold.passes.einsum_one_pass import EinsumOnePass
from einfold.passes.einsum_online import EinsumOnline
from einfold.search import checker, scheduling
from einfold.search import search as searching_module
from einfold.search.forms import forms_of, pipelines, rewritten, side_of
from einfold.search.judge import OBJECTIVES, Candidate, Judged, Refused, judge, kernels_of
from einfold.search.scheduling import scheduled_mapping, solvers
from einfold.search.search import IllegalSchedule, NothingFits, Options, search
from einfold.search.tilings import tilings
from einfold.tools.values_check import check_values

LONG = "h=16,e=128,f=128"


@pytest.mark.parametrize("sizes", ["", LONG], ids=["E = 64", "E = 128"])
def test_attention_of_a_thousand_tokens_keeps_the_2d_array_busy(sizes: str) -> None:
    found = searched("attention.mlir", sizes=sizes)
    best = found.best.result
    assert best.utilisation["pe2d"]["total"] >= 0.99
    assert 0 <= found.gap < 0.005
    assert best.cycles <= judged("attention.mlir", one_pass(256), sizes=sizes).result.cycles
    assert best.cycles <= judged("attention.mlir", sizes=sizes).result.cycles
    assert found.scheduled_by == "cp-sat" and all(s.proven for s in found.schedules)
    assert found.complete and not found.refused


def test_what_was_tried_is_told() -> None:
    found = searched("attention.mlir")
    assert found.best.candidate.form.pipeline in {t.pipeline for t in found.tried}
    assert min(t.cycles for t in found.tried if t.cycles is not None) == found.best.result.cycles
    assert len({t.pipeline for t in found.tried}) == 10
    for tried in found.tried:
        assert tried.cycles is None or tried.cycles >= tried.bound * (1 - 1e-9)
        assert found.least.cycles <= tried.least <= tried.bound * (1 + 1e-9)


def test_without_multiply_adds_there_are_fewer_forms() -> None:
    found, more = searched("attention-1pass.mlir", contract=False), searched("attention-1pass.mlir")
    assert not any("contract" in t.pipeline for t in found.tried)
    assert any("contract" in t.pipeline for t in more.tried)
    assert more.best.result.cycles < 0.95 * found.best.result.cycles


def test_decode_takes_what_its_bytes_take() -> None:
    """One query: keys and values are read once, and nothing else takes as long."""
    found = searched("attention.mlir", sizes="b=1,h=16,p=1,m=65536")
    assert found.least.critical == "bytes off the chip"
    assert found.gap < 0.01
    assert found.best.result.critical == "dram"


def test_layernorm_keeps_whole_fibers_on_the_chip() -> None:
    """Its rows are read once, although they are traversed more than once."""
    found = searched("layernorm.mlir")
    assert found.least.critical == "bytes off the chip"
    assert found.gap < 1e-3
    [kernel] = kernels_of(found.best)
    assert sum(op.name == "accel.load" for op in kernel.body.block.ops) <= 4
    default = judged("layernorm.mlir").result.cycles
    assert found.best.result.cycles < 0.6 * default


def test_maxima_are_taken_in_the_shadow_of_products() -> None:
    """A comparator beside the multipliers saves its cycle for every tile, and the schedule is legal and as close to its bound."""
    folder = EXAMPLES / "fusemax"
    alone, beside = (searched("attention.mlir", str(folder / f"fusemax-cloud-{name}.yaml")) for name in ("exp2", "units"))
    tiles = alone.best.result.busy["pe2d"]["LGM"]
    assert beside.best.result.busy["pe2d.comparator"] == {"LGM": tiles}
    assert "LGM" not in beside.best.result.busy["pe2d"]
    assert alone.best.result.cycles - beside.best.result.cycles == pytest.approx(tiles, rel=0.05)
    assert beside.best.result.cycles < sum(sum(beside.best.result.busy[unit].values()) for unit in ("pe2d", "pe2d.comparator"))
    assert beside.gap < 0.004
    assert checker.violations(kernels_of(beside.best)[0], 48) == []


def test_grouped_queries_keep_the_2d_array_busy() -> None:
    found = searched("gqa.mlir")
    assert found.gap < 0.01
    assert found.best.result.utilisation["pe2d"]["total"] > 0.99


@pytest.mark.parametrize("file", ["mla.mlir", "softcap.mlir"])
def test_a_search_that_is_cut_short_has_a_form_all_the_same(file: str) -> None:
    """The first pipeline's, in the lowering's own tiles, assigned and scheduled; and it says that it has not looked at all."""
    module, machine = on_machine(file)
    found = search(module, machine, Options(budget=1e-6, contract=False))
    [tried] = found.tried
    assert not found.complete
    assert tried.pipeline.startswith("einsum-one-pass") and not tried.tiles
    assert found.best.result.cycles == tried.cycles >= tried.bound >= found.least.cycles > 0


@pytest.mark.parametrize(("file", "objective"), [("attention-1pass.mlir", "edp"), ("layernorm.mlir", "energy")])
def test_another_objective_gets_no_more_of_it_than_latency_does(file: str, objective: str) -> None:
    own = next(o for o in OBJECTIVES if o == objective)
    found, fast = searched(file, objective=own), searched(file)
    assert found.best.score(own) <= fast.best.score(own)
    assert found.best.result.cycles >= fast.best.result.cycles * (1 - 1e-3)


@pytest.mark.parametrize("file", ["attention-1pass.mlir", "layernorm.mlir"])
def test_the_built_in_solver_is_as_good_here(file: str) -> None:
    own, thorough = searched(file, solver="list"), searched(file, solver="cp-sat")
    assert own.best.result.cycles == pytest.approx(thorough.best.result.cycles, rel=1e-3)
    assert own.scheduled_by in ("list", "rule") and thorough.scheduled_by in ("cp-sat", "rule")


def test_a_solver_that_is_not_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    module, machine = on_machine("softmax.mlir")
    with pytest.raises(KeyError, match="simplex"):
        search(module, machine, Options(solver="simplex"))
    monkeypatch.setattr(scheduling, "available", lambda: False)
    assert list(solvers()) == ["list"]
    assert search(module, machine, Options()).scheduled_by in ("list", "rule")


def test_two_searches_find_the_same_kernels() -> None:
    texts: list[str] = []
    for _ in range(2):
        module, machine = on_machine("attention-1pass.mlir", sizes="b=1,h=2")
        before = str(module)
        found = search(module, machine, Options())
        assert str(module) == before
        texts.append("\n".join(map(str, kernels_of(found.best))))
    assert texts[0] == texts[1]


def machine_without(tmp_path: Path, operation: str) -> Path:
    """The cloud machine, with an operation taken from both arrays."""
    text = (Path(searching_module.__file__).parents[1] / "backend" / "machines" / "fusemax-cloud.yaml").read_text(encoding="utf-8")
    text, count = re.subn(rf"\b{operation}: [\d.]+(, )?", "", text)
    assert count >= 1
    (tmp_path / "lacking.yaml").write_text(text.replace("name: fusemax_cloud", "name: lacking"))
    return tmp_path / "lacking.yaml"


def test_a_machine_that_lacks_an_operation(tmp_path: Path) -> None:
    module, machine = on_machine("attention.mlir", str(machine_without(tmp_path, "div")))
    with pytest.raises(NothingFits, match=r"machine '@lacking' cannot run %A: '@pe2d' has no 'div'; '@pe1d' has no 'div'"):
        search(module, machine, Options())


def test_what_a_form_lacks_another_may_do_without(tmp_path: Path) -> None:
    """No power of two by a polynomial on this machine: no form with it is made."""
    module, machine = on_machine("attention.mlir")
    assert not any("exp2" in form.pipeline for form in forms_of(module, machine))


def test_a_kernel_that_breaks_its_schedule_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching_module, "violations", lambda kernel: ["a tile is read too early"])  # pyright: ignore[reportUnknownLambdaType]
    module, machine = on_machine("fusemax-cascade1.mlir")
    with pytest.raises(IllegalSchedule, match=r"kernel '@\w+': a tile is read too early"):
        search(module, machine, Options())


def test_progress_is_told_form_by_form() -> None:
    module, machine = on_machine("fusemax-cascade1.mlir")
    told: list[str] = []
    found = search(module, machine, Options(), told.append)
    assert len(told) == len(found.tried)
    assert told[0].startswith(f"form 1 of {len(told)}: ")


def test_forms_are_different_and_leave_the_module_alone() -> None:
    module, machine = on_machine("attention.mlir")
    before = str(module)
    forms = forms_of(module, machine)
    assert str(module) == before
    assert len({str(f.cascade) for f in forms}) == len(forms) == 10
    assert len(forms_of(module, machine, contract=False)) == 6
    assert any(f.passes == () for f in forms_of(module, machine, contract=False))
    for form in forms:
        again = rewritten(module, form.passes)
        assert again is not None and str(again.cascade) == str(form.cascade)
    assert side_of(machine) == 256
    assert len(list(pipelines(machine, contract=True))) == 2 * len(list(pipelines(machine, contract=False)))


def test_tilings_keep_whole_fibers_of_what_is_traversed() -> None:
    module, machine = on_machine("softmax.mlir")
    form = rewritten(module, ())
    assert form is not None
    found = [m.kernels[0].tiles for m in tilings(form.cascade, machine)]
    assert found[0] == {}
    whole = [t for t in found[1:] if None in t.values()]
    assert whole and len(whole) == len(found) - 1
    assert len({tuple(t.items()) for t in found}) == len(found)
    online = rewritten(module, (EinsumOnline(size=256),))
    assert online is not None
    assert len(list(tilings(online.cascade, machine))) == 1


FORMS: dict[str, tuple[ModulePass, ...]] = {
    "as written": (),
    "one pass": (EinsumOnePass(size=8), EinsumDcePass()),
    "one pass, contracted": (EinsumOnePass(size=8), EinsumDcePass(), EinsumFuseMapsPass(contract=True)),
    "online": (EinsumOnline(size=8), EinsumDcePass()),
    "deferred": (EinsumDefer(), EinsumDcePass(), EinsumFuseMapsPass(contract=True)),
}
SMALL = {
    "attention.mlir": "b=1,h=2,p=20,m=24,e=4,f=4",
    "causal.mlir": "b=1,h=1,p=19,m=21,e=4,f=4",
    "gqa.mlir": "b=1,h=2,g=2,p=9,m=17,e=4,f=4",
    "mla.mlir": "b=1,h=2,p=9,m=17,c=8,r=4",
    "softcap.mlir": "b=1,h=1,p=9,m=17,e=4,f=4",
}


def values(original: ModuleOp, found: Judged) -> float:
    return check_values(original, found.kernels, found.lowered, 1, "a test").deviation


@pytest.mark.parametrize(
    ("file", "form"), [*(("attention.mlir", f) for f in FORMS), *((f, "one pass, contracted") for f in SMALL if f != "attention.mlir")]
)
def test_scheduled_kernels_compute_what_the_cascade_says(file: str, form: str) -> None:
    module, machine = on_machine(file, sizes=SMALL[file])
    made = rewritten(module, FORMS[form])
    assert made is not None
    compared = 0
    for mapping in tilings(made.cascade, machine):
        own = judge(Candidate(made, mapping), machine)
        if isinstance(own, Refused):
            continue
        for solver in solvers().values():
            scheduled = scheduled_mapping(kernels_of(own), mapping, solver)
            assert scheduled is not None
            found = judge(Candidate(made, scheduled[0]), machine)
            assert isinstance(found, Judged)
            assert values(module, found) < 1e-9
            compared += 1
    assert compared >= 2


@pytest.mark.parametrize(("file", "sizes"), [("attention.mlir", SMALL["attention.mlir"]), ("bfs.mlir", ""), ("rmsnorm-gemm.mlir", "")])
def test_what_the_search_finds_computes_what_the_cascade_says(file: str, sizes: str) -> None:
    module, machine = on_machine(file, "tpu-v4-like", sizes)
    found = search(module, machine, Options())
    assert values(module, found.best) < 1e-9
