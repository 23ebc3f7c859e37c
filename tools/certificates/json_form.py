"""Certificates as JSON that stands for itself: the body as text, what every name means, exact points, and which reduction it is about.

`reading.py` reads them back. Three kinds: `separation rank` (a refused sum), `retained` (`retained.py`), and `none`, with the reason.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from xdsl.ir import Operation

from ...algebra.certificates import with_constants
from ...algebra.derivation import Certificate, Refusal
from ...algebra.expr import Expr, Param, RankShape, to_text
from ...algebra.laws import Laws
from ...dialects.einsum import CascadeOp
from ...dialects.einsum_attrs import subscripts_text
from ...passes.derivation_report import DerivationReport
from ...passes.links import Link
from ...passes.operators import laws_of
from .fields import sealed
from .retained import show
from .retained import to_json as shown_json

SEPARATION_RANK, RETAINED, NONE = "separation rank", "retained", "none"


class Tensors:
    """Names of the tensors that some links read: those of the IR, told apart where two tensors have the same."""

    def __init__(self, *links: Link):
        self.names: dict[int, str] = {}
        for link in links:
            for number, own in link.tensors.items():
                if number not in self.names:
                    self.names[number] = self._fresh(own)

    def _fresh(self, own: str) -> str:
        taken = set(self.names.values())
        return next(name for count in itertools.count(1) if (name := own if count == 1 else f"{own}.{count}") not in taken)

    def text(self, e: Expr) -> str:
        """An expression in the notation of maps, tensors as `%X[m, p]`, parameters as `%D`."""
        return to_text(e, lambda a: f"%{self.names.get(a.tensor, f'in{a.tensor}')}{subscripts_text(a.subscripts)}")


@dataclass(frozen=True)
class About:
    """Which cascade and rank a derivation is of, the sizes of its ranks, and the laws of its module."""

    cascade: str
    rank: str
    sizes: Mapping[str, int]
    laws: Laws

    @classmethod
    def of(cls, op: CascadeOp, rank: str) -> About:
        root: Operation = op
        while (parent := root.parent_op()) is not None:
            root = parent
        return cls(op.sym_name.data, rank, op.sizes, laws_of(root))


def certificates(found: DerivationReport, about: About) -> dict[str, object]:
    """Reduction -> its certificate, for each that was refused."""
    links = {link.name: link for link, _ in found.reductions}
    return {link.name: certificate(link, result, links, about) for link, result in found.reductions if isinstance(result, Refusal)}


def certificate(link: Link, refusal: Refusal, links: Mapping[str, Link], about: About) -> dict[str, object]:
    """The certificate of one refused reduction. `links`: all of the derivation, by name."""
    subject = {"cascade": about.cascade, "rank": about.rank, "reduction": link.name, "operator": refusal.reduction.op}
    if refusal.certificate is None:
        return sealed({"kind": NONE, **subject, "why": why_none(refusal)})
    sums = frozenset(name for name, each in links.items() if each.reduction.op == "add")
    found = at_sizes(refusal.certificate, about.sizes, sums)
    tensors = Tensors(link, *(links[name] for name in found.summaries))
    written: dict[str, object] = {
        "kind": SEPARATION_RANK,
        **subject,
        "body": tensors.text(found.body),
        "elements": [tensors.text(e) for e in found.elements],
        "summaries": [_summary(links[name], tensors, about.laws) for name in found.summaries],
        "constants": [_constant(link, e, value, tensors) for e, value in found.constants],
        "k_at_least": found.rank,
        "digits": found.digits,
        "element_points": [list(x) for x in found.xs],
        "summary_points": [list(d) for d in found.ds],
        "pivots": list(found.pivots),
    }
    return sealed(written)


def at_sizes(certificate: Certificate, sizes: Mapping[str, int], sums: frozenset[str]) -> Certificate:
    """The certificate with the shapes that the cascade has; as it was sampled, if nothing is proved with those.

    A sum over more elements is larger: what is proved for a mean at one size is proved at another with the `sums` scaled by the shapes.
    """
    values = {e: str(sizes[e.rank]) if isinstance(e, RankShape) and e.rank in sizes else v for e, v in certificate.constants}
    ratio = math.prod(Fraction(values[e]) / Fraction(v) for e, v in certificate.constants)
    scales = [ratio if name in sums else Fraction(1) for name in certificate.summaries]
    scaled = tuple(tuple(str(Fraction(v) * scale) for v, scale in zip(d, scales, strict=True)) for d in certificate.ds)
    return with_constants(certificate, values) or with_constants(replace(certificate, ds=scaled), values) or certificate


def _summary(link: Link, tensors: Tensors, laws: Laws) -> dict[str, object]:
    """What a summary is: by what it is reduced, from what."""
    return {"name": f"%{link.name}", "operator": link.reduction.op, "body": tensors.text(laws.inline(link.reduction.body))}


def _constant(link: Link, e: Expr, value: str, tensors: Tensors) -> dict[str, object]:
    named: dict[str, object] = {"name": tensors.text(e), "value": value}
    if isinstance(e, Param) and e.name in link.bindings:
        named["stands_for"] = tensors.text(link.bindings[e.name])
    return named


def why_none(refusal: Refusal) -> str:
    """Why a refused reduction has no certificate."""
    op = refusal.reduction.op
    return f"certificates are about sums, and this is a {op}: {refusal.reason}" if op != "add" else f"none was found: {refusal.reason}"


def retained_certificate(op: CascadeOp, rank: str) -> dict[str, object]:
    """Result -> the evidence that it keeps the rank and needs elements after its own."""
    shown = show(op, rank)
    subject = {"cascade": op.sym_name.data, "rank": rank}
    if shown is None:
        why = "an output keeps the rank and is computed from whole fibers of it, but no two small inputs were found that show it"
        return {"result": sealed({"kind": NONE, **subject, "reduction": "result", "why": why})}
    return {shown.result: sealed({"kind": RETAINED, **subject, "result": shown.result, **shown_json(shown)})}
