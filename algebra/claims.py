"""What a derivation rests on, stated: each obligation as equalities or conditions between named parts of the derivation.

The parts have the names of theory.md: `body`, `carried.j` (the basis), `final`, `K.j.i` (the correction). They are functions of the summaries, which
stand for their running values (`%D.old`, `%D`) or for the values of several partial results (`%D@1`, `%D@2`, ..).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

from .bottoms import FOLLOWING
from .build import ONE, ZERO
from .derivation import OLD, Derived
from .expr import Apply, Expr, Num, Param, walk
from .invariants import Invariants
from .laws import ORDER_AS
from .scope import params, rename_params
from .smt import conditions
from .smt_text import Definition

Pair = tuple[Expr, Expr]

_ALGEBRAIC = frozenset({"add", "sub", "mul", "div", "neg"})


@dataclass(frozen=True)
class Claim:
    """An obligation as stated: equalities and conditions that hold wherever the expressions in `given` have values and `where` is true.

    `lemmas` are what another obligation establishes; the claim then follows from them alone, whatever the parts are.
    """

    name: str
    statement: str
    parts: tuple[Definition, ...]
    equal: tuple[Pair, ...] = ()
    holds: tuple[Expr, ...] = ()
    given: tuple[Expr, ...] = ()
    where: tuple[Expr, ...] = ()
    lemmas: tuple[Expr, ...] = ()


def running(name: str, at: int | None = None) -> Expr:
    """The value of a summary in the numbered partial result, or the one after the tile."""
    return Param(name if at is None else f"{name}@{at}")


def summary_of(name: str) -> str:
    """The summary (or accumulator) of which a parameter is a value."""
    return name.partition("@")[0].removesuffix(FOLLOWING).removesuffix(OLD)


@dataclass
class Statements:
    """The claims about one derivation."""

    item: Derived
    known: Invariants

    @cached_property
    def body(self) -> Definition:
        return Definition("body", (), self.known.laws.inline(self.item.reduction.body))

    @cached_property
    def carried(self) -> tuple[Definition, ...]:
        bases = [self.known.laws.inline(a.basis) for a in self.item.accumulators]
        return tuple(Definition(f"carried.{j}", tuple(map(running, self.moving)), b) for j, b in enumerate(bases))

    @cached_property
    def final(self) -> Definition:
        return Definition("final", tuple(Param(a.name) for a in self.item.accumulators), self.known.laws.inline(self.item.final))

    @cached_property
    def moving(self) -> tuple[str, ...]:
        """The summaries that the carried terms and their correction depend on, earliest first."""
        read = [a.basis for a in self.item.accumulators] + [k for row in self.item.correction for k in row if k is not None]
        found = {summary_of(p) for e in read for p in params(e)}
        return tuple(n for n in self.known.summaries if n in found)

    @cached_property
    def correction(self) -> tuple[tuple[Definition | None, ...], ...]:
        before = tuple(Param(n + OLD) for n in self.moving)
        formals = (*before, *map(running, self.moving))
        return tuple(
            tuple(None if k is None else Definition(f"K.{j}.{i}", formals, self._plain(k)) for i, k in enumerate(row))
            for j, row in enumerate(self.item.correction)
        )

    def _plain(self, k: Expr) -> Expr:
        """An entry of the correction with one name for a running value, whichever stand-in it has at a bottom."""
        return rename_params(self.known.laws.inline(k), lambda n: n.removesuffix(FOLLOWING) + OLD if n.endswith(FOLLOWING) else n)

    @property
    def entries(self) -> tuple[Definition, ...]:
        return tuple(k for row in self.correction for k in row if k is not None)

    @property
    def algebraic(self) -> bool:
        """Whether the correction is a polynomial in the summaries."""
        parts = [e for k in self.entries for e in walk(k.body) if isinstance(e, Apply)]
        divisors = [p for e in parts if e.op == "div" for p in params(e.args[1])]
        return all(e.op in _ALGEBRAIC for e in parts) and not any(summary_of(p) in self.moving for p in divisors)

    # the claims --------------------------------------------------------------------------------------------------------

    def identity(self) -> Claim:
        """On a fiber of one element the final value is the body, wherever the body has a value."""
        pair = (self.final(*(c() for c in self.carried)), self.body())
        statement = "the final value of a single element is the original term"
        return Claim("identity", statement, (*self.carried, self.final, self.body), (pair,), given=(self.body(),))

    def distributivity(self) -> Claim:
        """final(A (+) B) = final(A) (+) final(B), with the summaries fixed."""
        left, right = self.state(1), self.state(2)
        joint = [combined(a.op, p, q) for a, p, q in zip(self.item.accumulators, left, right, strict=True)]
        pair = (self.final(*joint), combined(self.item.reduction.op, self.final(*left), self.final(*right)))
        statement = "the final value of two parts combined is the combination of their final values"
        return Claim("distributivity", statement, (self.final,), (pair,), given=(self.final(*left), self.final(*right)))

    def shift(self) -> Claim:
        """b(x, d') = K(d, d') b(x, d)."""
        old = tuple(Param(n + OLD) for n in self.moving)
        new = tuple(map(running, self.moving))
        before, after = [c(*old) for c in self.carried], [c(*new) for c in self.carried]
        pairs = tuple((b, total(self.row(j, before, old, new))) for j, b in enumerate(after))
        statement = "moving the summaries moves the carried terms by the correction matrix"
        return Claim("shift", statement, (*self.carried, *self.entries), pairs, given=(*before, *after))

    def unit(self) -> Claim:
        """K(d, d) = I."""
        here = self.at(None)
        pairs = tuple(
            (ZERO if k is None else k(*here, *here), ONE if i == j else ZERO)
            for j, row in enumerate(self.correction)
            for i, k in enumerate(row)
            if k is not None or i == j
        )
        statement = "without a move of the summaries the correction is the identity"
        return Claim("unit", statement, self.entries, pairs, given=tuple(k(*here, *here) for k in self.entries))

    def cocycle(self) -> Claim:
        """K(d', d'') K(d, d') = K(d, d'')."""
        pairs = tuple(self.composed(1, 2, 3))
        return Claim("cocycle", "correcting twice is correcting once", self.entries, pairs, given=self.moved((1, 2), (2, 3), (1, 3)))

    def composed(self, a: int, b: int, c: int) -> Iterator[Pair]:
        """The entries of K from a by b to c, and those from a to c; what is zero on both sides is left out."""
        size = range(self.item.k)
        for j, i in product(size, size):
            path = [times(self.between(j, via, b, c), self.between(via, i, a, b)) for via in size]
            direct = self.between(j, i, a, c)
            if direct is not None or any(p is not None for p in path):
                yield total(path), ZERO if direct is None else direct

    def merge(self) -> Claim:
        """(p * q) * r = p * (q * r), for any values of the joint summaries."""
        pairs = tuple(self.associated(self.state(1), self.state(2), self.state(3)))
        moves = ((1, 4), (2, 4), (4, 6), (3, 6), (2, 5), (3, 5), (1, 6), (5, 6))
        return Claim("merge", "merging partial results is associative", self.entries, pairs, given=self.moved(*moves))

    def associated(self, p: Sequence[Expr], q: Sequence[Expr], r: Sequence[Expr]) -> list[Pair]:
        """(p * q) * r and p * (q * r): p, q, r are of summaries 1, 2, 3; p and q meet at 4, q and r at 5, all at 6."""
        left = self.merged(self.merged(p, q, 1, 2, 4), r, 4, 3, 6)
        right = self.merged(p, self.merged(q, r, 2, 3, 5), 1, 5, 6)
        return list(zip(left, right, strict=True))

    def merge_by_cocycle(self) -> Claim:
        """The same, for each unit vector in place of p, q or r, the others zero, as both sides are linear in all three: it is the cocycle."""
        size = range(self.item.k)
        zero: list[Expr] = [ZERO for _ in size]
        pairs: list[Pair] = []
        for place, i in product(range(3), size):
            unit: list[Expr] = [ONE if j == i else ZERO for j in size]
            pairs += self.associated(*(unit if n == place else zero for n in range(3)))
        lemmas = tuple(Apply("eq", pair) for a, b, c in ((1, 4, 6), (2, 4, 6), (2, 5, 6), (3, 5, 6)) for pair in self.composed(a, b, c))
        return Claim("merge", self.merge().statement, self.entries, tuple(dict.fromkeys(pairs)), lemmas=lemmas)

    def empty(self) -> Claim:
        """A state merged with an empty one, which leaves the summaries as they are, is unchanged."""
        identities: list[Expr] = [Num(int(a.identity)) for a in self.item.accumulators]
        pairs = tuple(zip(self.merged(self.state(1), identities, 1, 2, 1), self.state(1), strict=True))
        return Claim("empty", "an empty tile changes nothing", self.entries, pairs, given=self.moved((1, 1), (2, 1)))

    def defined(self) -> Claim:
        """The correction and the carried terms have a value wherever the summaries are within their ranges.

        What depends on the elements only is the original's own; what the constants leave undefined is so in the original, too.
        """
        read = [k.body for k in self.entries] + [c.body for c in self.carried]
        needed = dict.fromkeys(c for e in read for c in conditions(e))
        holds = tuple(c for c in needed if any(summary_of(p) in self.known.summaries for p in params(c)))
        where = tuple(c for c in needed if self.known.scope.of(c).constant and c not in holds)
        statement = "no correction divides by zero at a reachable value of the summaries (bottoms are replaced first)"
        return Claim("defined", statement, (), holds=holds, where=where)

    # parts of claims ---------------------------------------------------------------------------------------------------

    def at(self, index: int | None) -> tuple[Expr, ...]:
        return tuple(running(n, index) for n in self.moving)

    def with_parts(self, claim: Claim, hidden: Mapping[Expr, Expr]) -> Claim:
        """The claim about `final` with some parts of it replaced."""

        def hide(e: Expr) -> Expr:
            found = hidden.get(e)
            if found is not None or not isinstance(e, Apply):
                return found or e
            return Apply(e.op, tuple(map(hide, e.args)), e.merge)

        final = replace(self.final, body=hide(self.final.body))
        return replace(claim, parts=tuple(final if p is self.final else p for p in claim.parts))

    def state(self, index: int) -> list[Expr]:
        return [Param(f"{a.name}@{index}") for a in self.item.accumulators]

    def between(self, j: int, i: int, start: int, to: int) -> Expr | None:
        k = self.correction[j][i]
        return None if k is None else k(*self.at(start), *self.at(to))

    def moved(self, *moves: tuple[int, int]) -> tuple[Expr, ...]:
        """The entries of the correction for these moves."""
        return tuple(k(*self.at(start), *self.at(to)) for start, to in moves for k in self.entries)

    def row(self, j: int, values: Sequence[Expr], old: tuple[Expr, ...], new: tuple[Expr, ...]) -> list[Expr | None]:
        """The addends of row j of K applied to values."""
        return [None if k is None else times(k(*old, *new), v) for k, v in zip(self.correction[j], values, strict=True)]

    def merged(self, p: Sequence[Expr], q: Sequence[Expr], at_p: int, at_q: int, to: int) -> list[Expr]:
        """Two states, each corrected from its summaries to the joint ones, combined."""
        joint = self.at(to)
        return [total([*self.row(j, p, self.at(at_p), joint), *self.row(j, q, self.at(at_q), joint)]) for j in range(self.item.k)]


def combined(op: str, a: Expr, b: Expr) -> Expr:
    return Apply({"or": "max", "and": "min"}.get(op, ORDER_AS.get(op, op).removeprefix("arg")), (a, b))


def times(a: Expr | None, b: Expr | None) -> Expr | None:
    return None if a is None or b is None else Apply("mul", (a, b))


def total(parts: Iterable[Expr | None]) -> Expr:
    result: Expr | None = None
    for p in parts:
        if p is not None:
            result = p if result is None else Apply("add", (result, p))
    return ZERO if result is None else result
