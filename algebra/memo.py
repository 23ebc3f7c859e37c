"""Derive a structure once: chains are renamed to a canonical form, derived there, and renamed back.

A model of a thousand layers repeats a few chains. The key holds everything the result depends on: the bodies up to names, the reduction
operators, the laws (which constants are positive included) and the options.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from .affine import Affine
from .certificates import with_constants
from .derivation import COUNT, Accumulator, Certificate, Derived, Options, Reduction, Refusal
from .expr import Access, Apply, Expr, Num, Param, RankShape, RankValue
from .laws import Laws
from .smt_text import leaf_name, renamed_script

Results = tuple[Derived | Refusal, ...]
CAPACITY = 4096
"""Chains remembered; the least recently used are forgotten."""

_memory: OrderedDict[tuple[tuple[Reduction, ...], Laws, tuple[str, ...], bool, Options], Results] = OrderedDict()


@dataclass(frozen=True)
class Canonical:
    """A chain under canonical names, its laws likewise, and the way back."""

    reductions: tuple[Reduction, ...]
    laws: Laws
    original: tuple[Reduction, ...]
    leaves: dict[Expr, Expr]
    names: dict[str, str]
    late: tuple[str, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether the number of elements is known."""
        return COUNT in self.leaves

    def restore(self, item: Derived | Refusal) -> Derived | Refusal:
        """The result for the canonical chain, in the names of the original one."""
        r = self.original[self.reductions.index(item.reduction)]
        if isinstance(item, Refusal):
            return Refusal(r, self.text(item.reason), self.certificate(item.certificate), None if item.centre is None else self.expr(item.centre))
        return replace(
            item,
            reduction=r,
            accumulators=tuple(Accumulator(self.name(a.name), a.op, a.identity, self.expr(a.basis)) for a in item.accumulators),
            correction=tuple(tuple(None if e is None else self.expr(e) for e in row) for row in item.correction),
            final=self.expr(item.final),
            estimate=None if item.estimate is None else self.expr(item.estimate),
            centre=None if item.centre is None else self.expr(item.centre),
            rebased_on=tuple(self.name(n) for n in item.rebased_on),
            safe=tuple((self.name(n), self.expr(e)) for n, e in item.safe),
            empty=None if item.empty is None else self.expr(item.empty),
            waits_for=tuple(self.waited(n) for n in item.waits_for),
            why=self.text(item.why),
            obligations=tuple(replace(o, statement=self.text(o.statement), smtlib=self.script(o.smtlib)) for o in item.obligations),
        )

    def certificate(self, found: Certificate | None) -> Certificate | None:
        if found is None:
            return None
        named = replace(
            found,
            body=self.expr(found.body),
            elements=tuple(self.expr(e) for e in found.elements),
            summaries=tuple(self.name(n) for n in found.summaries),
        )
        constants = tuple((self.expr(e), v) for e, v in found.constants)
        if any(isinstance(e, Num | Apply) for e, _ in constants):  # the number of elements, as the caller says it
            return with_constants(named, dict(constants))
        return replace(named, constants=constants)

    def script(self, script: str | None) -> str | None:
        """A solver's script, its constants named as in the original chain."""
        if script is None:
            return None
        names = {f"%{n}": f"%{o}" for n, o in self.names.items()} | {leaf_name(n): leaf_name(e) for n, e in self.leaves.items() if n != COUNT}
        return renamed_script(script, names)

    def name(self, name: str) -> str:
        """`s0` and what hangs on it: `s0.old`, `s0.1`."""
        head, dot, tail = name.partition(".")
        return self.names.get(head, head) + dot + tail

    def waited(self, name: str) -> str:
        """The name of a summary, or of a constant that is known late."""
        found = self.leaves.get(Param(name))
        return found.name if isinstance(found, Param) else self.name(name)

    def text(self, text: str) -> str:
        words = [(w.rstrip(",;:"), w[len(w.rstrip(",;:")) :]) for w in text.split(" ")]
        return " ".join((self.waited(w) if w in self.names or w in self.late else w) + tail for w, tail in words)

    def expr(self, e: Expr) -> Expr:
        match e:
            case Apply(op, args, merge):
                return Apply(op, tuple(self.expr(a) for a in args), merge)
            case Param(name):
                return self.leaves.get(e) or Param(self.name(name))
            case Num():
                return e
            case _:
                return self.leaves[e]


def canonical(reductions: Sequence[Reduction], laws: Laws, counts: Sequence[Expr] = (), late: Iterable[str] = ()) -> Canonical:
    """Rename summaries to s0.., constants to c0.., tensors and ranks by order of appearance, and the number of elements to `COUNT`."""
    names = {r.name: f"s{i}" for i, r in enumerate(reductions)}
    forward: dict[Expr, Expr] = {}
    number = {"c": 0, "x": 0}
    sizes = frozenset(counts)

    def rename(e: Expr, divides: bool = False) -> Expr:
        if e in sizes and (divides or not isinstance(e, Num)):  # a literal is the number of elements only where something is divided by it
            forward[e] = COUNT
            return COUNT
        if isinstance(e, Apply):
            return Apply(e.op, tuple(rename(a, e.op == "div" and i == 1) for i, a in enumerate(e.args)), e.merge)
        if isinstance(e, Num):
            return e
        if e not in forward:
            match e:
                case Param(name) if name in names:
                    forward[e] = Param(names[name])
                case Param():
                    forward[e] = Param(f"c{number['c']}")
                    number["c"] += 1
                case Access():
                    forward[e] = Access(number["x"], (Affine.rank("m"),))
                    number["x"] += 1
                case RankValue():
                    forward[e] = RankValue(f"r{number['x']}")
                    number["x"] += 1
                case _:
                    forward[e] = RankShape(f"n{number['c']}")
                    number["c"] += 1
        return forward[e]

    renamed = tuple(Reduction(names[r.name], r.op, rename(r.body)) for r in reductions)
    positive = frozenset(new.name for e, new in forward.items() if isinstance(e, Param) and isinstance(new, Param) and e.name in laws.positive)
    back = {new: e for e, new in reversed(forward.items())}
    if counts:
        back.setdefault(COUNT, counts[0])
    waiting = (forward[Param(n)] for n in late if Param(n) in forward)
    known_late = tuple(sorted(e.name for e in waiting if isinstance(e, Param)))
    return Canonical(renamed, replace(laws, positive=positive), tuple(reductions), back, {v: k for k, v in names.items()}, known_late)


def remembered(key: Canonical, options: Options, compute: Callable[[], Results]) -> Results:
    """The results for a canonical chain, computed on first use."""
    full = (key.reductions, key.laws, key.late, key.counted, options)
    if full in _memory:
        _memory.move_to_end(full)
        return _memory[full]
    results = _memory[full] = compute()
    if len(_memory) > CAPACITY:
        _memory.popitem(last=False)
    return results


def forget() -> None:
    """Empty the memory (for tests and timings)."""
    _memory.clear()
