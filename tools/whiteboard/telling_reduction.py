"""The telling of one reduction: its term, what separates, what is carried, and how that is updated, merged and finished."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from ...algebra.affine import Affine
from ...algebra.bottoms import FOLLOWING
from ...algebra.derivation import Derived, Refusal
from ...algebra.expr import Access, Apply, Expr, Param, RankShape, RankValue
from ...algebra.scope import Scope, element_leaves, params
from .blocks import Block, Code, Display, Heading, Inlines, Math, Paragraph, Table, Text, joined, names, paragraph, sentence
from .equations import number_of
from .formula import Applied, Formula, Operation, Product, Related, Symbol
from .layout import broken
from .letters import lettered
from .steps import BASIS, CORRECTION, TERM, TILE, D, X, basis_function, equation, finish, merge, moving, old, step, whole
from .story import ReductionStory
from .telling_refusal import refusal
from .telling_why import empty, why

NOUNS: Mapping[str, str] = MappingProxyType(
    {
        "add": "a sum",
        "mul": "a product",
        "max": "a maximum",
        "min": "a minimum",
        "or": "a disjunction",
        "and": "a conjunction",
        "argmax": "a maximum and where it stands",
        "argmin": "a minimum and where it stands",
    }
)


def told(story: ReductionStory, before: tuple[ReductionStory, ...]) -> Iterator[Block]:
    """All that there is to say of one reduction; `before` are those told already."""
    yield Heading(3, sentence("{}: {}, {}", Code(story.name), Text(noun(story)), _form(story)))
    yield from _term(story)
    if isinstance(story.result, Refusal):
        yield from refusal(story, story.result)
        return
    derived = story.result
    yield from _separation(story, derived)
    yield from _state(story, derived)
    yield from _update(story, derived)
    yield from _final(story, derived)
    yield from why(story, derived)
    yield from empty(story, derived, before)


def noun(story: ReductionStory) -> str:
    op = story.reduction.op
    return NOUNS.get(op, f"a fold with {op}")


def _form(story: ReductionStory) -> Inlines:
    if isinstance(story.result, Refusal):
        return sentence("refused")
    match story.result.form:
        case "base":
            return sentence("folded as it is")
        case "deferred":
            return sentence("deferred")
        case "ordered":
            return sentence("by order")
        case "rebased":
            return sentence("rebased on {}", names(story.result.rebased_on))


def _scope(story: ReductionStory) -> Scope:
    return Scope(tuple(n for n in params(story.reduction.body) if n in story.naming.summaries))


def _term(story: ReductionStory) -> Iterator[Block]:
    scope, body = _scope(story), story.reduction.body
    if not scope.order:
        yield Display(broken(equation(story)))
        return
    yield paragraph("With all maps written in, {} folds over {} the term", Code(story.name), Math(Symbol(story.rank)))
    yield Display(broken(Related(Applied(TERM, (X, D)), "equals", story.naming.formula(body))))
    elements = [Math(story.naming.leaf(e)) for e in element_leaves(body)]
    summaries = [Math(story.naming.summary(n)) for n in scope.order]
    said = sentence("Here {} are the elements, {}, and {} the summaries that come before, {}", Math(X), joined(elements), Math(D), joined(summaries))
    yield Paragraph((*said, *_constants(story), Text("."), *_parts(story, scope)))


def _constants(story: ReductionStory) -> Inlines:
    found: dict[Formula, None] = {}
    for e in _leaves(story.reduction.body):
        if isinstance(e, RankShape) or (isinstance(e, Param) and e.name not in story.naming.summaries):
            found[story.naming.leaf(e)] = None
    if not found:
        return ()
    return sentence("; {} {} constant in a fiber", joined(map(Math, found)), Text("is" if len(found) == 1 else "are"))


def _leaves(e: Expr) -> Iterator[Access | RankValue | RankShape | Param]:
    if isinstance(e, Apply):
        for a in e.args:
            yield from _leaves(a)
    elif isinstance(e, Access | RankValue | RankShape | Param):
        yield e


def _parts(story: ReductionStory, scope: Scope) -> Inlines:
    """Which factors depend on elements, which on summaries, and which on both."""
    found: dict[str, dict[Formula, None]] = {"elements": {}, "summaries": {}, "both": {}}
    for factor, below in _factors(story.reduction.body):
        dependence = scope.of(factor)
        kind = "both" if dependence.mixed else "elements" if dependence.elements else "summaries"
        if not dependence.constant:
            formula = story.naming.formula(factor)
            found[kind][Operation("div", (number_of(1.0), formula)) if below else formula] = None
    if sum(map(len, found.values())) < 2:
        return sentence(" The term mixes the two.")
    said: list[Inlines] = []
    for kind, words in (("elements", "on elements only"), ("summaries", "on summaries only"), ("both", "on both")):
        if found[kind]:
            verb = "depends" if len(found[kind]) == 1 else "depend"
            said.append(sentence("{} {}", joined(map(Math, found[kind])), Text(f"{verb} {words}")))
    return sentence(" Of its factors, {}.", joined(said))


def _factors(e: Expr, below: bool = False) -> Iterator[tuple[Expr, bool]]:
    """The factors of a product, and whether each divides."""
    match e:
        case Apply("mul", (a, b)):
            yield from _factors(a, below)
            yield from _factors(b, below)
        case Apply("div", (a, b)):
            yield from _factors(a, below)
            yield from _factors(b, not below)
        case Apply("neg", (a,)):
            yield from _factors(a, below)
        case _:
            yield e, below


def _separation(story: ReductionStory, derived: Derived) -> Iterator[Block]:
    """The span of the term, and the term in it."""
    if derived.form not in ("deferred", "rebased") or derived.reduction.op != "add":
        return
    k, rebased = derived.k, bool(derived.rebased_on)
    basis = [basis_function(j, X, D) if rebased else basis_function(j, X) for j in range(len(derived.accumulators))]
    one = "one function" if k == 1 else f"{k} functions"
    fixed = ", which depends on no summary" if k == 1 else ", none of which depends on a summary"
    moved = " that may move with the summaries" if rebased else fixed
    yield paragraph(
        "For every value of {}, the term as a function of the elements lies in the span of {} (the separation rank is {}):",
        Math(D),
        Text(one + moved),
        Math(Related(Symbol("k"), "equals", number_of(float(k)))),
    )
    lines = [Related(b, "equals", story.naming.formula(a.basis)) for b, a in zip(basis, derived.accumulators, strict=True)]
    yield Display(tuple(line for each in lines for line in broken(each)))
    if derived.final != Param(derived.accumulators[0].name):
        short = {a.name: Symbol("b", (Affine((), j),)) for j, a in enumerate(derived.accumulators)}
        yield paragraph("and it is")
        yield Display(broken(Related(Applied(TERM, (X, D)), "equals", story.naming.with_letters(short).formula(derived.final))))
    if rebased:
        yield from _correction(story, derived)


def _correction(story: ReductionStory, derived: Derived) -> Iterator[Block]:
    found = lettered(derived.correction, story.naming)
    what = "one factor moves it along" if derived.k == 1 else "one matrix moves all of them along"
    yield paragraph("When {} {} to a new value, {}:", moving(story, derived), Text(_moves(derived)), Text(what))
    entry = Applied(CORRECTION, (D.marked("old"), D))
    yield Display(
        (
            Related(Applied(BASIS, (X, D)), "equals", Product((entry, Applied(BASIS, (X, D.marked("old")))))),
            Related(entry, "equals", found.matrix if derived.k > 1 else found.matrix.rows[0][0] or number_of(0.0)),
        )
    )
    if found.letters:
        yield paragraph("with")
        lines = [Related(symbol, "equals", found.naming.formula(e)) for symbol, e in found.letters]
        yield Display(tuple(line for each in lines for line in broken(each)))
    if any(name.endswith(FOLLOWING) for name, _ in derived.safe):
        yield paragraph("Where something was seen, fol marks the old value too; what stands in elsewhere is said below.")


def _moves(derived: Derived) -> str:
    return "moves" if len(derived.rebased_on) == 1 else "move"


def _state(story: ReductionStory, derived: Derived) -> Iterator[Block]:
    rows = [
        (
            (Math(story.naming.accumulator(a.name)),),
            (Math(number_of(a.identity)),),
            (Math(whole(story, story.naming.formula(a.basis), op=a.op)),),
        )
        for a in derived.accumulators
    ]
    yield paragraph("Carried {}:", Text("is" if len(rows) == 1 else "are"))
    yield Table(((Text("accumulator"),), (Text("starts at"),), (Text("on a part of the fiber"),)), tuple(rows))


def _update(story: ReductionStory, derived: Derived) -> Iterator[Block]:
    if derived.rebased_on:
        yield paragraph(
            "A tile {} of {} brings {} from {} to the value that includes the tile; the state follows:",
            Math(TILE),
            Math(Symbol(story.rank)),
            moving(story, derived),
            joined([Math(old(story, n)) for n in derived.rebased_on]),
        )
    else:
        yield paragraph("A tile {} of {} is folded in, and nothing has to be corrected:", Math(TILE), Math(Symbol(story.rank)))
    yield Display(step(story, derived))
    if story.reduction.op.startswith("arg"):
        yield paragraph("Where the value stands goes along with it; of equal values the first one stays.")
    merged = "Two parts L and R of the fiber, each with its own state, make one"
    if derived.rebased_on:
        yield paragraph(merged + ", at the joint value of {}:", moving(story, derived))
    else:
        yield paragraph(merged + ":")
    yield Display(merge(story, derived))


def _final(story: ReductionStory, derived: Derived) -> Iterator[Block]:
    if derived.form != "base":
        yield paragraph("At the end")
        yield Display(finish(story, derived))
    if derived.reduction.op.startswith("arg"):
        yield paragraph("and the coordinate is the one that {} came with.", Math(story.naming.accumulator(f"{story.name}.0")))
    if derived.waits_for:
        yield paragraph("This needs {}, which only a later pass knows; it is evaluated after that.", names(derived.waits_for))
    if derived.estimate is not None:
        yield paragraph("On a part of the fiber what stands for the sum is")
        yield Display(broken(Related(story.naming.summary(story.name), "equals", story.naming.formula(derived.estimate))))
        yield paragraph(
            "the sum scaled up to the whole fiber, so that what others divide by the number of elements is the mean of what was seen, not a part "
            "of the mean. On the whole fiber the two are equal. That takes one accumulator more than the separation rank: a count."
        )
