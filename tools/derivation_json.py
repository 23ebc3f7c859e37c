"""A derivation as JSON: what `einfold passes --json` says beside the count, and what `--proof` writes."""

from __future__ import annotations

from collections.abc import Iterable

from ..algebra.derivation import Certificate, Derived, Obligation, Refusal
from ..algebra.expr import Access, Expr, to_text
from ..passes.chains import Link
from ..passes.derivation_report import DerivationReport

ASSUMED = "Real numbers stand for floating-point ones; casts and rounding are opaque."


def to_json(found: DerivationReport) -> dict[str, object]:
    """`derived`, `bound`, `verdict`, `reductions` and, where a refusal has one, the `certificate`."""
    certificates = {
        r.reduction.name: _certificate(r.certificate) for _, r in found.reductions if isinstance(r, Refusal) and r.certificate is not None
    }
    return {
        "derived": found.passes,
        "bound": found.verdict.bound,
        "verdict": found.verdict.kind,
        "why": found.verdict.why,
        "reductions": [_reduction(link, result) for link, result in found.reductions],
        "certificate": certificates,
        "assumed": ASSUMED,
    }


def _reduction(link: Link, result: Derived | Refusal) -> dict[str, object]:
    if isinstance(result, Refusal):
        return {"name": link.name, "form": "refused", "reason": result.reason, "k": None, "state": [], "correction": [], "obligations": []}

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


def _access(link: Link, access: Access) -> str:
    return f"{link.tensors.get(access.tensor, 'E')}[{', '.join(map(str, access.subscripts))}]"


def _obligation(obligation: Obligation) -> dict[str, object]:
    return {"name": obligation.name, "statement": obligation.statement, "result": obligation.result, "method": obligation.method}


def _certificate(certificate: Certificate) -> dict[str, object]:
    return {
        "rank": certificate.rank,
        "digits": certificate.digits,
        "summaries": list(certificate.summaries),
        "elements": [list(x) for x in certificate.xs],
        "points": [list(d) for d in certificate.ds],
        "pivots": list(certificate.pivots),
    }


def proof_text(found: Iterable[tuple[str, str, DerivationReport]]) -> str:
    """Every obligation of every reduction, (cascade, rank, report) by report, with its result and, where a solver was asked, its SMT-LIB."""
    lines = [f"; {ASSUMED}"]
    for cascade, rank, each in found:
        for link, result in each.reductions:
            for obligation in result.obligations if isinstance(result, Derived) else ():
                lines += ["", f"; @{cascade}, rank {rank}, {link.name}: {obligation.name}: {obligation.statement}"]
                lines += [f"; result: {obligation.result} by {obligation.method}", *([obligation.smtlib.rstrip()] if obligation.smtlib else [])]
    return "\n".join(lines) + "\n"
