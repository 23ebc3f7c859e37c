"""FuseMax's attention, written by hand in accel, against the published numbers (MICRO 2024, arXiv 2406.10491, artifact results)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, IntAttr, ModuleOp
from xdsl.parser import Parser

from einfold.backend.simulate import simulate
from einfold.backend.values import run_values
from einfold.dialects.accel import Accel, KernelOp, TaskOp
from einfold.dialects.accel_nest import needed_copies

TEXT = (Path(__file__).parents[1] / "filecheck" / "backend" / "fusemax-binding.mlir").read_text(encoding="utf-8")

PUBLISHED = {
    ("BERT", 1): (0.002013140425531915, 402653184, 0.8896103896103896, 0.4155844155844156, 0.006493506493506494, 0.045454545454545456),
    ("BERT", 4): (0.02970035744680851, 1610612736, 0.9647887323943661, 0.4507042253521127, 0.007042253521126761, 0.04929577464788732),
    ("BERT", 16): (0.46516616170212766, 6442450944, 0.9856115107913668, 0.460431654676259, 0.007194244604316547, 0.050359712230215826),
    ("BERT", 64): (7.402500357446808, 38654705664, 0.9909584086799277, 0.4629294755877035, 0.007233273056057867, 0.05063291139240506),
    ("BERT", 1024): (1891.8274331234043, 6803228196864, 0.9926412317445941, 0.4637156119098834, 0.007245556436091928, 0.050718895052643494),
    ("TrXL", 1): (0.0026841872340425533, 536870912, 0.8896103896103896, 0.41558441558441556, 0.006493506493506493, 0.04545454545454545),
    ("TrXL", 1024): (2522.4365774978723, 9070970929152, 0.9926412317445942, 0.4637156119098834, 0.007245556436091928, 0.050718895052643494),
}
"""(model, length / 1024) -> seconds, bytes, share of time that the 2D array is busy, and with QK, LM and SLN; the 1D array always is."""

HEADS = {"BERT": 12, "TrXL": 16}


def parse(text: str) -> ModuleOp:
    context = Context()
    context.load_dialect(Builtin)
    context.load_dialect(Accel)
    return Parser(context, text).parse_module()


def sized(text: str, b: int, h: int, p: int, m: int, tile: int, e: int, p1: int) -> ModuleOp:
    """The kernel at other sizes, with the copies it needs, one more for loads."""
    nest = f"nest {{b = {b}, h = {h}, p2 = {p // tile // p1}, m1 = {m // tile}, p1 = {p1}}}"
    text = re.sub(r"nest \{.*?\} tiles \{.*?\}", f"{nest} tiles {{m0 = {tile}, p0 = {tile}, e = {e}, f = {e}}}", text)
    text = re.sub(r"%([QKV]|AV)\[64, 12, 1024, 64\]", lambda t: f"%{t[1]}[{b}, {h}, {m if t[1] in 'KV' else p}, {e}]", text)
    module = parse(text.replace("1024 * p2", f"{tile * p1} * p2").replace("256 *", f"{tile} *"))
    kernel = next(op for op in module.walk() if isinstance(op, KernelOp))
    for op, copies in needed_copies(kernel).items():
        op.properties["copies"] = IntAttr(copies + (not isinstance(op, TaskOp)))
    module.verify()
    return module


def resident_tiles(p: int, e: int) -> int:
    """P1 of the paper's mapping: as many query tiles as fit beside a key and a value tile."""
    fit = (16 * 2**20 - 512 * 2 * e) // (512 * (2 * e + 2))
    return max(d for d in range(1, p // 256 + 1) if p // 256 % d == 0 and d <= fit)


@pytest.mark.parametrize(("model", "length"), PUBLISHED)
def test_the_binding_takes_the_published_time(model: str, length: int) -> None:
    p = 1024 * length
    result = simulate(sized(TEXT, 64, HEADS[model], p, p, 256, 64, resident_tiles(p, 64)))
    seconds, moved, busy_2d, *tasks = PUBLISHED[model, length]
    assert result.seconds == pytest.approx(seconds, rel=2e-4)
    assert sum(result.moved["dram"].values()) == moved
    use = result.utilisation
    assert use["pe2d"]["total"] == pytest.approx(busy_2d, rel=2e-4)
    assert use["pe1d"]["total"] == pytest.approx(1.0, rel=2e-4)
    assert [use["pe2d"][t] for t in ("QK", "LM", "SLN")] == pytest.approx(tasks, rel=2e-4)
    assert result.critical == "pe1d"
    assert result.epochs < 2000


def test_the_cycles_of_its_tasks() -> None:
    module = parse(TEXT)
    module.verify()
    result = simulate(module)
    tiles = 64 * 12 * 16
    busy = {task: cycles / tiles for array in ("pe2d", "pe1d") for task, cycles in result.busy[array].items()}
    on_2d = {"QK": 64, "LM": 1, "SLN": 7, "SLD": 1, "SLNV": 64}
    assert busy == on_2d | {"RM": 1, "PRM": 7, "SPD": 1, "SPNV": 64, "RD": 1, "RNV": 64, "AV": 16}


def fused(text: str) -> str:
    """The same with the 1D array's MAC used: the running sums in one operation each, and QK of a tile between LM and SLN of the one before."""
    lines = [line for line in text.splitlines() if not re.search(r'named "SP', line)]
    text = "\n".join(lines).replace("%sld[p0] + %spd[p0]", "%rd[p0] * %prm[p0] + %sld[p0]")
    text = text.replace("%slnv[p0, f] + %spnv[p0, f]", "%rnv[p0, f] * %prm[p0] + %slnv[p0, f]")
    text = re.sub(r'stage 3 named "(RD|RNV|AV)"', r'stage 4 named "\1"', text)
    text = re.sub(r'stage 2 named "(SLN|SLD|SLNV|PRM)"', r'stage 3 named "\1"', text)
    return text.replace('stage 2 named "QK"', 'stage 2 turn -1 named "QK"').replace("at last(m1) stage 5", "at last(m1) stage 6")


def test_with_multiply_add_the_2d_array_is_never_idle() -> None:
    result = simulate(sized(fused(TEXT), 64, 12, 1024, 1024, 256, 64, 4))
    assert sum(result.busy["pe1d"].values()) / (64 * 12 * 16) == 1 + 7 + 1 + 64 + 16
    assert result.utilisation["pe2d"]["total"] > 0.999
    assert result.critical == "pe2d"


@pytest.mark.parametrize("text", [TEXT, fused(TEXT)], ids=["published", "fused"])
@pytest.mark.parametrize(("p", "m", "p1"), [(16, 12, 2), (8, 8, 1), (12, 4, 3), (16, 8, 4)])
def test_it_computes_attention(text: str, p: int, m: int, p1: int) -> None:
    module = sized(text.replace(": f16", ": f64"), 2, 3, p, m, 4, 5, p1)
    random = np.random.default_rng(7)
    q, k, v = (random.normal(size=(2, 3, n, 5)) for n in (p, m, m))
    (found,) = run_values(module, {"Q": q, "K": k, "V": v})
    scores = np.exp(np.einsum("bhpe,bhme->bhpm", q, k))
    np.testing.assert_allclose(found, scores / scores.sum(-1, keepdims=True) @ v, rtol=1e-12)
