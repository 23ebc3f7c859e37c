"""Reading back the LaTeX mathematics that `einfold explain` writes, and values that tell whether two expressions are the same.

`read` knows the usual rules of reading (a product before a sum, `a / b` from the left, a power of what stands directly before it) and nothing
of the writer. `value` evaluates in a prime field, where sums and products are exact in any order and every other operator is an arbitrary
function of its operands: two expressions with equal values are the same up to the laws of a field.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from fractions import Fraction

from einfold.algebra.expr import Apply, Expr, Num, Param

PRIME = 2**61 - 1
TOKEN = re.compile(r"\\[a-zA-Z]+\*?|\\.|[0-9]+(?:\.[0-9]+)?|[a-zA-Z][a-zA-Z0-9]*|\S")
MARKS = re.compile(r"(\((\d+|[ij])\)|\\mathrm\{[a-zA-Z]+\})(,(\((\d+|[ij])\)|\\mathrm\{[a-zA-Z]+\}))*")
COMPARE = {"<": "lt", r"\lt": "lt", r"\le": "le", ">": "gt", r"\gt": "gt", r"\ge": "ge", "=": "eq", r"\ne": "ne"}
NAMED = {rf"\{f}": f for f in ("log", "tanh", "sin", "cos", "max", "min", "exp")}
FOLDS = {r"\sum": "add", r"\prod": "mul", r"\max": "max", r"\min": "min"}
GREEK = (r"\delta", r"\rho", r"\kappa")


def tokens(text: str) -> list[str]:
    text = text.replace(r"\left", " ").replace(r"\right", " ")
    return TOKEN.findall(text)


def joined(found: list[str]) -> str:
    """Tokens as one text, without spaces but where a command would run into a letter."""
    text = ""
    for token in found:
        text += f" {token}" if text and re.search(r"\\[a-zA-Z]+$", text) and token[:1].isalnum() else token
    return text


class Reader:
    def __init__(self, text: str):
        self.tokens = tokens(text)
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str | None = None) -> str:
        token = self.peek()
        if expected is not None and token != expected:
            raise ValueError(f"expected {expected}, found {' '.join(self.tokens[self.at : self.at + 8])}")
        self.at += 1
        return token

    def group(self) -> str:
        """The text of a group in braces, as it stands."""
        self.take("{")
        depth, found = 1, list[str]()
        while depth:
            token = self.take()
            depth += {"{": 1, "}": -1, "": -1}.get(token, 0)
            found.append(token)
        return joined(found[:-1])

    def inside(self, close: str, read: Callable[[], Expr]) -> Expr:
        found = read()
        self.take(close)
        return found

    def sum(self) -> Expr:
        minus = self.peek() == "-" and bool(self.take())
        left = self.product()
        left = Apply("neg", (left,)) if minus else left
        while self.peek() in ("+", "-"):
            op = "add" if self.take() == "+" else "sub"
            left = Apply(op, (left, self.product()))
        return left

    def product(self) -> Expr:
        left, number = self.factor()
        while True:
            if self.peek() == r"\cdot":
                self.take()
                right, number = self.factor()
                left = Apply("mul", (left, right))
            elif self.peek() == "/":
                self.take()
                right, number = self.factor()
                left = Apply("div", (left, right))
            elif number and (self.peek() == "(" or self.peek() in ("e", *GREEK)):
                right, number = self.factor()
                left = Apply("mul", (left, right))
            else:
                return left

    def factor(self) -> tuple[Expr, bool]:
        """A factor with its exponent, and whether it is a bare number."""
        if self.peek() == "e" and self.tokens[self.at + 1 : self.at + 2] == ["^"]:
            self.take(), self.take(), self.take("{")
            return Apply("exp", (self.inside("}", self.sum),)), False
        base, number = self.base()
        if self.peek() == "^":
            self.take()
            self.take("{")
            return Apply("pow", (base, self.inside("}", self.sum))), False
        return base, number

    def base(self) -> tuple[Expr, bool]:
        token = self.peek()
        if token[:1].isdigit():
            return Num(float(self.take()) if "." in token else int(self.take())), True
        if token == r"\infty":
            self.take()
            return Num(float("inf")), False
        if token == "(":
            self.take()
            return self.inside(")", self.sum), False
        if token == "[":
            self.take()
            return self.inside("]", self.condition), False
        if token in (r"\lvert", r"\lfloor"):
            self.take()
            op, close = ("abs", r"\rvert") if token == r"\lvert" else ("floor", r"\rfloor")
            return Apply(op, (self.inside(close, self.sum),)), False
        if token == r"\frac":
            self.take(), self.take("{")
            above = self.inside("}", self.sum)
            self.take("{")
            return Apply("div", (above, self.inside("}", self.sum))), False
        if token == r"\sqrt":
            self.take(), self.take("{")
            return Apply("sqrt", (self.inside("}", self.sum),)), False
        if token == r"\begin":
            return self.cases(), False
        if token in FOLDS and self.tokens[self.at + 1 : self.at + 2] == ["_"]:
            return self.fold(), False
        if token in NAMED or token == r"\operatorname":
            return self.call(), False
        return self.symbol(), False

    def call(self) -> Expr:
        token = self.take()
        name = NAMED[token] if token in NAMED else self.group()
        self.take("(")
        args = [self.sum()]
        while self.peek() == ",":
            self.take()
            args.append(self.sum())
        self.take(")")
        return Apply(name, tuple(args))

    def fold(self) -> Expr:
        """`sum_{m} body`: the body reaches as far as a product; the ranks and conditions below are kept as a name."""
        op = FOLDS[self.take()]
        self.take("_")
        below = Param(self.group())
        return Apply(f"fold {op}", (below, self.product()))

    def symbol(self) -> Expr:
        token = self.take()
        name = rf"{token}{{{self.group()}}}" if token in (r"\mathit", r"\mathbf") else token
        if not re.match(r"[A-Za-z]|\\math(it|bf)|" + "|".join(re.escape(g) for g in GREEK), name):
            raise ValueError(f"no symbol: {name}")
        if self.peek() == "_":
            self.take()
            name += f"_{{{self.group()}}}"
        start = self.at
        if self.peek() == "^":
            self.take()
            marks = self.group()
            if MARKS.fullmatch(marks):
                name += f"^{{{marks}}}"
            else:
                self.at = start
        return Param(name)

    def cases(self) -> Expr:
        for expected in (r"\begin", "{", "cases", "}"):
            self.take(expected)
        rows: list[tuple[Expr, Expr]] = []
        while True:
            value = self.sum()
            for expected in ("&", r"\text", "{"):
                self.take(expected)
            if self.take() == "otherwise":
                break
            self.take("}")
            rows.append((self.condition(), value))
            if self.take() not in (r"\\", r"\cr"):
                raise ValueError("a row of cases does not end")
        for expected in ("}", r"\end", "{", "cases", "}"):
            self.take(expected)
        for condition, then in reversed(rows):
            value = Apply("select", (condition, then, value))
        return value

    def condition(self) -> Expr:
        if self.peek() == r"\lnot":
            self.take(), self.take("(")
            return Apply("not", (self.inside(")", self.condition),))
        start = self.at
        try:  # connectives stand between brackets: (a < b) and (c < d)
            self.take("(")
            left = self.inside(")", self.condition)
            op = {r"\land": "and", r"\lor": "or"}[self.take()]
            self.take("(")
            return Apply(op, (left, self.inside(")", self.condition)))
        except (ValueError, KeyError):
            self.at = start
        left = self.sum()
        return Apply(COMPARE[self.take()], (left, self.sum()))


def read(text: str) -> Expr:
    """The expression that a text in LaTeX says; names are parameters. Raises ValueError."""
    reader = Reader(text)
    try:
        found = reader.sum()
    except (KeyError, IndexError) as e:
        raise ValueError(f"cannot read {text}: {e}") from e
    if reader.at != len(reader.tokens):
        raise ValueError(f"left over: {' '.join(reader.tokens[reader.at :])}")
    return found


def hashed(*parts: object) -> int:
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest(), "big") % PRIME


def number(value: int | float) -> int:
    if value in (float("inf"), float("-inf")):
        return hashed("inf") if value > 0 else PRIME - hashed("inf")
    exact = Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
    return exact.numerator % PRIME * pow(exact.denominator, -1, PRIME) % PRIME


SMALL = 400


def value(e: Expr, leaf: Callable[[Expr], int]) -> int:
    """The value of an expression in the field; equal for equal expressions, and as good as never for others."""
    if isinstance(e, Num):
        return number(e.value)
    if not isinstance(e, Apply):
        return leaf(e)
    args = [value(a, leaf) for a in e.args]
    match e.op:
        case "add":
            return sum(args) % PRIME
        case "sub":
            return (args[0] - args[1]) % PRIME
        case "neg":
            return -args[0] % PRIME
        case "mul":
            return args[0] * args[1] % PRIME
        case "div":
            return args[0] * inverse(args[1]) % PRIME
        case "rsqrt":
            return inverse(hashed("sqrt", None, args[0]))
        case "pow" if args[1] <= SMALL or args[1] >= PRIME - SMALL:
            exponent = args[1] if args[1] <= SMALL else args[1] - PRIME
            return pow(args[0] if exponent >= 0 else inverse(args[0]), abs(exponent), PRIME)
        case "and" | "or":  # of truth values: a number is true where it is not zero
            return hashed(e.op, e.merge, *map(truth, e.args, args))
        case "not":
            return hashed(e.op, e.merge, truth(e.args[0], args[0]))
        case "select":
            return hashed(e.op, e.merge, truth(e.args[0], args[0]), *args[1:])
        case _:
            return hashed(e.op.removeprefix("@"), e.merge, *args)


TRUTHS = frozenset({"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"})


def truth(e: Expr, value: int) -> int:
    return value if isinstance(e, Apply) and e.op in TRUTHS and e.merge is None else hashed("ne", None, value, 0)


def inverse(a: int) -> int:
    return pow(a, -1, PRIME) if a else hashed("1/0")
