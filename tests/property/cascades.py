"""Random small cascades, valid by construction, for properties that must hold of every cascade.

`cascades()` draws text: a graph of maps and reductions with filters, empty values, reads that are shifted, reversed or constant,
argmax, iterates, repeated and unused Einsums, over ranks of uneven sizes. `draw_inputs` gives arrays for the arguments.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Tensor = tuple[str, tuple[str, ...]]
"""A name and the ranks of its dimensions."""

UNARY = ("exp(min({0}, 2))", "tanh({0})", "abs({0})", "-{0}", "{0} * 2", "{0} + 1", "sqrt(abs({0}))", "{0}")
BINARY = ("{0} + {1}", "{1} + {0}", "{0} - {1}", "{0} * {1}", "{1} * {0}", "max({0}, {1})", "min({0}, {1})", "{0} / (1 + abs({1}))")
REDUCTIONS = ("add", "add", "max", "min", "mul")


@dataclass
class Draft:
    """A cascade being written: the tensors that can be read where the next line goes."""

    sizes: dict[str, int]
    tensors: list[Tensor]
    lines: list[str] = field(default_factory=list[str])
    count: int = 0

    def fresh(self) -> str:
        self.count += 1
        return f"T{self.count}"


@st.composite
def cascades(draw: st.DrawFn, most: int = 7, iterates: bool = True, empties: bool = True) -> str:
    """The text of a valid cascade `@c` of up to `most` Einsums over ranks m, n, p, e (m and n are of one size)."""
    size = draw(st.integers(2, 9))
    sizes = {"m": size, "n": size, "p": draw(st.integers(1, 4)), "e": draw(st.integers(1, 3))}
    inputs: list[Tensor] = [("A", ("m", "p")), ("B", ("m",)), ("C", ("e", "m"))]
    draft = Draft(sizes, list(inputs))
    for _ in range(draw(st.integers(1, most))):
        kind = draw(st.sampled_from(("map", "map", "reduce", "reduce", "argmax", "again", "iterate")))
        if kind == "again" and draft.lines:
            _again(draw, draft)
        elif kind == "iterate" and iterates:
            _iterate(draw, draft)
        else:
            _einsum(draw, draft, kind, empties)
    made = [t for t in draft.tensors if t not in inputs]
    results = draw(st.lists(st.sampled_from(made), min_size=1, max_size=3, unique=True)) if made else [inputs[0]]
    declared = [f"%{n}[{', '.join(r)}]{_empty(draw) if empties else ''}" for n, r in inputs]
    ranks = ", ".join(f"{r} = {s}" for r, s in sizes.items())
    outputs = ", ".join(f"[{', '.join(r)}]" for _, r in results)
    returned = ", ".join(f"%{n}[{', '.join(r)}]" for n, r in results)
    body = "\n".join(f"  {line}" for line in draft.lines)
    return f"einsum.cascade @c ranks {{{ranks}}} ({', '.join(declared)}) -> {outputs} : f64 {{\n{body}\n  einsum.return {returned}\n}}\n"


def _empty(draw: st.DrawFn) -> str:
    return draw(st.sampled_from(("", "", "", "", " empty 0", " empty 1", " empty -inf")))


def _read(draw: st.DrawFn, draft: Draft, fixed: str | None = None) -> tuple[str, list[str]]:
    """An access to some tensor, and the ranks it names; the rank `fixed` is a coordinate."""
    name, ranks = draw(st.sampled_from(draft.tensors))
    subscripts: list[str] = []
    named: list[str] = []
    for rank in ranks:
        other = {"m": "n", "n": "m"}.get(rank)
        how = draw(st.sampled_from(("plain", "plain", "plain", "plain", "reversed", "first", "other")))
        if how == "reversed":
            subscripts.append(f"{draft.sizes[rank] - 1} - {rank}")
        elif how == "first":
            subscripts.append(str(draw(st.integers(0, draft.sizes[rank] - 1))))
            continue
        elif how == "other" and other is not None:
            subscripts.append(other)
            rank = other
        else:
            subscripts.append(rank)
        if rank != fixed:
            named.append(rank)
    return f"%{name}[{', '.join(subscripts)}]", named


def _body(draw: st.DrawFn, draft: Draft, fixed: str | None = None) -> tuple[str, list[str]]:
    """A map expression and the ranks it depends on."""
    left, ranks = _read(draw, draft, fixed)
    left = draw(st.sampled_from(UNARY)).format(left)
    if draw(st.booleans()):
        right, more = _read(draw, draft, fixed)
        left, ranks = draw(st.sampled_from(BINARY)).format(f"({left})", right), ranks + more
    if ranks and draw(st.integers(0, 5)) == 0:
        left = f"({left}) + {draw(st.sampled_from(ranks))}"
    return left, list(dict.fromkeys(ranks))


def _where(draw: st.DrawFn, ranks: list[str]) -> str:
    """A filter that holds at the origin, so that it leaves something; often none."""
    if not ranks or draw(st.integers(0, 2)):
        return ""
    left, right = draw(st.sampled_from(ranks)), draw(st.sampled_from(ranks))
    return " where " + draw(
        st.sampled_from((f"{left} <= {right}", f"{left} < {right} + 2", f"{left} < {draw(st.integers(1, 4))}", f"{left} == {right}"))
    )


def _einsum(draw: st.DrawFn, draft: Draft, kind: str, empties: bool) -> None:
    body, ranks = _body(draw, draft)
    where = _where(draw, ranks)
    reduced = draw(st.lists(st.sampled_from(ranks), min_size=1, unique=True)) if kind != "map" and ranks else []
    out = draw(st.permutations([r for r in ranks if r not in reduced]))
    name = draft.fresh()
    results, reduce = f"%{name}", ""
    if reduced and kind == "argmax":
        results, reduce = f"%{name}, %{name}i", f" reduce {draw(st.sampled_from(('argmax', 'argmin')))}({', '.join(reduced)})"
        draft.tensors.append((f"{name}i", tuple(out)))
    elif reduced:
        cut = draw(st.integers(0, len(reduced) - 1))
        groups = [g for g in (reduced[:cut], reduced[cut:]) if g]
        reduce = " reduce " + ", ".join(f"{draw(st.sampled_from(REDUCTIONS))}({', '.join(g)})" for g in groups)
    empty = _empty(draw) if empties else ""
    # Coordinates are i64; an Einsum says so where its map would otherwise be of the cascade's type
    draft.lines.append(f"{results} = einsum.compute [{', '.join(out)}] = {body}{reduce}{where}{empty}")
    draft.tensors.append((name, tuple(out)))


def _again(draw: st.DrawFn, draft: Draft) -> None:
    """A line that stands already, under another name."""
    line = draw(st.sampled_from([x for x in draft.lines if "einsum.compute" in x and "arg" not in x] or [""]))
    if not line or line.startswith("  "):
        return
    old = line.split(" = ")[0].removeprefix("%")
    name = draft.fresh()
    draft.lines.append(line.replace(f"%{old} = ", f"%{name} = ", 1))
    draft.tensors.append((name, next(r for n, r in draft.tensors if n == old)))


def _iterate(draw: st.DrawFn, draft: Draft) -> None:
    """A running state along m, collected; with a second state that may be dead, and a guard that may stop it."""
    inner = Draft(draft.sizes, list(draft.tensors), count=draft.count)
    start = len(draft.tensors)
    body, ranks = _body(draw, inner, fixed="m")
    ranks = [r for r in ranks if r != "m"]
    kept = draw(st.lists(st.sampled_from(ranks), unique=True)) if ranks else []
    names = [draft.fresh() for _ in range(6)]
    new, step, final, history, other, dead = names
    reduced = [r for r in ranks if r not in kept]
    reduce = f" reduce {draw(st.sampled_from(REDUCTIONS))}({', '.join(reduced)})" if reduced else ""
    out = ", ".join(kept)
    until = draw(st.sampled_from(("", "", f" until %{new}[{out}] > 3")))
    update = draw(st.sampled_from(("max(%{0}s[{2}], %{1}[{2}])", "%{1}[{2}] + %{0}s[{2}] / 2"))).format(final, step, out)
    draft.lines += [
        f"%{final}, %{other}, %{history} = einsum.iterate m init(%{final}s[{out}] = {draw(st.integers(0, 1))}, %{dead}[{out}] = 1) {{",
        f"  %{step} = einsum.compute [{out}] = {body}{reduce}",
        f"  %{new} = einsum.compute [{out}] = {update}",
        f"  %{dead}n = einsum.compute [{out}] = %{dead}[{out}] + 1",
        f"  einsum.yield %{new}[{out}], %{dead}n[{out}] collect %{new}[{out}]{until}",
        "}",
    ]
    del draft.tensors[start:]
    draft.tensors += [(final, tuple(kept)), (other, tuple(kept)), (history, ("m", *kept))]


def draw_inputs(seed: int, sizes: dict[str, int]) -> dict[str, NDArray[np.float64]]:
    """Arrays for the arguments of `cascades()`, with zeros and ones among them so that empty values occur."""
    rng = np.random.default_rng(seed)
    shapes = {"A": ("m", "p"), "B": ("m",), "C": ("e", "m")}
    choices = np.array([0.0, 1.0, -0.5, 0.25, 2.0, -3.0])
    return {n: choices[rng.integers(0, len(choices), [sizes[r] for r in ranks])] + rng.integers(0, 2) * 0.125 for n, ranks in shapes.items()}
