"""A derivation as JSON: what `einfold passes --json` says beside the count."""

from __future__ import annotations

from ..algebra.derivation import Derived, Obligation, Refusal
from ..algebra.expr import Access, Expr, to_text
from ..dialects.einsum import CascadeOp
from ..passes.derivation_report import DerivationReport
from ..passes.links import Link
from .bounds import to_json as bounds_json
from .certificates.json_form import About, certificates, retained_certificate

ASSUMED = "Real numbers stand for floating-point ones; casts and rounding are opaque."


def to_json(found: DerivationReport, op: CascadeOp | None = None, rank: str = "") -> dict[str, object]:
    """`derived`, `bound`, `verdict`, `reductions` and, for each that is refused and each result that keeps the rank, the `certificate`.

    Certificates name the cascade `op` and the rank that the report is about; without those there are none.
    """
    certificate: dict[str, object] = {}
    if op is not None:
        certificate = certificates(found, About.of(op, rank))
        if found.verdict.bound > 1:
            certificate |= retained_certificate(op, rank)
    return {
        "derived": found.passes,
        "bound": found.verdict.bound,
        "verdict": found.verdict.kind,
        "why": found.verdict.why,
        "reductions": [_reduction(link, result) | _bounds(found, link, result) for link, result in found.reductions],
        "certificate": certificate,
        "assumed": ASSUMED,
    }


def _reduction(link: Link, result: Derived | Refusal) -> dict[str, object]:
    if isinstance(result, Refusal):
        found: dict[str, object] = {"name": link.name, "form": "refused", "reason": result.reason, "k": None}
        if result.certificate is not None:
            found["k_at_least"] = result.certificate.rank
        nothing: dict[str, object] = {"state": [], "correction": [], "obligations": []}
        return found | nothing

    def text(expression: Expr | None) -> str | None:
        return None if expression is None else to_text(expression, lambda a: _access(link, a))

    return {
        "name": link.name,
        "form": result.form,
        "k": result.k,
        "state": [{"name": a.name, "op": a.op, "identity": str(a.identity), "basis": text(a.basis)} for a in result.accumulators],
        "correction": [[text(e) for e in row] for row in result.correction] if result.rebased_on else [],
        "final": text(result.final),
        "rebased_on": list(result.rebased_on),
        "why": result.why,
        "obligations": [_obligation(o) for o in result.obligations],
    }


def _bounds(found: DerivationReport, link: Link, result: Derived | Refusal) -> dict[str, object]:
    return {"bounds": bounds_json(found.bounds.get(link.name), rebased=isinstance(result, Derived) and bool(result.rebased_on))}


def _access(link: Link, access: Access) -> str:
    return f"{link.tensors.get(access.tensor, 'E')}[{', '.join(map(str, access.subscripts))}]"


def _obligation(obligation: Obligation) -> dict[str, object]:
    return {"name": obligation.name, "statement": obligation.statement, "result": obligation.result, "method": obligation.method}
