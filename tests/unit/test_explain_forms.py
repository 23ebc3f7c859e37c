"""What `einfold explain` says of forms that no file of the benchmark has: products, users' operators, values, jets, what waits."""

from __future__ import annotations

from algebra_terms import ELEMENTS, P, R, T, absolute, exp, fn, n, rounded, s, softmax, t, v, w, weight, x, y

from einfold.algebra.derivation import Derived, Reduction
from einfold.algebra.derive import derive_chain
from einfold.algebra.expr import Param, substitute_params
from einfold.algebra.laws import DEFAULT_LAWS, Laws, UserOperator
from einfold.tools.whiteboard.bounds import bounds_of, invariants
from einfold.tools.whiteboard.formula import Symbol
from einfold.tools.whiteboard.layout import width
from einfold.tools.whiteboard.letters import lettered
from einfold.tools.whiteboard.markdown import to_markdown
from einfold.tools.whiteboard.naming import Naming
from einfold.tools.whiteboard.story import ReductionStory
from einfold.tools.whiteboard.telling_reduction import told


def story(*chain: Reduction, laws: Laws = DEFAULT_LAWS, **facts: object) -> ReductionStory:
    """The story of the last reduction of a chain over m."""
    results = derive_chain(chain, laws)
    last, result = chain[-1], results[-1]
    carried = result.accumulators if isinstance(result, Derived) else ()
    naming = Naming(dict(enumerate(ELEMENTS)), {r.name: () for r in chain}, {a.name: () for a in carried})
    known = invariants(results, laws)
    bounds = bounds_of(result, known) if isinstance(result, Derived) else None
    return ReductionStory(last, result, naming, "m", ("m",), (), (), bounds=bounds, **facts)  # type: ignore[arg-type]


def text(*chain: Reduction, laws: Laws = DEFAULT_LAWS, **facts: object) -> str:
    return to_markdown(told(story(*chain, laws=laws, **facts), ()))


def test_a_product_is_carried_by_its_exponent():
    page = text(R("GM", "max", s), R("Z", "mul", exp(s - P.GM)))
    assert page.startswith("### `Z`: a product, deferred\n")
    assert r"Z^{(0)} &\leftarrow Z^{(0)} + \sum_{m \in \mathcal{T}} s_{m} \cr" in page
    assert r"Z = e^{Z^{(0)} - Z^{(1)} \cdot GM}" in page
    assert "the factor that all elements share comes out as a power of their count" in page


def test_a_form_found_from_values():
    page = text(R("D", "add", x), R("Z", "add", y / (P.D * P.D * (x * x + 1) + (x * x + 1))))
    assert "### `Z`: a sum, deferred" in page
    assert "which depends on no summary (the separation rank is $k = 1$)" in page


def test_a_form_found_by_derivatives():
    page = text(R("GM", "max", s), R("Z", "add", v / (exp(P.GM - s) + exp(P.GM - t))))
    assert "### `Z`: a sum, rebased on `GM`" in page
    assert r"\mathbf{K}(\mathbf{d}^{\mathrm{old}}, \mathbf{d}) &= e^{GM^{\mathrm{old}} - GM}" in page
    assert "its derivatives by the summaries are carried" in page


def test_what_a_users_operator_distributes():
    body = (T(Param("a")), T(Param("b")))
    lse = UserOperator("lse", ("a", "b"), None, associative=True, commutative=True, identity=float("-inf"))
    shift = UserOperator("shift", ("a", "b"), (body[0] + body[1]).e, distributes_over=("@lse",))
    page = text(R("GM", "max", s), R("Z", "@lse", fn("@shift")(P.GM, s)), laws=DEFAULT_LAWS.with_operators(lse, shift))
    assert page.startswith("### `Z`: a fold with @lse, deferred\n")
    assert r"Z^{(0)} \leftarrow \operatorname{lse}\left(Z^{(0)}, \operatorname*{lse}_{m \in \mathcal{T}} s_{m}\right)" in page
    assert "Why so: @shift distributes over @lse, so the summaries are applied at the end." in page


def test_an_opaque_correction_is_told_and_guarded():
    weight = UserOperator("weight", ("x",), homomorphism=("add", "mul"))
    page = text(R("GM", "max", s), R("Z", "add", fn("@weight")(s - P.GM) * v), laws=DEFAULT_LAWS.with_operators(weight))
    assert r"&= \operatorname{weight}(GM^{\mathrm{old}} - GM)" in page
    assert r"GM &\leftarrow \begin{cases} 0 & \text{if } GM = -\infty \cr GM & \text{otherwise} \end{cases}" in page


def test_what_waits_for_another_pass_says_so():
    chain = [R("M", "max", x), R("Q", "add", rounded(x / P.M)), R("Y", "add", x * w / P.Q)]
    assert "This needs `Q`, which only a later pass knows; it is evaluated after that." in text(*chain)
    refused = text(*chain[:2])
    assert "It stays a later pass: " in refused and "no pivot's interval contains zero" in refused


def test_a_refusal_without_a_certificate_claims_no_proof():
    page = text(R("S", "add", x), R("Z", "max", (x - P.S) * y))
    assert "not monotone in the elements" in page and "it is no proof that another form cannot exist" in page


def test_a_form_that_the_rewrite_declines_says_why():
    page = text(R("D", "add", x), R("Z", "add", x * P.D), declined="it would follow D, which stays a later pass")
    assert "The algebra has this form, but the rewrite does not use it: it would follow D, which stays a later pass." in page


def test_one_that_never_increases_carries_the_other_end():
    page = text(R("S", "add", x), R("Z", "min", exp(P.S - x)))
    assert "It never increases as they grow, so the other end is carried." in page
    assert r"Z^{(0)} \leftarrow \max" in page and "Z = e^{S - Z^{(0)}}" in page


def test_the_same_stand_in_is_told_once():
    first = story(R("GM", "max", s), R("A", "add", exp(s - P.GM)))
    second = story(R("GM", "max", s), R("B", "add", exp(s - P.GM) * v))
    alone, after = (to_markdown(told(second, before)) for before in ((), (first,)))
    assert r"\begin{cases}" in alone and r"\begin{cases}" not in after
    assert "the same stands in as for `A`" in after


def test_letters_stand_for_what_they_are_said_to_stand_for():
    """Also where long entries get letters of their own, so that the matrix fits a page."""
    power = [R("A", "add", x), R("B", "add", y), R("Z", "add", (x - P.A / n) ** 3 * (y - P.B / n) ** 2 * exp(v))]
    chains = [power, [*softmax(), R("E", "add", weight() * (s - P.GM))], [R("D", "max", absolute(x)), R("Z", "add", (x / P.D) ** 2 * (x / P.D - 1))]]
    introduced: list[str] = []
    for chain in chains:
        result = derive_chain(chain)[-1]
        assert isinstance(result, Derived)
        found = lettered(result.correction, Naming(dict(enumerate(ELEMENTS)), {r.name: () for r in chain}))
        symbols = dict(found.letters)
        assert len(symbols) == len(found.letters)
        meant = {name: symbols[symbol] for name, symbol in found.naming.letters.items() if isinstance(symbol, Symbol)}
        entries = found.correction
        for _ in meant:
            entries = tuple(tuple(None if e is None else substitute_params(e, meant) for e in row) for row in entries)
        assert entries == result.correction
        introduced += [symbol.name for symbol in symbols]
        assert all(width(e) < 12 for row in found.matrix.rows for e in row) if len(result.correction) > 6 else True
    assert {"delta", "kappa"} <= set(introduced)
