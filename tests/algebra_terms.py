"""Writing algebra expressions in Python for tests: `exp(s - P.GM) * v`, and the 33 chains of the pass-reduction benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from einfold.algebra.affine import Affine
from einfold.algebra.derivation import Reduction
from einfold.algebra.expr import Access, Apply, Expr, Num, Param, RankShape, RankValue, to_text

ELEMENTS = ("s", "t", "v", "w", "x", "y")


@dataclass(frozen=True, eq=False)
class T:
    """An expression with Python's operators."""

    e: Expr

    def __add__(self, other: Any) -> T:
        return T(Apply("add", (self.e, of(other).e)))

    def __radd__(self, other: Any) -> T:
        return of(other) + self

    def __sub__(self, other: Any) -> T:
        return T(Apply("sub", (self.e, of(other).e)))

    def __rsub__(self, other: Any) -> T:
        return of(other) - self

    def __mul__(self, other: Any) -> T:
        return T(Apply("mul", (self.e, of(other).e)))

    def __rmul__(self, other: Any) -> T:
        return of(other) * self

    def __truediv__(self, other: Any) -> T:
        return T(Apply("div", (self.e, of(other).e)))

    def __rtruediv__(self, other: Any) -> T:
        return of(other) / self

    def __pow__(self, other: Any) -> T:
        return T(Apply("pow", (self.e, of(other).e)))

    def __neg__(self) -> T:
        return T(Apply("neg", (self.e,)))

    def __gt__(self, other: Any) -> T:
        return T(Apply("gt", (self.e, of(other).e)))

    def __lt__(self, other: Any) -> T:
        return T(Apply("lt", (self.e, of(other).e)))

    def __le__(self, other: Any) -> T:
        return T(Apply("le", (self.e, of(other).e)))


def of(value: Any) -> T:
    return value if isinstance(value, T) else T(Num(value))


def fn(op: str) -> Any:
    return lambda *args: T(Apply(op, tuple(of(a).e for a in args)))


exp, log, sqrt, tanh, sin, sign = fn("exp"), fn("log"), fn("sqrt"), fn("tanh"), fn("sin"), fn("sign")
absolute, rounded, maximum, minimum, select = fn("abs"), fn("round"), fn("max"), fn("min"), fn("select")
s, t, v, w, x, y = (T(Access(i, (Affine.rank("m"),))) for i in range(6))
m = T(RankValue("m"))
n = T(RankShape("m"))


class _Params:
    def __getattr__(self, name: str) -> T:
        return T(Param(name))


P = _Params()


def R(name: str, op: str, body: T) -> Reduction:
    return Reduction(name, op, body.e)


def text(e: Expr | None) -> str:
    return "0" if e is None else to_text(e, lambda a: ELEMENTS[a.tensor])


def softmax(score: T = s, top: str = "GM", bottom: str = "SD") -> list[Reduction]:
    return [R(top, "max", score), R(bottom, "add", exp(score - T(Param(top))))]


def weight(score: T = s, top: str = "GM", bottom: str = "SD") -> T:
    return exp(score - T(Param(top))) / T(Param(bottom))


cap = 30 * tanh(s / 30)
biased = s + P.slope * m
mean = [R("S", "add", x)]
mu = P.S / n
variance = [*mean, R("V", "add", (x - mu) ** 2)]
both = [R("S", "add", x), R("Y", "add", y)]
covariance = [*both, R("C", "add", (x - mu) * (y - P.Y / n))]
amax = [R("M", "max", absolute(x))]
square = [R("D", "add", x * x)]
rms = sqrt(P.D / n + 1e-6)

BENCHMARK: dict[str, tuple[list[Reduction], int | str | None]] = {
    "fusemax cascade 1": ([R("Y", "add", v * x), R("Z", "add", P.Y * v)], 1),
    "log-sum-exp": (softmax(), 1),
    "softmax, materialised": (softmax(), 1),
    "attention, division inside": ([*softmax(), R("AV", "add", weight() * v)], 1),
    "attention, division deferred": ([*softmax(), R("SNV", "add", exp(s - P.GM) * v)], 1),
    "softcap attention": ([*softmax(cap), R("AV", "add", weight(cap) * v)], 1),
    "ALiBi attention": ([*softmax(biased), R("AV", "add", weight(biased) * v)], 1),
    "differential attention": (
        [*softmax(s, "G1", "L1"), *softmax(t, "G2", "L2"), R("AV", "add", (weight(s, "G1", "L1") - P.lam * weight(t, "G2", "L2")) * v)],
        2,
    ),
    "softmax entropy": ([*softmax(), R("H", "add", -(weight() * log(weight())))], 2),
    "KL of two softmaxes": (
        [
            *softmax(s, "G1", "L1"),
            *softmax(t, "G2", "L2"),
            R("KL", "add", weight(s, "G1", "L1") * ((s - P.G1 - log(P.L1)) - (t - P.G2 - log(P.L2)))),
        ],
        2,
    ),
    "softmax-weighted variance": ([*softmax(), R("MU", "add", weight() * v), R("VAR", "add", weight() * (v - P.MU) ** 2)], 3),
    "Performer g3": (
        [R("G", "max", s - t * t / 2), R("L", "add", exp(s - t * t / 2 - P.G)), R("KV", "add", exp(s - t * t / 2 - P.G) / P.L * v)],
        1,
    ),
    "RMSNorm + matmul": ([*square, R("Z", "add", x * w / sqrt(P.D / n))], 1),
    "max-scaled L2 norm": ([*amax, R("Z", "add", (x / P.M) ** 2)], 1),
    "variance": (variance, 3),
    "LayerNorm + matmul": ([*variance, R("Z", "add", (x - mu) * w / sqrt(P.V / n + 1e-5))], 2),
    "skewness": ([*mean, R("Z", "add", (x - mu) ** 3)], 4),
    "kurtosis": ([*mean, R("Z", "add", (x - mu) ** 4)], 5),
    "covariance": (covariance, 4),
    "Pearson correlation": ([*both, R("A", "add", (x - mu) ** 2), R("B", "add", (y - P.Y / n) ** 2), covariance[2]], 4),
    "min-max-normalised energy": ([R("LO", "min", x), R("HI", "max", x), R("Z", "add", ((x - P.LO) / (P.HI - P.LO)) ** 2)], 3),
    "FP8 quantise + GEMM, no rounding": ([*amax, R("Z", "add", x / P.M * 448 * w)], 1),
    "RMSNorm -> amax": ([*square, R("Z", "max", absolute(x / rms))], "T3"),
    "max abs deviation from the mean": ([*mean, R("Z", "max", absolute(x - mu))], "T3"),
    "sum w sin(x - sum x)": ([*mean, R("Z", "add", w * sin(x - P.S))], 2),
    "L1-normalised p-norm": ([R("L", "add", absolute(x)), R("Z", "add", (absolute(x) / P.L) ** 1.5)], 1),
    "FP8 quantise + GEMM, with rounding": ([*amax, R("Z", "add", rounded(x / P.M * 448) * w)], None),
    "softmax, data-dependent temperature": ([R("D", "add", x * x), R("GM", "max", s), R("L", "add", exp((s - P.GM) * sqrt(P.D)))], None),
    "mean absolute deviation": ([*mean, R("Z", "add", absolute(x - mu))], None),
    "count above the mean": ([*mean, R("Z", "add", x > mu)], None),
    "Gaussian about the mean": ([*mean, R("Z", "add", exp(-((x - mu) ** 2)))], None),
    "Cauchy weights about the mean": ([*mean, R("Z", "add", 1 / (1 + (x - mu) ** 2))], None),
    "clipped z-score": ([*variance, R("Z", "add", minimum(maximum((x - mu) / sqrt(P.V / n + 1e-5), -1), 1))], None),
}
"""Name -> (chain, separation rank of the last reduction: a number, "T3" for an ordered reduction, None for a certified refusal)."""
