"""Weighted sums, orders, paths and what cannot be had in one pass, as their users write it."""

from __future__ import annotations

import pytest
from unseen import FORMS, Case, check_case

CASES: dict[str, Case] = {
    "weighted covariance any weights": Case(
        "%X[p, m], %Y[p, m], %W[m]",
        """
        %SW = [] %W[m] reduce add(m)
        %MU = [p] %W[m] * %X[p, m] reduce add(m)
        %NU = [p] %W[m] * %Y[p, m] reduce add(m)
        %V = [p] %W[m] * (%X[p, m] - %MU[p] / %SW[]) * (%Y[p, m] - %NU[p] / %SW[]) / %SW[] reduce add(m)""",
        2,
        1,
    ),
    "deviation from another fiber": Case(
        "%X[p, m]",
        """
        %MU = [p] %X[p, m] / shape(m) reduce add(m)
        %V = [p] pow(%X[p, m] - %MU[0], 2) reduce add(m)""",
        2,
        1,
    ),
    "causal variance far": Case(
        "%X[p, m]",
        """
        %S = [p] %X[p, m] reduce add(m) where m <= p + 40
        %V = [p] pow(%X[p, m] - %S[p] / (p + 41), 2) / (p + 41) reduce add(m) where m <= p + 40""",
        2,
        1,
    ),
    "mean by inverse": Case(
        "%X[p, m], %N[]",
        """
        %S = [p] %X[p, m] * %N[] reduce add(m)
        %V = [p] pow(%X[p, m] - %S[p], 2) * %N[] reduce add(m)""",
        2,
        1,
    ),
    "product of differences": Case(
        "%X[p, m], %Y[p, m]",
        """
        %A = [p] %X[p, m] reduce max(m)
        %B = [p] %Y[p, m] reduce min(m)
        %O = [p] (%A[p] - %X[p, m]) * (%Y[p, m] - %B[p]) reduce add(m)""",
        2,
        1,
    ),
    "smooth max by p-norm weights": Case(
        "%X[p, m]",
        """
        %S = [p] pow(abs(%X[p, m]), 3) reduce add(m)
        %O = [p] pow(abs(%X[p, m]), 4) / %S[p] reduce add(m)""",
        2,
        1,
    ),
    "centroid spread": Case(
        "%W[p, m]",
        """
        %N = [p] abs(%W[p, m]) reduce add(m)
        %C = [p] m * abs(%W[p, m]) / %N[p] reduce add(m)
        %O = [p] pow(m - %C[p], 2) * abs(%W[p, m]) / %N[p] reduce add(m)""",
        3,
        1,
    ),
    "kernel with two maxes": Case(
        "%S[p, m], %T[p, m]",
        """
        %A = [p] %S[p, m] reduce max(m)
        %B = [p] %T[p, m] reduce max(m)
        %O = [p] exp(%S[p, m] - %A[p]) * exp(%T[p, m] - %B[p]) reduce add(m)""",
        2,
        1,
        masks=(
            "S",
            "T",
        ),
    ),
    "max of sum minus maxes": Case(
        "%S[p, m], %T[p, m]",
        """
        %A = [p] %S[p, m] reduce max(m)
        %B = [p] %T[p, m] reduce max(m)
        %O = [p] %S[p, m] + %T[p, m] - %A[p] - %B[p] reduce max(m)""",
        2,
        1,
    ),
    "viterbi step": Case(
        "%A[p, m], %T[p, m]",
        """
        %N = [p] %A[p, m] reduce max(m)
        %O = [p] %A[p, m] - %N[p] + %T[p, m] reduce max(m)""",
        2,
        1,
    ),
    "hmm forward normalised": Case(
        "%A[m], %T[m, q]",
        """
        %Z = [] abs(%A[m]) reduce add(m)
        %O = [q] abs(%A[m]) / %Z[] * %T[m, q] reduce add(m)""",
        2,
        1,
    ),
    "shortest path relax then soft": Case(
        "%D[m], %W[m, q]",
        """
        %N = [q] %D[m] + %W[m, q] reduce min(m)
        %O = [q] exp(%N[q] - %D[m] - %W[m, q]) reduce add(m)""",
        2,
        1,
    ),
    "or of thresholds": Case(
        "%X[p, m]",
        """
        %M = [p] %X[p, m] reduce max(m)
        %O = [p] %X[p, m] < %M[p] - 10 reduce or(m)""",
        2,
        1,
    ),
    "standardised cubic by user op": Case(
        "%X[p, m]",
        """
        %A = [p] %X[p, m] / shape(m) reduce add(m)
        %O = [p] @cube(%X[p, m] - %A[p]) reduce add(m)""",
        2,
        1,
        operators="einsum.operator @cube(%x) = %x * %x * %x",
    ),
    "range normalised mean": Case(
        "%X[p, m]",
        """
        %HI = [p] %X[p, m] reduce max(m)
        %LO = [p] %X[p, m] reduce min(m)
        %O = [p] (%X[p, m] - %LO[p]) / (%HI[p] - %LO[p] + 0.000001) / shape(m) reduce add(m)""",
        2,
        1,
    ),
    "bounded below denominators": Case(
        "%S[p, m]",
        """
        %A = [p] %S[p, m] reduce min(m)
        %O = [p] 1 / (1 + %S[p, m] - %A[p]) reduce max(m)""",
        2,
        1,
    ),
    "self normalised importance sampling ESS": Case(
        "%L[p, m]",
        """
        %M = [p] %L[p, m] reduce max(m)
        %D = [p] exp(%L[p, m] - %M[p]) reduce add(m)
        %W2 = [p] pow(exp(%L[p, m] - %M[p]) / %D[p], 2) reduce add(m)
        %O = [p] 1 / %W2[p]""",
        3,
        1,
        masks=("L",),
    ),
    "sparsemax weights": Case(
        "%S[p, m], %TAU[p]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %O = [p] max(%S[p, m] - %M[p] - %TAU[p], 0) reduce add(m)""",
        2,
        2,
    ),
    "entmax 1.5 weights": Case(
        "%S[p, m], %TAU[p]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %O = [p] pow(max(%S[p, m] / 2 - %M[p] / 2 - %TAU[p], 0), 2) reduce add(m)""",
        2,
        2,
    ),
    "min-p filter": Case(
        "%S[p, m]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %O = [p] select(%S[p, m] > %M[p] - 3, exp(%S[p, m] - %M[p]), 0) reduce add(m)""",
        2,
        2,
    ),
    "JS divergence": Case(
        "%S[p, m], %T[p, m]",
        """
        %MS = [p] %S[p, m] reduce max(m)
        %DS = [p] exp(%S[p, m] - %MS[p]) reduce add(m)
        %MT = [p] %T[p, m] reduce max(m)
        %DT = [p] exp(%T[p, m] - %MT[p]) reduce add(m)
        %P = [p, m] exp(%S[p, m] - %MS[p]) / %DS[p]
        %Q = [p, m] exp(%T[p, m] - %MT[p]) / %DT[p]
        %O = [p] %P[p, m] * log(2 * %P[p, m] / (%P[p, m] + %Q[p, m])) reduce add(m)""",
        3,
        2,
    ),
    "PPO clipped advantage": Case(
        "%A[p, m], %R[p, m]",
        """
        %MU = [p] %A[p, m] / shape(m) reduce add(m)
        %V = [p] pow(%A[p, m] - %MU[p], 2) / shape(m) reduce add(m)
        %AD = [p, m] (%A[p, m] - %MU[p]) / (sqrt(%V[p]) + 0.00000001)
        %O = [p] min(%R[p, m] * %AD[p, m], max(0.8, min(1.2, %R[p, m])) * %AD[p, m]) reduce add(m)""",
        3,
        2,
    ),
    "student t kernel about mean": Case(
        "%X[p, m]",
        """
        %MU = [p] %X[p, m] / shape(m) reduce add(m)
        %O = [p] 1 / (1 + pow(%X[p, m] - %MU[p], 2)) reduce add(m)""",
        2,
        2,
    ),
    "tempered softmax twice": Case(
        "%S[p, m], %V[m, f]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %D = [p] exp(%S[p, m] - %M[p]) reduce add(m)
        %P = [p, m] exp(%S[p, m] - %M[p]) / %D[p]
        %N = [p] %P[p, m] reduce max(m)
        %Z = [p] exp(%P[p, m] - %N[p]) reduce add(m)
        %O = [p, f] exp(%P[p, m] - %N[p]) / %Z[p] * %V[m, f] reduce add(m)""",
        5,
        3,
    ),
    "ties averaged at the maximum": Case(
        "%S[p, m], %X[p, m]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %O = [p] select(%S[p, m] == %M[p], %X[p, m], 0) reduce add(m)""",
        2,
        2,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_fewest_passes_same_values(name: str) -> None:
    """As one loop over tiles, and in one of the other forms, which the cases take in turn."""
    number = list(CASES).index(name)
    for rewrite in (FORMS[0], FORMS[1 + number % 3]):
        check_case(CASES[name], rewrite)
