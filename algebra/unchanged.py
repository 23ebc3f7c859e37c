"""Does a step over nothing leave the state as it is? An empty tile of a running maximum, sum or mean must not change it; this proves it.

What is over nothing has its reduction's identity, or its empty value, as its value. Put into the maps that make the next state and simplified by
the operators' laws, that must give the old state: `max(RM, -inf) = RM`, `exp(RM - RM) = 1`, `RD * 1 + 0 = RD`. Laws hold for reals; a state may
besides be at the infinity it starts from, where `RM - RM` has no value. So each `select` on a condition is followed both ways, with what
the condition says, and a difference of equals is 0 only where they are known to be finite. What is not proved is not claimed.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from .affine import Affine
from .evaluate import FLOAT_FUNCTIONS
from .expr import Access, Apply, Expr, Leaf, Num, map_leaves, substitute_ranks, walk
from .laws import DEFAULT_LAWS, Laws

MOST_CASES = 64
"""Cases into which conditions may split a claim."""

LARGEST = 2000
"""Nodes of an expression that maps are put into, at most."""

RIGHT_IDENTITIES: Mapping[str, float] = {"sub": 0, "div": 1, "pow": 1}
"""Operator -> what changes nothing as its second argument; those that reduce have theirs on both sides, see `Laws.identity`."""

NUMBERS_ONLY = frozenset(("or", "and"))
"""Operators whose identity makes a truth value of a number, so that it changes something."""


@dataclass(frozen=True)
class Made:
    """An Einsum, or a task of one, in one step: its name and those of what it reads, in the order of its map's accesses.

    `reduce`: the operators of its reductions. `empty`: what a map alone leaves where its filter does. `onto`: what its accumulators start from.
    `opaque`: nothing is known of its value where it visits something.
    """

    name: str
    out: tuple[Affine, ...]
    map: Expr
    operands: tuple[str, ...]
    reduce: tuple[str, ...] = ()
    empty: int | float | None = None
    onto: str | None = None
    opaque: bool = False


@dataclass(frozen=True)
class Carried:
    """A state: its name, the name of what it is in the next step, and the number it starts from (None: unknown)."""

    name: str
    next: str
    initial: int | float | None


@dataclass
class Step:
    """One step of a loop: what is made in it, in order, and what it carries; under laws."""

    made: Sequence[Made]
    states: Sequence[Carried]
    laws: Laws = DEFAULT_LAWS
    _made: dict[str, Made] = field(init=False)
    _leaves: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self._made = {m.name: m for m in self.made}
        self._leaves = [s.name for s in self.states]

    def unchanged(self, nothing: Collection[str]) -> list[Carried]:
        """The states that a step leaves as they are if what `nothing` names visits no point: proved, for every value that states may have."""
        return [s for s in self.states if self._stays(s, frozenset(nothing))]

    def _stays(self, state: Carried, nothing: frozenset[str]) -> bool:
        made = self._made.get(state.next)
        if made is None or (ranks := _plain(made.out)) is None:
            return False
        subscripts = tuple(Affine.rank(r) for r in ranks)
        new = self._value(state.next, subscripts, nothing, {})
        finite = frozenset(i for i, s in enumerate(self.states) if s.initial is not None and math.isfinite(s.initial))
        starts = {i: s.initial for i, s in enumerate(self.states) if s.initial is not None and math.isinf(s.initial)}
        return new is not None and _Cases(self.laws, starts).same(new, Access(self._leaves.index(state.name), subscripts), _Facts(finite))

    def _value(self, name: str, at: tuple[Affine, ...], nothing: frozenset[str], memo: dict[tuple[str, tuple[Affine, ...]], Expr]) -> Expr | None:
        """The value at some coordinates, over states and what is not looked into; None if that is too large to tell."""
        if (name, at) in memo:
            return memo[name, at]
        made = self._made.get(name)
        found: Expr | None
        if made is None or (name not in nothing and (made.reduce or made.opaque)) or (ranks := _plain(made.out)) is None:
            found = self._leaf(name, at)
        elif name in nothing and made.onto is not None:
            found = self._value(made.onto, at, nothing, memo)
        elif name in nothing:
            identities = {self.laws.identity(op) for op in made.reduce} or {made.empty or 0}
            identity = identities.pop()
            found = self._leaf(name, at) if identities or identity is None else Num(identity)
        else:
            replaced = substitute_ranks(self.laws.inline(made.map), dict(zip(ranks, at, strict=True)))
            read: dict[Access, Expr | None] = {}
            for e in walk(replaced):
                if isinstance(e, Access):
                    read[e] = self._value(made.operands[e.tensor], e.subscripts, nothing, memo)
            if any(v is None for v in read.values()):
                return None

            def leaf(e: Leaf) -> Expr:
                return (read[e] or e) if isinstance(e, Access) else e

            found = simplified(map_leaves(replaced, leaf), self.laws, _Facts())
            if sum(1 for _ in walk(found)) > LARGEST:
                return None
        if found is not None:
            memo[name, at] = found
        return found

    def _leaf(self, name: str, at: tuple[Affine, ...]) -> Expr:
        if name not in self._leaves:
            self._leaves.append(name)
        return Access(self._leaves.index(name), at)


def _plain(out: Sequence[Affine]) -> list[str] | None:
    """The ranks that a result's subscripts are, if they are different ranks and nothing else."""
    ranks = [s.plain for s in out]
    known = [r for r in ranks if r is not None]
    return known if len(known) == len(ranks) == len(set(known)) else None


@dataclass(frozen=True)
class _Facts:
    """What is known in a case: the leaves (by number) that are finite, and conditions with their truth."""

    finite: frozenset[int] = frozenset()
    points: frozenset[Expr] = frozenset()
    """Single elements that are finite."""
    truths: tuple[tuple[Expr, bool], ...] = ()

    def is_finite(self, e: Expr) -> bool:
        """Whether an expression has a real value, wherever it has one: sums, products, extremes and exponentials of finite values."""
        match e:
            case Num(value):
                return math.isfinite(value)
            case Access():
                return e.tensor in self.finite or e in self.points
            case Apply(op, args):
                return op in ("add", "sub", "mul", "neg", "max", "min", "abs", "exp", "tanh") and all(map(self.is_finite, args))
            case _:
                return True


@dataclass
class _Cases:
    """A claim followed through the cases of its conditions. `starts`: leaf -> the infinity that it may be at, besides being real."""

    laws: Laws
    starts: Mapping[int, int | float]
    left: int = MOST_CASES

    def same(self, new: Expr, old: Expr, facts: _Facts) -> bool:
        new = simplified(new, self.laws, facts)
        if new == simplified(old, self.laws, facts):
            return True
        condition = next((e.args[0] for e in walk(new) if isinstance(e, Apply) and e.op == "select" and e.merge in (None, "pass-through")), None)
        if condition is None or self.left <= 0:
            return False
        self.left -= 1
        return self._where(condition, new, old, facts) and self._where_not(condition, new, old, facts)

    def _where(self, condition: Expr, new: Expr, old: Expr, facts: _Facts) -> bool:
        match condition:
            case Apply("eq", (Access() as leaf, Num() as number)):
                return self.same(_replaced(new, leaf, number), _replaced(old, leaf, number), facts)
            case _:
                return self.same(new, old, _Facts(facts.finite, facts.points, (*facts.truths, (condition, True))))

    def _where_not(self, condition: Expr, new: Expr, old: Expr, facts: _Facts) -> bool:
        points = facts.points
        match condition:
            case Apply("eq", (Access() as leaf, Num(value))) if self.starts.get(leaf.tensor) == value:
                points = points | {leaf}
            case _:
                pass
        return self.same(new, old, _Facts(facts.finite, points, (*facts.truths, (condition, False))))


def _replaced(e: Expr, what: Expr, by: Expr) -> Expr:
    return map_leaves(e, lambda leaf: by if leaf == what else leaf)


def simplified(e: Expr, laws: Laws = DEFAULT_LAWS, facts: _Facts = _Facts()) -> Expr:
    """The expression with what the laws and the facts decide put in its place, operands first."""
    if not isinstance(e, Apply) or e.merge not in (None, "pass-through"):
        return e
    args = tuple(simplified(a, laws, facts) for a in e.args)
    whole = Apply(e.op, args, e.merge)
    for condition, truth in facts.truths:
        if condition == whole:
            return Num(int(truth))
    return _by_numbers(whole) or _by_identity(whole, laws) or _by_equals(whole, facts) or _by_choice(whole) or whole


def _by_numbers(e: Apply) -> Expr | None:
    """What an operation on numbers alone gives, if it gives a number."""
    if (function := FLOAT_FUNCTIONS.get(e.op)) is None or not all(isinstance(a, Num) for a in e.args):
        return None
    try:
        value = function(*(float(a.value) for a in e.args if isinstance(a, Num)))
    except (ArithmeticError, ValueError):
        return None
    return None if math.isnan(value) else Num(int(value) if math.isfinite(value) and value == int(value) else value)


def _by_identity(e: Apply, laws: Laws) -> Expr | None:
    if len(e.args) != 2 or e.op in NUMBERS_ONLY:
        return None
    a, b = e.args
    both = laws.identity(e.op)
    if both is not None and a == Num(both):
        return b
    right = RIGHT_IDENTITIES.get(e.op, both)
    return a if right is not None and b == Num(right) else None


def _by_equals(e: Apply, facts: _Facts) -> Expr | None:
    """Two arguments that are the same, and a product with 0."""
    match e:
        case Apply(("max" | "min"), (a, b)) if a == b:
            return a
        case Apply(("eq" | "le" | "ge"), (a, b)) if a == b:
            return Num(1)
        case Apply(("ne" | "lt" | "gt"), (a, b)) if a == b:
            return Num(0)
        case Apply("sub", (a, b)) if a == b and facts.is_finite(a):
            return Num(0)
        case Apply("mul", (a, b)) if Num(0) in (a, b) and facts.is_finite(a) and facts.is_finite(b):
            return Num(0)
        case _:
            return None


def _by_choice(e: Apply) -> Expr | None:
    match e:
        case Apply("select", (Num(value), then, otherwise)):
            return then if value else otherwise
        case Apply("select", (_, then, otherwise)) if then == otherwise:
            return then
        case _:
            return None
