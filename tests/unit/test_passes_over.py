"""What counts as a pass, a phase, a fiber and a summary; reasons, footprints, and bad questions."""

from __future__ import annotations

import time

import pytest

from einfold.algebra.affine import Affine
from einfold.analysis.footprint import extent_formula, shape_symbols, tensor_formula
from einfold.analysis.passes_over import RankPasses, count_passes
from einfold.analysis.tiles import mixed_radix
from einfold.dialects.einsum import CascadeOp
from einfold.tools.loading import new_context
from einfold.tools.parsing import parse_source
from einfold.tools.source import Source
from einfold.tools.verifying import verify_module

CONTEXT = new_context()


def cascade(ranks: str, arguments: str, results: str, body: str) -> CascadeOp:
    source = Source("c.mlir", f"einsum.cascade @c ranks {{{ranks}}} ({arguments}) -> {results} : f32 {{\n{body}\n}}\n")
    module = parse_source(source, CONTEXT)
    verify_module(module, source)
    return next(op for op in module.walk() if isinstance(op, CascadeOp))


def over(rank: str, ranks: str, arguments: str, results: str, body: str) -> RankPasses:
    return count_passes(cascade(ranks, arguments, results, body), [rank])[rank]


def layer(number: int, source: str, keys: str = "") -> str:
    """An attention layer that reads queries from `source` and keys and values from `keys`; makes `%X<number>[p, d]`."""
    n, keys = number, keys or source
    return f"""
      %K{n} = einsum.compute [m, d] = %{keys}[m, d] * 2
      %S{n} = einsum.compute [m, p] = %{source}[p, d] * %K{n}[m, d] reduce add(d)
      %GM{n} = einsum.compute [p] = %S{n}[m, p] reduce max(m)
      %SN{n} = einsum.compute [m, p] = exp(%S{n}[m, p] - %GM{n}[p])
      %SD{n} = einsum.compute [p] = %SN{n}[m, p] reduce add(m)
      %A{n} = einsum.compute [m, p] = %SN{n}[m, p] / %SD{n}[p]
      %X{n} = einsum.compute [p, d] = %A{n}[m, p] * %K{n}[m, d] reduce add(m)"""


def test_a_second_layer_reads_new_fibers() -> None:
    counted = over("m", "p = 4, m = 4, d = 2", "%X[p, d]", "[p, d]", layer(1, "X") + layer(2, "X1") + "\neinsum.return %X2[p, d]")
    assert (counted.passes, counted.phases) == (3, 6)
    assert [counted.einsums[f"{e}2"] for e in ("S", "GM", "SN", "SD", "A", "X")] == [1, 1, 2, 2, 3, 3]
    assert counted.phase_of["S2"] == 4
    # The keys of layer 2 are what layer 1 made, read along m: they wait for it, and no fiber is read again.
    waits = next(r for r in counted.reasons if r.einsum == "K2")
    assert (waits.pass_, waits.phase, waits.again) == (1, 4, ())
    assert "starts pass 2 over m (phase 5)" in str(next(r for r in counted.reasons if r.einsum == "SN2"))


def test_layers_that_share_a_memory_read_it_again() -> None:
    counted = over("m", "p = 4, m = 4, d = 2", "%X[p, d], %M[m, d]", "[p, d]", layer(1, "X", "M") + layer(2, "X1", "M") + "\neinsum.return %X2[p, d]")
    assert counted.passes == 6
    assert counted.fibers == {"M": (1, 2, 3, 4, 5, 6)}
    # K2 depends on nothing that is reduced: it is made in the first phase, and kept.
    assert counted.phase_of["K2"] == 1
    assert counted.einsums["S2"] == 4
    kept = {live.before: live.kept.tensors for live in counted.live}
    assert kept[3] == ("K2",) and kept[1] == ("K1", "S1", "K2")


@pytest.mark.parametrize(
    ("subscript", "passes"),
    [
        ("m", 1),
        ("m + s", 1),  # a window of 3 of 8: the reader runs behind
        ("9 - m", 2),  # against the order
        ("0", 1),  # the first element is there when the reader starts
        ("9", 2),  # the last is not
        ("q", 2),  # all of it at each coordinate
    ],
)
def test_along_a_traversal_or_across_it(subscript: str, passes: int) -> None:
    ranks = [r for r in ("s", "q") if r in subscript]
    reduce = f" reduce add({', '.join(ranks)})" if ranks else ""
    body = f"""%T = einsum.compute [m] = %A[m] * 2
      %Z = einsum.compute [m] = %T[{subscript}] + %B[m]{reduce} where m + s < 10
      einsum.return %Z[m]"""
    counted = over("m", "m = 10, s = 3, q = 10", "%A[m], %B[m]", "[m]", body if "s" in subscript else body.replace(" where m + s < 10", ""))
    assert counted.phases == passes
    # Read in any order along m it is the same fiber again; read at one coordinate, or along q, it is no fiber of m.
    assert counted.passes == (passes if "m" in subscript else 1)
    assert [r.causes for r in counted.reasons] == [("read ahead of its traversal of m",)] * (passes - 1)


def test_a_lag_is_no_pass() -> None:
    body = """%T = einsum.compute [m] = %A[m] * 2
      %Z = einsum.compute [m] = %T[m] - %T[m - 1] where m >= 1
      einsum.return %Z[m]"""
    assert over("m", "m = 8", "%A[m]", "[m]", body).passes == 1


ITERATE = """%S, %H = einsum.iterate m init(%s[p] = 0) {
        %n = einsum.compute [p] = %s[p] + %A[m, p]
        einsum.yield %n[p] collect %n[p]
      }
"""


def test_the_last_state_of_an_iterate_is_final_and_what_it_collects_is_along() -> None:
    body = """%F = einsum.compute [m, p] = %A[m, p] / %S[p]
      %G = einsum.compute [m, p] = %A[m, p] / %H[m, p]
      %L = einsum.compute [p] = %S[p] * 2
      einsum.return %F[m, p], %G[m, p], %L[p]"""
    counted = over("m", "m = 8, p = 2", "%A[m, p]", "[m, p], [m, p], [p]", ITERATE + body)
    assert counted.einsums == {"n": 1, "F": 2, "G": 1}
    assert counted.passes == 2
    assert counted.reasons[0].causes == ("final after iterating over m",)
    assert counted.fibers == {"A": (1, 2)}
    assert counted.reads == {1: ("A",), 2: ("A", "S")}


def test_an_iterate_waits_for_what_its_body_reads() -> None:
    body = """%G = einsum.compute [p] = %A[m, p] reduce max(m)
      %S = einsum.iterate m init(%s[p] = 0) {
        %e = einsum.compute [p] = exp(%A[m, p] - %G[p])
        %n = einsum.compute [p] = %s[p] + %e[p]
        einsum.yield %n[p]
      }
      einsum.return %S[p]"""
    counted = over("m", "m = 8, p = 2", "%A[m, p]", "[p]", body)
    assert counted.einsums == {"G": 1, "e": 2, "n": 2}
    assert str(counted.reasons[0]) == "e starts pass 2 over m: it needs G[p], reduced over m (c.mlir:4)"


def test_a_state_is_known_when_its_initial_value_is() -> None:
    body = """%G = einsum.compute [] = %A[m] reduce max(m)
      %S = einsum.iterate i init(%s[] = %G[]) {
        %e = einsum.compute [] = exp(%A[m] - %s[]) reduce add(m)
        einsum.yield %e[]
      }
      einsum.return %S[]"""
    counted = over("m", "m = 8, i = 2", "%A[m]", "[]", body)
    assert counted.einsums == {"G": 1, "e": 2}


def test_an_iterate_is_one_traversal_whatever_its_body_reads() -> None:
    body = """%B = einsum.compute [m] = %A[m] * 2
      %H = einsum.iterate m init() {
        %n = einsum.compute [] = %B[m] + 1
        einsum.yield collect %n[]
      }
      %G = einsum.compute [m] = %B[m] / %H[m]
      einsum.return %G[m]"""
    counted = over("m", "m = 8", "%A[m]", "[m]", body)
    assert (counted.passes, counted.einsums) == (1, {"B": 1, "n": 1, "G": 1})


def test_each_fiber_has_its_own_count() -> None:
    body = """%G = einsum.compute [] = %A[m] + %B[m] reduce add(m)
      %H = einsum.compute [] = %B[m] * %G[] reduce add(m)
      %Z = einsum.compute [m] = %A[m] / %H[]
      einsum.return %Z[m]"""
    counted = over("m", "m = 8", "%A[m], %B[m]", "[m]", body)
    assert counted.fibers == {"A": (1, 3), "B": (1, 2)}
    assert (counted.passes, counted.phases, counted.einsums) == (2, 3, {"G": 1, "H": 2, "Z": 2})


def test_passes_in_a_body_are_those_of_a_generation() -> None:
    # Power iteration: each generation reads the matrix once along u.
    body = """%X = einsum.iterate i init(%x[u] = 1) {
        %y = einsum.compute [v] = %A[u, v] * %x[u] reduce add(u)
        %n = einsum.compute [] = %y[v] reduce max(v)
        %z = einsum.compute [v] = %y[v] / %n[]
        einsum.yield %z[v]
      }
      einsum.return %X[u]"""
    op = cascade("i = 9, u = 4, v = 4", "%A[u, v]", "[u]", body)
    counted = count_passes(op)
    assert {r: (c.passes, c.within) for r, c in counted.items()} == {"i": (1, ()), "u": (1, ("i",)), "v": (2, ("i",))}


def test_a_fiber_known_before_an_iterate_counts_in_its_body() -> None:
    body = """%G = einsum.compute [] = %A[m] reduce max(m)
      %S = einsum.iterate i init(%s[] = 0) {
        %e = einsum.compute [] = exp(%A[m] - %G[]) + %s[] reduce add(m)
        einsum.yield %e[]
      }
      %Z = einsum.compute [m] = %A[m] / %S[]
      einsum.return %Z[m]"""
    counted = over("m", "m = 8, i = 2", "%A[m]", "[m]", body)
    assert counted.einsums == {"G": 1, "e": 2, "Z": 3}


def test_views_keep_fibers() -> None:
    body = """%G = einsum.compute [] = %A[m] reduce max(m)
      %B = einsum.view %A[m -> (m1, m0)]
      %E = einsum.compute [m1, m0] = exp(%B[m1, m0] - %G[])
      %D = einsum.compute [] = %E[m1, m0] reduce add(m1, m0)
      %C = einsum.view %E[(m1, m0) -> m]
      %Z = einsum.compute [m] = %C[m] / %D[]
      einsum.return %Z[m]"""
    counted = count_passes(cascade("m = 8, m1 = 2, m0 = 4", "%A[m]", "[m]", body))
    assert {r: c.passes for r, c in counted.items()} == {"m": 3, "m1": 3, "m0": 3}
    assert counted["m"].fibers == {"A": (1, 2, 3)}
    # What is read through a view is kept once, under its own name.
    assert counted["m"].live[1].kept.tensors == ("E",)


@pytest.mark.parametrize(("written", "read"), [("7 - m", "m"), ("7 - 4 * m1 - m0", "4 * m1 + m0")])
def test_a_view_of_what_is_written_backwards_is_read_ahead(written: str, read: str) -> None:
    body = f"""%T = einsum.compute [{written}] = %A[{read}] * 2
      %B = einsum.view %T[m -> (m1, m0)]
      %Z = einsum.compute [m1, m0] = %B[m1, m0] + %A[4 * m1 + m0]
      einsum.return %Z[m1, m0]"""
    assert over("m", "m = 8, m1 = 2, m0 = 4", "%A[m]", "[m1, m0]", body).passes == 2


TWO_PASS = """%LM = einsum.compute [m1] = %S[m1, m0] reduce max(m0)
      %GM = einsum.compute [] = %LM[m1] reduce max(m1)
      %SLN = einsum.compute [m1, m0] = exp(%S[m1, m0] - %LM[m1])
      %SLD = einsum.compute [m1] = %SLN[m1, m0] reduce add(m0)
      %SD = einsum.compute [] = %SLD[m1] * exp(%LM[m1] - %GM[]) reduce add(m1)
      einsum.return %SD[]"""


def test_arguments_that_come_tiled() -> None:
    op = cascade("m1 = 4, m0 = 8", "%S[m1, m0]", "[]", TWO_PASS)
    # Nothing says that m1 and m0 tile one fiber, so LM is as good a fiber along m1 as any.
    assert count_passes(op)["m1"].passes == 2
    told = count_passes(op, ["m1"], tiles=[("m1", "m0")])["m1"]
    assert (told.passes, told.summary_passes, told.phases) == (1, 2, 2)
    assert told.summaries == {"LM": (1, 2), "SLD": (2,)}
    assert told.einsums == {"LM": 1, "SLN": 1, "SLD": 1}
    assert told.reasons[0].summary


def test_queries_and_keys_of_the_same_tokens_are_different_loops() -> None:
    body = """%S = einsum.compute [m1, m0, p] = %X[p, d] * %X[4 * m1 + m0, d] reduce add(d)
      %GM = einsum.compute [p] = %S[m1, m0, p] reduce max(m1, m0)
      %SN = einsum.compute [m1, m0, p] = exp(%S[m1, m0, p] - %GM[p])
      %SD = einsum.compute [p] = %SN[m1, m0, p] reduce add(m1, m0)
      einsum.return %SD[p]"""
    counted = count_passes(cascade("p = 8, m1 = 2, m0 = 4, d = 2", "%X[p, d]", "[p]", body))
    assert {r: c.passes for r, c in counted.items()} == {"p": 1, "m1": 2, "m0": 2, "d": 1}


def test_generated_tensors_are_fibers_of_their_own() -> None:
    body = """%B = einsum.compute [m] = m * 2
      %S = einsum.compute [] = %B[m] reduce add(m)
      %Z = einsum.compute [m] = %B[m] / %S[]
      einsum.return %Z[m]"""
    counted = over("m", "m = 8", "%A[m]", "[m]", body)
    assert (counted.passes, counted.fibers) == (2, {"B": (1, 2)})


def test_live_tensors_have_a_formula() -> None:
    body = """%S = einsum.compute [m, 2 * p + s] = %A[m, p, s] * 2 : f16
      %G = einsum.compute [] = %S[m, 2 * p + s] reduce max(m, p, s) : f16
      %Z = einsum.compute [m, p] = %S[m, 2 * p] - %G[]
      einsum.return %Z[m, p]"""
    counted = over("m", "m = 8, p = 3, s = 2", "%A[m, p, s]", "[m, p]", body)
    (live,) = counted.live
    assert (live.kept.tensors, live.kept.formula, live.kept.elements, live.kept.bytes) == (("S",), "M*(2*P + S - 2)", 48, 96)
    assert (live.recompute_from, live.results) == (("A",), ("G",))


def test_formulas() -> None:
    sizes = {"m": 8, "M": 2, "p": 3}
    assert shape_symbols(sizes) == {"m": "shape(m)", "M": "shape(M)", "p": "P"}
    symbols = {"m": "M", "p": "P"}
    m, p = Affine.rank("m"), Affine.rank("p")
    assert tensor_formula([m, p], symbols) == "M*P"
    assert tensor_formula([], symbols) == "1"
    assert extent_formula(Affine((), 3), symbols) == "4"
    assert extent_formula(m + Affine((), 1), symbols) == "(M + 1)"
    assert extent_formula(m * 2, symbols) == "(2*M - 1)"
    assert extent_formula(m * -1 + Affine((), 7), symbols) == "8"


def test_mixed_radix() -> None:
    sizes = {"a": 2, "b": 4, "c": 3}
    a, b, c = map(Affine.rank, "abc")
    assert mixed_radix(a * 12 + b * 3 + c, sizes) == ("a", "b", "c")
    assert mixed_radix(Affine((), 23) - (a * 12 + b * 3 + c), sizes) == ("a", "b", "c")
    assert mixed_radix(b + c, sizes) is None
    assert mixed_radix(b * 4 + c, sizes) is None
    assert mixed_radix(a * 3 - c, sizes) is None
    assert mixed_radix(a, sizes) is None


def test_tensors_of_one_name_are_told_apart() -> None:
    body = """%S = einsum.compute [m] = %A[m] * 2
      %T = einsum.compute [] = %S[m] reduce add(m)
      einsum.return %T[]"""
    op = cascade("m = 8", "%A[m]", "[]", body)
    for value in op.body.block.ops.first.results:  # pyright: ignore
        value.name_hint = "T"
    assert set(over_names(op)) == {"T", "T_1"}
    for inner in op.body.block.ops:
        for value in inner.results:
            value.name_hint = None
    assert set(over_names(op)) == {"einsum_1", "einsum_2"}


def over_names(op: CascadeOp) -> dict[str, int]:
    return dict(count_passes(op)["m"].einsums)


def test_ranks_that_are_not_there() -> None:
    op = cascade("m = 8, mm = 2", "%A[m]", "[m]", "einsum.return %A[m]")
    assert count_passes(op) == {}
    with pytest.raises(ValueError, match=r"^no Einsum of cascade '@c' traverses rank 'm'$"):
        count_passes(op, ["m"])
    with pytest.raises(ValueError, match=r"^cascade '@c' has no rank 'n'$"):
        count_passes(op, ["n"])
    with pytest.raises(ValueError, match=r"^cascade '@c' has no rank 'mmm'; did you mean 'mm'\?$"):
        count_passes(op, tiles=[("m", "mmm")])


def test_thousands_of_einsums_take_seconds() -> None:
    layers = 700
    body = "".join(layer(n, "X" if n == 1 else f"X{n - 1}") for n in range(1, layers + 1)) + f"\neinsum.return %X{layers}[p, d]"
    op = cascade("p = 4096, m = 4096, d = 64", "%X[p, d]", "[p, d]", body)
    begin = time.perf_counter()
    counted = count_passes(op)
    assert time.perf_counter() - begin < 20  # a second, on an idle machine
    assert (counted["m"].passes, counted["m"].phases, len(counted["m"].reasons)) == (3, 3 * layers, 3 * layers - 1)
