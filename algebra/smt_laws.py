"""Ground instances of the laws of functions that SMT-LIB's reals lack, at the arguments that occur in a claim.

exp(t) > 0, and a product of exponentials is the exponential of the sum; log undoes exp; a square root is the
non-negative r with r r = a; sine and cosine have their addition formulas; a power is multiplicative; what is declared or known to be
monotone or bounded is so for each argument, and each pair of arguments, met. Every instance is true of the real functions: none of them assumes more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from .build import product
from .expr import Apply, Expr, Num, walk
from .laws import ADDITION_FORMULAS, RANGES, Laws
from .linear import collect, factors, plain
from .polynomials import common_units, exact, exact_sum, in_units, normal_form, polynomial
from .smt_text import LARGEST_POWER, Writer, applied, real, whole

MOST_FACTORS = 16
"""Most factors that an exponential is taken apart into."""

MOST_PARTS = 5
"""Most parts that the argument of a sine or cosine is taken apart into."""

MOST_PAIRED = 6
"""Most arguments of one function that are compared pair by pair."""

ORDER = frozenset({"max", "min", "abs", "lt", "le", "gt", "ge", "sqrt", "rsqrt", "pow"})
"""Operators that make the sign of a value, or which of two is larger, matter to a claim."""

_DEFINED = frozenset({"abs", "sign", "neg", "not"})
"""Operators that a script has a definition of."""

_RANGE_STATED = _DEFINED | {"exp", "sqrt", "rsqrt"}
"""Operators whose range is part of their definition or of their other laws."""


class Instances:
    """The instances for the functions applied in some expressions (defined parts expanded), as SMT-LIB formulas, each once."""

    def __init__(self, expressions: Sequence[Expr], laws: Laws, writer: Writer, ordered: bool, apart: bool):
        """`ordered`: the claim is about which value is larger, so that it matters what is monotone.

        `apart`: exponentials are taken apart; else, those that are multiplied with one another are put together, which is easier to follow.
        """
        self.laws, self.writer, self.ordered, self.apart = laws, writer, ordered, apart
        self.products = dict.fromkeys(e for x in expressions for e in largest_products(x))
        self.met = dict.fromkeys(e for x in expressions for e in walk(x) if isinstance(e, Apply) and plain(e))
        self.arguments: dict[str, list[Expr]] = {}
        for e in self.met:
            if len(e.args) == 1:
                self.arguments.setdefault(e.op, []).append(e.args[0])
        self.units = common_units(self.arguments.get("exp", []))
        self.waves = common_units([a for op in ADDITION_FORMULAS for a in self.arguments.get(op, [])])

    def formulas(self) -> list[str]:
        rules: Mapping[str, Callable[[Apply], Iterator[str]]] = {
            "exp": self._exponential,
            "log": self._logarithm,
            "sqrt": self._root,
            "rsqrt": self._root,
            "pow": self._power,
            **dict.fromkeys(ADDITION_FORMULAS, self._wave),
        }
        found: dict[str, None] = {}
        for e in self.met:
            found.update((f, None) for rule in (rules.get(e.op, self._declared), self._range) for f in rule(e))
        if self.apart:
            found.update((f, None) for base in self._bases() for f in self._positive(base))
        else:
            found.update((f, None) for e in self.products for f in self._gathered(e))
        for op, arguments in self.arguments.items():
            if self.ordered or op not in rules:
                found.update((f, None) for f in self._monotone(op, arguments))
        return list(found)

    # exp and log -------------------------------------------------------------------------------------------------------

    def _bases(self) -> Iterator[Expr]:
        """exp at the units that its arguments are taken apart into."""
        for argument in self.arguments.get("exp", []):
            for _, unit in in_units(polynomial(argument), self.units):
                yield Apply("exp", (unit,))

    def _positive(self, e: Expr) -> Iterator[str]:
        yield applied(">", self.writer.term(e), "0.0")
        inner = e.args[0] if isinstance(e, Apply) else e
        if isinstance(inner, Apply) and inner.op == "log" and plain(inner):
            argument = self.writer.term(inner.args[0])
            yield applied("=>", applied(">", argument, "0.0"), applied("=", self.writer.term(e), argument))

    def _exponential(self, e: Apply) -> Iterator[str]:
        yield from self._positive(e)
        parts = in_units(polynomial(e.args[0]), self.units)
        if not self.apart or parts == [(1, e.args[0])] or sum(abs(n) for n, _ in parts) > MOST_FACTORS:
            return
        above = [Apply("exp", (unit,)) for n, unit in parts for _ in range(n)]
        below = [Apply("exp", (unit,)) for n, unit in parts for _ in range(-n)]
        yield applied("=", self._times([e, *below]), self._times(above))

    def _gathered(self, e: Expr) -> Iterator[str]:
        """The product of the exponentials among the factors is the exponential of the sum, written in its normal form."""
        powers = [(base, n) for base, n in collect(factors(e)[1]).items() if _exponent(base) is not None]
        if not powers or sum(abs(n) for _, n in powers) > MOST_FACTORS:
            return
        exponents = exact_sum((Fraction(n), base.args[0]) for base, n in powers if isinstance(base, Apply))
        normal = normal_form(exponents)
        above = [base for base, n in powers for _ in range(n)]
        below = [base for base, n in powers for _ in range(-n)]
        joined = Apply("exp", (normal,))
        yield from self._positive(joined)
        if normal == Num(0):
            yield applied("=", self.writer.term(joined), "1.0")
        if [*above, *below] != [joined]:
            yield applied("=", self._times(above), self._times([joined, *below]))

    def _logarithm(self, e: Apply) -> Iterator[str]:
        coefficient, found = factors(e.args[0])
        bases = collect(found)
        if coefficient <= 0 or (len(bases) == 1 and coefficient == 1 and set(bases.values()) == {1} and not _exponent(next(iter(bases)))):
            return
        addends = [(Fraction(n), Apply("log", (b,)) if (inner := _exponent(b)) is None else inner) for b, n in bases.items()]
        if coefficient != 1:
            addends.append((Fraction(1), Apply("log", (exact(coefficient),))))
        positive = [applied(">", self.writer.term(b), "0.0") for b in bases]
        apart = applied("=", self.writer.term(e), self.writer.term(exact_sum(addends)))
        yield applied("=>", applied("and", *positive) if len(positive) > 1 else positive[0], apart) if positive else apart

    # roots, powers, waves ----------------------------------------------------------------------------------------------

    def _root(self, e: Apply) -> Iterator[str]:
        argument, value = self.writer.term(e.args[0]), self.writer.term(e)
        if e.op == "sqrt":
            known = (applied(">=", value, "0.0"), applied("=", applied("*", value, value), argument))
            yield applied("=>", applied(">=", argument, "0.0"), applied("and", *known))
        else:
            known = (applied(">", value, "0.0"), applied("=", applied("*", value, value, argument), "1.0"))
            yield applied("=>", applied(">", argument, "0.0"), applied("and", *known))

    def _power(self, e: Apply) -> Iterator[str]:
        base, exponent = e.args
        n = whole(exponent)
        if n is not None and abs(n) <= LARGEST_POWER:
            return
        value, of = self.writer.term(e), self.writer.term(base)
        yield applied("=>", applied(">", of, "0.0"), applied(">", value, "0.0"))
        yield applied("=>", applied(">=", of, "0.0"), applied(">=", value, "0.0"))
        coefficient, found = factors(base)
        bases = collect(found)
        if coefficient <= 0 or (coefficient == 1 and len(bases) < 2):
            return
        if coefficient != 1:
            bases[exact(coefficient)] = 1
        apart = product([(Apply("pow", (b, exponent)), n) for b, n in bases.items()])
        signs = [applied(">=" if n > 0 else ">", self.writer.term(b), "0.0") for b, n in bases.items()]
        exponent_positive = applied(">", self.writer.term(exponent), "0.0")
        yield applied("=>", applied("and", exponent_positive, *signs), applied("=", value, self.writer.term(apart)))

    def _wave(self, e: Apply) -> Iterator[str]:
        """sin and cos of a sum by their addition formulas, of one unit by their squares' sum."""
        parts = in_units(polynomial(e.args[0]), self.waves)
        if sum(abs(n) for n, _ in parts) > MOST_PARTS:
            return
        sine: Expr = Num(0)
        cosine: Expr = Num(1)
        for n, unit in parts:
            s, c = Apply("sin", (unit,)), Apply("cos", (unit,))
            squares = applied("+", self._times([s, s]), self._times([c, c]))
            yield applied("=", squares, "1.0")
            for _ in range(abs(n)):
                forth, back = ("add", "sub") if n > 0 else ("sub", "add")
                sine, cosine = (
                    Apply(forth, (Apply("mul", (sine, c)), Apply("mul", (cosine, s)))),
                    Apply(back, (Apply("mul", (cosine, c)), Apply("mul", (sine, s)))),
                )
        if parts != [(1, e.args[0])]:
            yield applied("=", self.writer.term(e), self.writer.term(sine if e.op == "sin" else cosine))

    # what tables and users declare -------------------------------------------------------------------------------------

    def _declared(self, e: Apply) -> Iterator[str]:
        """Homomorphisms of one argument and laws of distribution that a user declared."""
        user = self.laws.user(e.op)
        if user is None:
            return
        for place, inner in enumerate(e.args):
            if not isinstance(inner, Apply) or len(inner.args) != 2 or not plain(inner):
                continue
            law = self.laws.homomorphism(e.op, inner.op) if len(e.args) == 1 else None
            if law is not None:
                apart = Apply(law.target, tuple(Apply(e.op, (a,)) for a in inner.args))
                yield applied("=", self.writer.term(e), self.writer.term(apart))
            if len(e.args) == 2 and inner.op in user.distributes_over and (place == 1 or user.commutative):
                halves = [tuple(part if i == place else a for i, a in enumerate(e.args)) for part in inner.args]
                yield applied("=", self.writer.term(e), self.writer.term(Apply(inner.op, tuple(Apply(e.op, h) for h in halves))))

    def _monotone(self, op: str, arguments: list[Expr]) -> Iterator[str]:
        law = self.laws.monotone(op)
        if law is None or law.directions[0] is None or len(arguments) > MOST_PAIRED or op in _DEFINED:
            return
        up = law.directions[0] == "increasing"
        written = [(self.writer.term(a), self.writer.term(Apply(op, (a,)))) for a in arguments]
        for i, (a, fa) in enumerate(written):
            for b, fb in written[i + 1 :]:
                yield applied("=>", applied("<=", a, b), applied("<=" if up else ">=", fa, fb))
                yield applied("=>", applied(">=", a, b), applied(">=" if up else "<=", fa, fb))

    def _range(self, e: Apply) -> Iterator[str]:
        known = None if e.op in _RANGE_STATED or len(e.args) != 1 else RANGES.get(e.op)
        if known is None or self.laws.user(e.op) is not None:
            return
        value = self.writer.term(e)
        for end, open_, relations in ((known.low, known.low_open, (">", ">=")), (known.high, known.high_open, ("<", "<="))):
            if math.isfinite(end):
                yield applied(relations[0] if open_ else relations[1], value, real(Fraction(end)))

    def _times(self, parts: Sequence[Expr]) -> str:
        return "1.0" if not parts else self.writer.term(parts[0]) if len(parts) == 1 else applied("*", *map(self.writer.term, parts))


def largest_products(e: Expr) -> Iterator[Expr]:
    """The products and quotients in an expression that are no factors themselves, and exponentials that stand alone."""
    if not isinstance(e, Apply):
        return
    if e.op in ("mul", "div", "exp", "neg") and plain(e):
        yield e
        parts = [part for base, _ in factors(e)[1] for part in (base.args if isinstance(base, Apply) else ())]
    else:
        parts = e.args
    for part in parts:
        yield from largest_products(part)


def _exponent(e: Expr) -> Expr | None:
    return e.args[0] if isinstance(e, Apply) and e.op == "exp" and plain(e) else None
