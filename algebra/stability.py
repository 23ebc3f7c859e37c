"""Deferred or rebased? The stability rule, decided from growth and intervals, never from a pattern.

Kept (rebased on) is the smallest set of summaries with which nothing carried grows exponentially, nothing large is subtracted at the
end, and no power of the data exceeds what the original cascade computes; the rest is deferred. Rebasing needs the summary's part to be
finite at every reachable value. Where that cannot be proved, another centre is kept instead, of the same elements (`centres.py`), and where
there is none the form is refused; `numerics="fast"` defers what is not exponential all the same.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from .build import ONE, Addend, Factor, product, total
from .carry import Choice, Kept
from .centres import Mask, centres, masked, sizes, taken
from .derivation import Options
from .expr import Apply, Expr, Param, walk
from .extent import extent, scaled_sum
from .growth import Growth, growth
from .invariants import Invariants
from .scope import element_leaves, replace_subexpression
from .terms import Split, Term, Wave, scaled
from .vanishing import vanishes_with


class Unstable(Exception):
    """A term can be carried in no form that neither overflows nor divides by what may be zero.

    `centre`: elements whose extreme would help, if the chain had it.
    """

    def __init__(self, why: str, centre: Expr | None = None):
        super().__init__(why)
        self.centre = centre


@dataclass
class Policy:
    """The choices for one reduction; `notes` collects the reasons that belong in the explanation.

    `means` collects the sums that are rebased on divided by the number of elements, `wishes` the elements whose extreme would be a better centre.
    """

    known: Invariants
    options: Options
    late: frozenset[str]
    notes: list[str] = field(default_factory=list[str])
    means: set[str] = field(default_factory=set[str])
    wishes: list[Expr] = field(default_factory=list[Expr])

    def choose(self, term: Term) -> Choice:
        waves = [self._wave(w, term.mask) if w.kind == "exp" else () for w in term.waves]
        shifts = [self._shift(s, term.mask) for s, _ in term.shifts]
        return Choice(waves, shifts, self._scale(term))

    def obstacle(self, parts: Iterable[Expr], divides: bool = False, guarded: bool = False) -> str | None:
        """Why these summary parts cannot be rebased on, None if they can: running values must exist and be finite.

        `guarded`: any finite value will do where they do not exist, and a sum of weights that are never negative says where: it is zero there.
        """
        for e in parts:
            for name in sorted(self.known.scope.of(e).summaries):
                if name in self.late:
                    return f"{name} itself needs another pass"
                if not self.known.summaries[name].total:
                    return f"the running value of {name} may be undefined on a prefix"
            undefined = self.known.defined(e)
            if guarded and undefined is not None and self._weighted(undefined):
                continue
            if undefined is not None or (divides and not self.known.interval(e).nonzero):
                return "its correction divides by a value that may be zero"
        return None

    def _wave(self, wave: Wave, mask: Mask) -> Kept:
        """The fewest summaries that keep the exponent bounded; all of them where no bound is provable: as in the original."""
        summaries = wave.split.summaries
        limit = math.log(self.options.limit)
        bare = self.known.interval(_argument(wave, ()))
        if bare.magnitude <= limit:
            return ()
        names = sorted({n for _, e in summaries for n in self.known.scope.of(e).summaries})
        reasons: list[str] = []
        accepted: list[Kept] = []
        for subset in _subsets(names):
            kept = tuple(a for a in summaries if self.known.scope.of(a[1]).summaries <= subset)
            whole = subset == frozenset(names)
            bounded = self.known.interval(self._under(mask, _argument(wave, kept))).high <= limit
            if not kept or not (bounded or whole):
                continue
            reason = self.obstacle(e for _, e in kept)
            if reason is None and not bounded and not self._comparable(wave, kept):
                reason = "no summary bounds it"
            if reason is None:
                if bounded:
                    return kept
                accepted.append(kept)
            else:
                reasons.append(reason)
        for centre in centres(wave.split, mask, self.known, means=False):
            bounded = self.known.interval(self._under(mask, _argument(wave, centre))).high <= limit
            if bounded and self.obstacle(e for _, e in centre) is None:
                return centre  # an element attains it, so that the rest is no larger than the original's own term there
        elements = masked(total(wave.split.elements), mask) if wave.scale == ONE else None
        if accepted:
            self.notes.append("no bound on its exponent is provable, so it is as large as the original's own terms")
            self.means.update(name for a in accepted[0] for name in self._means(a))
            if elements is not None and self.options.numerics == "safe":
                self.wishes.append(elements)
            return accepted[0]
        why = f"an unbounded exponential of the elements would be carried: {reasons[0] if reasons else 'no summary bounds it'}"
        raise Unstable(why, elements)

    def _comparable(self, wave: Wave, kept: Sequence[Addend]) -> bool:
        """Whether an exponential that has no provable bound stays, on every prefix, about as small as on the whole fiber.

        It does where it is bounded but for the sign of a constant of the fiber (an inverse temperature), and where the summaries that it
        follows are of the same size on a prefix: means of what does not grow exponentially. `numerics="fast"` does not ask.
        """
        if self.options.numerics == "fast":
            return True
        bare = self.known.interval(Split(wave.split.elements, tuple(kept)).expr)
        if min(bare.high, -bare.low) <= math.log(self.options.limit):
            return True
        return all(set(self.known.scope.of(a[1]).summaries) == set(self._means(a)) and not self._growth(a[1]).exponential for a in kept)

    def _under(self, mask: Mask, e: Expr) -> Expr:
        """`e` where the mask holds: there, a branch equals the masked body that a summary bounds."""
        for summary in self.known.summaries.values():
            branch, found = taken(summary.body, mask)
            if found and summary.body not in walk(e):
                e = replace_subexpression(e, branch, summary.body)
        return e

    def _shift(self, split: Split, mask: Mask) -> Kept:
        """What is subtracted from the data and grows with it stays with it, so that large means do not cancel at the end.

        Where that cannot be, any centre among the same elements does as well: it is no further from them than they are from one another.
        """
        if self.options.numerics == "fast":
            return ()
        compact = math.isfinite(self.known.interval(total(split.elements)).magnitude)
        large = split.summaries if compact else tuple(a for a in split.summaries if not self._growth(a[1]).bounded)
        sides = [self.known.interval(total(part)) for part in (split.elements, large)]
        if all(s.nonnegative for s in sides) or all(s.nonpositive for s in sides):
            return ()  # what is added with one sign does not cancel
        reason = self.obstacle((e for _, e in large), guarded=True)
        distant = any(extent(e, self.known) != 0 and scaled_sum(e, self.known) is None for _, e in large)
        if reason is None and not distant:
            self.means.update(name for a in large for name in self._means(a))
            return large
        for centre in centres(split, mask, self.known, means=True):
            if self.obstacle(e for _, e in centre) is None:
                self.means.update(name for a in centre for name in self._means(a))
                return centre
        if reason is None:
            self.wishes.append(masked(total(split.elements), mask))
            self.notes.append("the running value of a sum that is subtracted is not near its final one")
            return large
        if compact:
            self.notes.append(f"what is subtracted from the data is deferred, and both are bounded, because {reason}")
            return ()
        why = f"deferred, what it subtracts from the data may cancel (numerics=fast accepts that), and it cannot be followed: {reason}"
        raise Unstable(why, masked(total(split.elements), mask))

    def _weighted(self, e: Expr) -> bool:
        """Whether it is a sum divided by the sum of weights that are never negative."""
        match e:
            case Apply("div", (a, Param(name) as b)) if self.known.defined(a) is None and name in self.known.summaries:
                return self.known.summaries[name].op == "add" and self.known.nonnegative(b)
            case _:
                return False

    def _means(self, addend: Addend) -> Iterable[str]:
        """S, if the addend is a multiple of a sum S of elements whose number is known, such as S / n."""
        name = scaled_sum(addend[1], self.known)
        if name is not None:
            yield name

    def _scale(self, term: Term) -> tuple[Factor, ...]:
        """A divisor is kept where deferring it would carry a higher power of the data than the cascade computes to get it.

        Where it cannot be, the largest of the same elements, as far as they were visited, divides them as well. Only beside pure elements: a
        centred power is of moderate size, and its lower powers would have to be divided too.
        """
        kept: list[Factor] = []
        if self.options.numerics == "safe" and not term.shifts:
            carried = self._growth(product(term.elements))
            for base, exponent in term.scalars:
                if exponent < 0 and self._exceeds(carried, base):
                    found = [b for b in (base, *sizes(base, term.elements, self.known)) if self._divides(b, term) is None]
                    if found:
                        kept.append((found[0], exponent))
                    else:
                        self.notes.append(f"the division by a summary is deferred, because {self._divides(base, term)}")
        return tuple(kept)

    def _divides(self, base: Expr, term: Term) -> str | None:
        """Why a running value cannot divide what is carried, None if it can."""
        if vanishes_with(base, product(term.elements), self.known):
            return self.obstacle((base,))
        return self.obstacle((base,), divides=True)

    def _exceeds(self, carried: Growth, divisor: Expr) -> bool:
        bodies = [self.known.summaries[n].body for n in self.known.scope.of(divisor).summaries]
        zero = Fraction(0)
        for leaf in dict.fromkeys(leaf for b in bodies for leaf in element_leaves(b)):
            computed = max(self._growth(b).degrees.get(leaf, zero) for b in bodies)
            if carried.degrees.get(leaf, zero) > computed > 0:
                return True
        return False

    def _growth(self, expr: Expr) -> Growth:
        return growth(expr, self.known, self.options.limit)


def _argument(wave: Wave, kept: tuple[Addend, ...]) -> Expr:
    """The argument with only the kept summary addends, as an expression to bound."""
    return scaled(wave.scale, Split(wave.split.elements, kept).expr)


def _subsets(names: list[str]) -> Iterable[frozenset[str]]:
    return (frozenset(c) for size in range(1, len(names) + 1) for c in itertools.combinations(names, size))
