"""Every example computes what it says, against plain NumPy (or networkx) written apart from the interpreter, at small sizes."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.parser import Parser
from xdsl.printer import Printer

from einfold.analysis.resize import ResizeError, resize
from einfold.dialects.einsum import CascadeOp, Einsum
from einfold.interpreter.arguments import random_inputs
from einfold.interpreter.cascade import run_cascade
from einfold.passes.einsum_one_pass import EinsumOnePass

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL = {
    "b": 2,
    "h": 3,
    "g": 2,
    "p": 7,
    "m": 12,
    "e": 4,
    "f": 5,
    "m1": 3,
    "m0": 4,
    "d": 9,
    "c": 4,
    "r": 3,
    "k": 6,
    "i": 6,
    "u": 6,
    "w": 6,
    "s": 6,
    "n": 2,
    "q": 3,
    "v": 6,
}
Arrays = dict[str, np.ndarray]


OTHERWISE = {
    "convolution": {"s": 3},
    "encoder": {"j": 9},
    "decoder": {"j": 9, "n": 5},
    "sliding": {"p": 140, "m": 140},
    "sssp": {"d": 6},
    "bfs": {"d": 6},
    "power-iteration": {"i": 500},
}
"""Sizes that an example needs to show what it is about, such as queries beyond the window."""


def parse(text: str) -> ModuleOp:
    ctx = Context()
    ctx.load_dialect(Builtin)
    ctx.load_dialect(Einsum)
    module = Parser(ctx, text).parse_module()
    module.verify()
    return module


def printed(module: ModuleOp, generic: bool) -> str:
    stream = StringIO()
    Printer(stream, print_generic_format=generic).print_op(module)
    return stream.getvalue()


def load(name: str) -> ModuleOp:
    """The example at small sizes."""
    module = parse((EXAMPLES / f"{name}.mlir").read_text())
    known = cascade_of(module).sizes
    resize(module, {r: s for r, s in (SMALL | OTHERWISE.get(name, {})).items() if r in known})
    module.verify()
    return module


def cascade_of(module: ModuleOp) -> CascadeOp:
    return next(op for op in module.walk() if isinstance(op, CascadeOp))


def softmax(s: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    if mask is not None:
        s = np.where(mask, s, -np.inf)
    e = np.exp(s - s.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def scores(a: Arrays) -> np.ndarray:
    return np.einsum("bhpe,bhme->bhpm", a["Q"], a["K"])


def attend(a: Arrays, s: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    return softmax(s, mask) @ a["V"]


def causal(s: np.ndarray) -> np.ndarray:
    p, m = s.shape[-2:]
    return np.arange(m)[None, :] <= np.arange(p)[:, None]


def window(s: np.ndarray) -> np.ndarray:
    p, m = s.shape[-2:]
    return causal(s) & (np.arange(p)[:, None] < np.arange(m)[None, :] + 128)


def alibi(a: Arrays) -> np.ndarray:
    s = scores(a) / 2
    p, m = s.shape[2:]
    return attend(a, s - a["B"][:, None, None] * (np.arange(p)[:, None] - np.arange(m)), causal(s))


def sink(a: Arrays) -> np.ndarray:
    s = scores(a) / 2
    z = np.broadcast_to(a["Z"][None, :, None, None], (*s.shape[:3], 1))
    return softmax(np.concatenate([s, z], -1))[..., :-1] @ a["V"]


def gqa(a: Arrays) -> np.ndarray:
    s = np.einsum("bhgpe,bhme->bhgpm", a["Q"], a["K"]) / 2
    return np.einsum("bhgpm,bhmf->bhgpf", softmax(s), a["V"])


def mla(a: Arrays) -> np.ndarray:
    s = np.einsum("bhpc,bmc->bhpm", a["Q"], a["C"]) + np.einsum("bhpr,bmr->bhpm", a["QR"], a["KR"])
    return np.einsum("bhpm,bmc->bhpc", softmax(s / np.sqrt(7)), a["C"])


def layernorm(a: Arrays) -> np.ndarray:
    x = a["X"]
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * a["G"] + a["B"]


def normal(x: np.ndarray) -> np.ndarray:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)


def encoder(a: Arrays) -> np.ndarray:
    q, k = (np.einsum("bpd,dhe->bhpe", a[x], a[w]) for x, w in (("X", "WQ"), ("Y", "WK")))
    v = np.einsum("bmd,dhf->bhmf", a["Y"], a["WV"])
    z = np.einsum("bhpf,hfj->bpj", softmax(q @ np.swapaxes(k, -1, -2) / 2) @ v, a["WZ"])
    n = normal(z + a["X"])
    return normal(np.maximum(n @ a["W1"], 0) @ a["W2"] + n)


def rms(x: np.ndarray) -> np.ndarray:
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5)


def decoder(a: Arrays) -> np.ndarray:
    def heads(x: np.ndarray, w: str) -> np.ndarray:
        return np.einsum("bpd,dhe->bhpe", x, a[w])

    x, y = rms(a["X"]) * a["G1"], rms(a["Y"]) * a["G1"]
    q, k = heads(x, "WQ"), heads(y, "WK")
    seen = np.arange(k.shape[2])[None, :] <= np.arange(q.shape[2])[:, None]
    r = np.einsum("bhpf,hfj->bpj", softmax(q @ np.swapaxes(k, -1, -2) / 2, seen) @ heads(y, "WV"), a["WO"]) + a["X"]
    q, k = heads(rms(r) * a["G2"], "UQ"), heads(a["E"], "UK")
    t = np.einsum("bhpf,hfd->bpd", softmax(q @ np.swapaxes(k, -1, -2) / 2) @ heads(a["E"], "UV"), a["UO"]) + r
    n = rms(t) * a["G3"]
    gate = n @ a["WG"]
    return gate / (1 + np.exp(-gate)) * (n @ a["WU"]) @ a["WD"] + t


def convolution(a: Arrays) -> np.ndarray:
    out = np.zeros((2, 6, 7, 3))
    for r in range(a["F"].shape[2]):
        for s in range(a["F"].shape[3]):
            out += np.einsum("ncpq,kc->nkpq", a["I"][:, :, r : r + 13 : 2, s : s + 5 : 2], a["F"][:, :, r, s])
    return out


EXPECTED: dict[str, Callable[[Arrays], np.ndarray]] = {
    **{n: lambda a: attend(a, scores(a)) for n in ("attention", "attention-deferred", "attention-2pass", "attention-1pass")},
    "softmax": lambda a: softmax(a["X"]),
    "logsumexp": lambda a: np.log(np.exp(a["X"]).sum(-1)),
    "causal": lambda a: attend(a, scores(a) / 2, causal(scores(a))),
    "sliding": lambda a: attend(a, scores(a) / 2, window(scores(a))),
    "gqa": gqa,
    "mla": mla,
    "alibi": alibi,
    "softcap": lambda a: attend(a, 30 * np.tanh(scores(a) / 2 / 30)),
    "sink": sink,
    "layernorm": layernorm,
    "encoder": encoder,
    "decoder": decoder,
    "rmsnorm-gemm": lambda a: a["X"] / np.sqrt((a["X"] ** 2).mean(-1, keepdims=True) + 1e-6) @ a["W"],
    "convolution": convolution,
    "prefix-sum-filtered": lambda a: np.concatenate([[0.0], np.cumsum(a["A"])]),
    "prefix-sum-iterative": lambda a: np.cumsum(a["A"]),
    **{f"fusemax-cascade{i}": lambda a: (a["A"] * a["B"]).sum() * a["A"].sum() for i in (1, 2, 3)},
}
GRAPHS = ("floyd-warshall", "bfs", "sssp", "power-iteration")


def test_every_example_is_tested() -> None:
    assert {f.stem for f in EXAMPLES.glob("*.mlir")} == {*EXPECTED, *GRAPHS}


@pytest.mark.parametrize("name", (*EXPECTED, *GRAPHS))
@pytest.mark.parametrize("generic", (False, True), ids=("pretty", "generic"))
def test_text_reads_back(name: str, generic: bool) -> None:
    text = (EXAMPLES / f"{name}.mlir").read_text()
    assert text.startswith("// ")
    module = parse(text)
    again = parse(printed(module, generic))
    assert again.is_structurally_equivalent(module)
    assert printed(again, False) == printed(module, False)


@pytest.mark.parametrize("name", EXPECTED)
def test_values(name: str) -> None:
    cascade = cascade_of(load(name))
    arrays = random_inputs(cascade, 1, dtype="f64")
    (made,) = run_cascade(cascade, arrays, dtype="f64")
    np.testing.assert_allclose(made, EXPECTED[name](arrays), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", EXPECTED)
def test_one_pass_keeps_values(name: str) -> None:
    module = load(name)
    arrays = random_inputs(cascade_of(module), 2, dtype="f64")
    EinsumOnePass(size=5).apply(Context(), module)
    module.verify()
    (made,) = run_cascade(cascade_of(module), arrays, dtype="f64")
    np.testing.assert_allclose(made, EXPECTED[name](arrays), rtol=1e-9, atol=1e-12)


def graph(seed: int, size: int = 6) -> tuple[nx.DiGraph, np.ndarray]:
    found = nx.gnp_random_graph(size, 0.35, seed=seed, directed=True)
    weights = np.full((size, size), np.inf)
    rng = np.random.default_rng(seed)
    for u, v in found.edges:
        found.edges[u, v]["weight"] = weights[u, v] = rng.integers(1, 9)
    return found, weights


@pytest.mark.parametrize("seed", range(5))
def test_shortest_paths(seed: int) -> None:
    found, weights = graph(seed)
    np.fill_diagonal(weights, 0)
    lengths = dict(nx.all_pairs_dijkstra_path_length(found))
    expected = np.array([[lengths[u].get(v, np.inf) for v in range(6)] for u in range(6)])
    (made,) = run_cascade(cascade_of(load("floyd-warshall")), {"G": weights}, dtype="f64")
    np.testing.assert_array_equal(made, expected)
    start = np.full(6, np.inf)
    start[0] = 0
    (made,) = run_cascade(cascade_of(load("sssp")), {"G": weights, "D0": start}, dtype="f64")
    np.testing.assert_array_equal(made, expected[0])


@pytest.mark.parametrize("seed", range(5))
def test_breadth_first_search(seed: int) -> None:
    found, _ = graph(seed)
    adjacency = nx.to_numpy_array(found, weight=None).astype(np.int32)
    start = np.zeros(6, np.int32)
    start[0] = 1
    reached, level = run_cascade(cascade_of(load("bfs")), {"G": adjacency, "F0": start})
    lengths = nx.single_source_shortest_path_length(found, 0)
    np.testing.assert_array_equal(level, [lengths.get(v, -1) for v in range(6)])
    np.testing.assert_array_equal(reached, [v in lengths for v in range(6)])


def test_power_iteration_finds_the_dominant_eigenvector() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(6, 6))
    a = a @ a.T
    vector, value = run_cascade(cascade_of(load("power-iteration")), {"A": a, "X0": np.ones(6)})
    values, vectors = np.linalg.eigh(a)
    np.testing.assert_allclose(value, values[-1], rtol=1e-5)
    np.testing.assert_allclose(abs(vector @ vectors[:, -1]), 1, rtol=1e-5)


def test_resizing_derives_every_type_anew() -> None:
    """A resized module is the module that the text with other sizes gives."""
    for name in (*EXPECTED, *GRAPHS):
        module = parse((EXAMPLES / f"{name}.mlir").read_text())
        sizes = cascade_of(module).sizes
        resize(module, {r: s for r, s in (SMALL | OTHERWISE.get(name, {})).items() if r in sizes})
        assert cascade_of(module).sizes == {r: (SMALL | OTHERWISE.get(name, {})).get(r, s) for r, s in sizes.items()}
        assert parse(printed(module, False)).is_structurally_equivalent(module)


def test_resize_names_the_rank_it_does_not_find() -> None:
    with pytest.raises(ResizeError, match=r"^unknown rank 'mm'; did you mean 'm'\?$"):
        resize(load("softmax"), {"mm": 4})
    with pytest.raises(ResizeError, match=r"^rank 'm' has size 0; sizes run from 1 to 2\^40$"):
        resize(load("softmax"), {"m": 0})
