"""The 33 cascades of the pass-reduction benchmark: 26 reduced with the stated separation rank, 7 refused with a checkable certificate."""

from __future__ import annotations

import time

import pytest
from algebra_terms import BENCHMARK

from einfold.algebra import memo
from einfold.algebra.certificates import check_certificate
from einfold.algebra.derivation import Derived, Options, Refusal
from einfold.algebra.derive import derive_chain

REDUCED = {name: (chain, k) for name, (chain, k) in BENCHMARK.items() if k is not None}
REFUSED = {name: chain for name, (chain, k) in BENCHMARK.items() if k is None}


def test_the_table_has_33_rows() -> None:
    assert (len(REDUCED), len(REFUSED)) == (26, 7)


@pytest.mark.parametrize("name", REDUCED)
def test_reduced(name: str) -> None:
    chain, k = REDUCED[name]
    results = derive_chain(chain)
    assert all(isinstance(d, Derived) for d in results), [r.reason for r in results if isinstance(r, Refusal)]
    last = results[-1]
    assert isinstance(last, Derived)
    if k == "T3":
        assert last.form == "ordered"
    else:
        assert last.k == k
    assert any(o.name == "differential" and o.result == "tested" for o in last.obligations)


@pytest.mark.parametrize("name", REDUCED)
def test_reduced_fast(name: str) -> None:
    """Options(numerics="fast") saves corrections where that only costs cancellation; the rank stays what it is."""
    chain, k = REDUCED[name]
    last = derive_chain(chain, options=Options(numerics="fast"))[-1]
    assert isinstance(last, Derived)
    assert k == "T3" or last.k == k


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_certificate_that_checks(name: str) -> None:
    chain = REFUSED[name]
    *before, last = derive_chain(chain)
    assert all(isinstance(d, Derived) for d in before)
    assert isinstance(last, Refusal)
    assert last.certificate is not None
    assert last.certificate.rank == 12
    assert last.certificate.digits >= 400
    assert check_certificate(chain[-1].body, last.certificate)


def test_a_certificate_is_about_its_body() -> None:
    """The check recomputes: a certificate does not carry over to a body of small rank, nor does one with a repeated point."""
    chain = REFUSED["Gaussian about the mean"]
    refusal = derive_chain(chain)[-1]
    assert isinstance(refusal, Refusal)
    assert refusal.certificate is not None
    assert not check_certificate(BENCHMARK["variance"][0][-1].body, refusal.certificate)
    from dataclasses import replace

    xs = (refusal.certificate.xs[1], *refusal.certificate.xs[1:])
    assert not check_certificate(chain[-1].body, replace(refusal.certificate, xs=xs))


def test_time() -> None:
    """The whole table in less than 10 s and no row above 2 s, on a loaded machine; a repeated chain costs next to nothing."""
    memo.forget()
    spent: dict[str, float] = {}
    for name, (chain, _) in BENCHMARK.items():
        start = time.perf_counter()
        derive_chain(chain)
        spent[name] = time.perf_counter() - start
    assert max(spent.values()) < 2, spent
    assert sum(spent.values()) < 10
    start = time.perf_counter()
    for chain, _ in BENCHMARK.values():
        derive_chain(chain)
    assert time.perf_counter() - start < sum(spent.values()) / 4
