"""Random map expressions, filters and reductions read back as the trees they were written from, in the pretty and the generic form."""

from __future__ import annotations

import math
from io import StringIO

from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.parser import Parser
from xdsl.printer import Printer

from einfold.algebra.affine import COMPARISONS, Affine, Comparison
from einfold.algebra.expr import Access, Apply, Expr, Num, RankShape, RankValue, map_leaves, to_text, walk
from einfold.algebra.merges import MERGES
from einfold.algebra.operators import SCALAR_OPERATORS
from einfold.dialects.einsum import ComputeOp, Einsum
from einfold.dialects.einsum_attrs import subscripts_text
from einfold.dialects.notation import number_text

TENSORS = ("A", "B", "C")
RANKS = ("i", "j", "e", "inner")

numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.integers(-3, 3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from((math.inf, -math.inf, 1e-5, 1e300, 5e-324, -0.0, 1e16)),
)
affines = st.builds(lambda t, c: Affine.of(t, c), st.dictionaries(st.sampled_from(RANKS), st.integers(-3, 3), max_size=3), st.integers(-5, 5))
comparisons = st.builds(Comparison, affines, st.sampled_from(COMPARISONS), affines)


def applications(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    merges = st.sampled_from((None, None, *MERGES))

    def applied(name: str, arity: int) -> st.SearchStrategy[Expr]:
        return st.builds(lambda args, merge: Apply(name, args, merge), st.tuples(*[inner] * arity), merges)

    known = [applied(o.name, o.arity) for o in SCALAR_OPERATORS.values()]
    infix = [applied(o.name, o.arity) for o in SCALAR_OPERATORS.values() if o.symbol is not None]
    # The negation of a literal is that number, so the text cannot tell the two apart.
    return st.one_of(*known, *infix, *infix, applied("@f", 1), applied("@g", 2)).filter(
        lambda e: not (isinstance(e, Apply) and e.op == "neg" and e.merge is None and isinstance(e.args[0], Num))
    )


leaves: st.SearchStrategy[Expr] = st.one_of(
    st.builds(Access, st.integers(0, 2), affines.map(lambda a: (a,))),
    st.builds(Num, numbers),
    st.builds(RankValue, st.sampled_from(RANKS)),
    st.builds(RankShape, st.sampled_from(RANKS)),
)
expressions = st.recursive(leaves, applications, max_leaves=12)


def in_order(expr: Expr) -> tuple[Expr, list[str]]:
    """The expression with its tensors numbered as they are met, which is how text numbers them, and their names."""
    found = list(dict.fromkeys(e.tensor for e in walk(expr) if isinstance(e, Access)))
    numbered = map_leaves(expr, lambda e: Access(found.index(e.tensor), e.subscripts) if isinstance(e, Access) else e)
    return numbered, [TENSORS[t] for t in found]


def parse(text: str) -> ModuleOp:
    ctx = Context()
    ctx.load_dialect(Builtin)
    ctx.load_dialect(Einsum)
    return Parser(ctx, text).parse_module()


def printed(module: ModuleOp, generic: bool) -> str:
    stream = StringIO()
    Printer(stream, print_generic_format=generic).print_op(module)
    return stream.getvalue()


def compute_of(module: ModuleOp) -> ComputeOp:
    return next(op for op in module.walk() if isinstance(op, ComputeOp))


@settings(max_examples=150, deadline=None)
@given(expressions, st.lists(comparisons, max_size=3), st.booleans(), st.none() | numbers)
def test_an_einsum_reads_back_as_it_was_written(expr: Expr, where: list[Comparison], reduced: bool, empty: float | None) -> None:
    numbered, names = in_order(expr)
    clauses = " reduce add(j), max(e, inner)" if reduced else ""
    clauses += f" where {' and '.join(map(str, where))}" if where else ""
    clauses += "" if empty is None else f" empty {number_text(empty)}"
    body = to_text(numbered, lambda a: f"%{names[a.tensor]}{subscripts_text(a.subscripts)}")
    text = f"""einsum.cascade @c ranks {{i = 4, j = 3, e = 2, inner = 2}} (%A[i], %B[j], %C[e]) -> [i] : f32 {{
      %r = einsum.compute [i] = {body}{clauses}
      einsum.return %r[i]
    }}"""
    module = parse(text)
    op = compute_of(module)
    assert repr(op.map.data) == repr(numbered)  # 0, 0.0 and -0.0 are equal, but not the same
    assert [v.name_hint for v in op.operands_] == names
    assert (() if op.where is None else op.where.data) == tuple(where)
    assert repr(None if op.empty is None else op.empty.data) == repr(empty)
    pretty = printed(module, False)
    for generic in (False, True):
        again = parse(printed(module, generic))
        assert again.is_structurally_equivalent(module)
        assert printed(again, False) == pretty
