"""Why a form was chosen and not the other, and what happens before anything was seen: the stability rule and the bottoms, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType

from ...algebra.bottoms import FOLLOWING
from ...algebra.derivation import Derived
from ...algebra.expr import Expr, Param
from ...algebra.intervals import End
from ...algebra.scope import params, replace_subexpression
from .blocks import Block, Code, Display, Inlines, Math, Paragraph, Text, joined, names, paragraph, sentence
from .bounds import Bound
from .equations import number_of
from .formula import Formula, Number, Related, Statement, signed_terms
from .layout import broken
from .steps import whole
from .story import ReductionStory

MET: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "absorbed": (
            "contributes the identity",
            "The accumulators are then untouched, and the correction may start from the new value: it is the identity and cannot overflow.",
        ),
        "undefined in the original": ("has no value in the original either", ""),
        "counted from the anchor": (
            "counts",
            "What was accumulated is then that of the stand-in, and the correction from the stand-in leads on, exactly.",
        ),
    }
)
"""What `bottoms.safety` found of an element that is itself at the bottom, told: what it does, and what follows."""


def why(story: ReductionStory, derived: Derived) -> Iterator[Block]:
    """The form, and the rule that chose it."""
    yield Paragraph((Text("Why so: "), Text(derived.why), Text(". "), *_rule(story, derived)))
    if derived.form == "rebased" and isinstance(story.otherwise, Derived) and not _alike(derived, story.otherwise):
        yield from _decided_against(story, derived, story.otherwise)
    if (known := _known(story, derived)) is not None:
        yield known
    if story.declined is not None:
        yield paragraph("The algebra has this form, but the rewrite does not use it: {}.", Text(story.declined))


def _rule(story: ReductionStory, derived: Derived) -> Inlines:
    match derived.form:
        case "base":
            return ()
        case "ordered":
            return _order(derived)
        case "rebased":
            return _followed(story, derived)
        case "deferred":
            if derived.reduction.op != "add" or derived.why.count(";") or not _alike(derived, story.otherwise):
                return ()
            return sentence(
                "To follow a running value instead would cost a correction in every tile and gain nothing: nothing carried grows exponentially, "
                "and nothing that grows with the data is subtracted at the end."
            )


def _order(derived: Derived) -> Inlines:
    ends = {a.op for a in derived.accumulators}
    if len(ends) > 1:
        how = "Which way it moves differs, with the sign of a summary or on the two sides of an absolute value, so both ends are carried. "
    elif ends == {derived.reduction.op} or derived.reduction.op in ("or", "and"):
        how = "It never decreases as they grow, so the extreme of the term is the term at the extreme. "
    else:
        how = "It never increases as they grow, so the other end is carried. "
    return sentence("{}This needs an order and no algebra: no inverse, and nothing is corrected.", Text(how))


def _followed(story: ReductionStory, derived: Derived) -> Inlines:
    """Which summaries the range needs, and which of the others wait for the end."""
    bounded = [b for b in story.bounds.exponents if b.interval.high < float("inf")] if story.bounds is not None else []
    needed = story.otherwise.rebased_on if isinstance(story.otherwise, Derived) else ()
    later = [n for n in params(derived.reduction.body) if n in story.naming.summaries and n not in derived.rebased_on]
    said: list[Inlines] = []
    if needed and bounded:
        template = "Without {} an exponential of the elements would be carried that may be too large; with it {}, on every part of the fiber. "
        said.append(
            sentence(template, joined([Math(story.naming.summary(n)) for n in needed]), joined([_bound(story, b, above=False) for b in bounded]))
        )
    elif needed and story.bounds is not None and story.bounds.exponents:
        said.append(sentence("No bound on the exponent is provable, so it is followed as closely as in the original. "))
    centred = [n for n in derived.rebased_on if n not in needed] if isinstance(story.otherwise, Derived) else []
    if centred and needed:
        said.append(sentence("{} {} followed for accuracy. ", joined([Math(story.naming.summary(n)) for n in centred]), _is(centred)))
    if later:
        said.append(sentence("{} {} not followed but applied at the end.", joined([Math(story.naming.summary(n)) for n in later]), _is(later)))
    return tuple(i for each in said for i in each)


def _is(found: list[str]) -> Text:
    return Text("is" if len(found) == 1 else "are")


def _alike(derived: Derived, other: object) -> bool:
    return isinstance(other, Derived) and [a.basis for a in derived.accumulators] == [a.basis for a in other.accumulators]


def _decided_against(story: ReductionStory, derived: Derived, other: Derived) -> Iterator[Block]:
    """What would be carried instead if accuracy did not count, and what is wrong with it."""
    instead = "rebased on fewer summaries" if other.rebased_on and other.rebased_on != derived.rebased_on else "deferred as far as it goes"
    sums = {a.name: whole(story, story.naming.formula(a.basis), op=a.op) for a in other.accumulators}
    yield paragraph("The same sum, {}, would be", Text(instead))
    yield Display(broken(Related(story.naming.summary(story.name), "equals", story.naming.with_letters(sums).formula(other.final))))
    if len(signed_terms(story.naming.formula(other.final))) > 1 or other.rebased_on:
        fault = "subtracts what grows with the data, and cancels"
    else:
        fault = "carries a higher power of the data than the cascade computes, and overflows sooner"
    yield paragraph("which is exact over the reals, but in floating point it {}. ({} accepts that.)", Text(fault), Code('numerics="fast"'))


def _known(story: ReductionStory, derived: Derived) -> Paragraph | None:
    """What is known of the summary and of the divisors at the end."""
    if story.bounds is None:
        return None
    said: list[Inlines] = []
    for b in story.bounds.divisors:
        formula = Math(story.naming.formula(b.expression))
        if b.interval.nonzero:
            said.append(sentence("The division by {} at the end is safe: {}.", formula, _bound(story, b)))
        else:
            said.append(sentence("The division by {} at the end is the original's; it may be zero there too.", formula))
    if story.needed and story.bounds.summary.says_something:
        said.append(sentence("Known of it, wherever at least one element was visited: {}.", _bound(story, story.bounds.summary)))
    return Paragraph(tuple(i for k, each in enumerate(said) for i in ((Text(" "),) if k else ()) + each)) if said else None


def _bound(story: ReductionStory, bound: Bound, above: bool = True) -> Inlines:
    """`x <= 0`, `x >= 1`, or both; `above`: where it has a lower end, say so too."""
    formula, interval = story.naming.formula(bound.expression), bound.interval
    said: list[Formula] = []
    if above and interval.low > float("-inf"):
        said.append(Related(formula, "above" if interval.low_open else "at least", _end(interval.low)))
    if interval.high < float("inf"):
        said.append(Related(formula, "below" if interval.high_open else "at most", _end(interval.high)))
    return joined([Math(f) for f in said])


def _end(end: End) -> Number:
    return Number(end.numerator if isinstance(end, Fraction) and end.denominator == 1 else float(end))


def empty(story: ReductionStory, derived: Derived, before: tuple[ReductionStory, ...]) -> Iterator[Block]:
    """Nothing seen, or all of it masked: what stands in for a summary, and what the value is."""
    if derived.rebased_on:
        yield from _bottom(story, derived, before)
    identity = Math(number_of(derived.identity))
    if derived.estimate is not None and derived.empty is not None:
        said = sentence("Before anything was seen, which {} tells, {} stands for it.", _test(story, derived.empty), identity)
    elif derived.empty_safe:
        said = sentence("Where nothing was visited the value comes out as {}, by itself.", identity)
    elif derived.empty is not None:
        template = "Where nothing was visited, or all of it masked, the last formula has no value; {} tells, and {} stands there."
        said = sentence(template, _test(story, derived.empty), identity)
    else:
        said = sentence("Where nothing was visited the value should be {}; nothing carried tells, so that is for the filter to say.", identity)
    yield Paragraph(said)


def _test(story: ReductionStory, e: Expr) -> Math:
    return Math(Statement(story.naming.formula(e)))


def _bottom(story: ReductionStory, derived: Derived, before: tuple[ReductionStory, ...]) -> Iterator[Block]:
    found = next((o.method.partition(": ")[2] for o in derived.obligations if o.name == "bottom"), "")
    kinds = [told for kind, told in MET.items() if kind in found.split(", ")]
    summaries = joined([Math(story.naming.summary(n)) for n in derived.rebased_on if any(name == n for name, _ in derived.safe)])
    if not derived.safe:
        yield paragraph("Before anything was seen the correction has a value as it stands, so nothing has to stand in.")
        return
    earlier = next((s for s in before if isinstance(s.result, Derived) and s.result.safe == derived.safe and _kinds(s.result) == found), None)
    if earlier is not None:
        yield paragraph("Before anything was seen, or where all was masked, the same stands in as for {}.", names((earlier.name,)))
        return
    yield paragraph(
        "Before anything was seen, or where all of it was masked, {} has no value that can be followed. There stands in, one after the other,",
        summaries,
    )
    lines: list[Related] = []
    for i, (name, e) in enumerate(derived.safe):
        for other, replaced in derived.safe[:i]:
            e = replace_subexpression(e, replaced, Param(other))
        lines += broken(Related(story.naming.parameter(name), "becomes", story.naming.formula(e)))
    yield Display(tuple(lines))
    several = ", depending on the accumulator" if len(kinds) > 1 else ""
    said = [f"An element that is itself there {', or '.join(does for does, _ in kinds)}{several}."] if kinds else []
    said += [follows for _, follows in kinds if follows]
    if any(name.endswith(FOLLOWING) for name, _ in derived.safe):
        said.append("What starts from the new value instead is marked fol.")
    if derived.starts_safe:
        said.append("Where the first tile surely brings a finite value, none of this is needed.")
    yield paragraph("{}", Text(" ".join(said)))


def _kinds(derived: Derived) -> str:
    return next((o.method.partition(": ")[2] for o in derived.obligations if o.name == "bottom"), "")
