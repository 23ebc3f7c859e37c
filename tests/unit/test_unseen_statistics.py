"""Statistics, norms, losses and their gradients as their users write them: one pass over the data where theory allows it."""

from __future__ import annotations

import pytest
from unseen import FORMS, Case, check_case

CASES: dict[str, Case] = {
    "standardised fourth moment inside": Case(
        "%X[p, m]",
        """
        %MU = [p] %X[p, m] / shape(m) reduce add(m)
        %V = [p] pow(%X[p, m] - %MU[p], 2) / shape(m) reduce add(m)
        %KU = [p] pow((%X[p, m] - %MU[p]) / sqrt(%V[p]), 4) / shape(m) reduce add(m)""",
        3,
        1,
    ),
    "welford": Case(
        "%X[p, m]",
        """
        %MU = [p] %X[p, m] / shape(m) reduce add(m)
        %V = [p] pow(%X[p, m] - %MU[p], 2) / (shape(m) - 1) reduce add(m)""",
        2,
        1,
    ),
    "cosine similarity inside": Case(
        "%X[p, m], %Y[p, m]",
        """
        %NX = [p] %X[p, m] * %X[p, m] reduce add(m)
        %NY = [p] %Y[p, m] * %Y[p, m] reduce add(m)
        %C = [p] (%X[p, m] / sqrt(%NX[p])) * (%Y[p, m] / sqrt(%NY[p])) reduce add(m)""",
        2,
        1,
    ),
    "ridge one feature": Case(
        "%X[p, m], %Y[p, m], %LA[]",
        """
        %MX = [p] %X[p, m] / shape(m) reduce add(m)
        %MY = [p] %Y[p, m] / shape(m) reduce add(m)
        %SXY = [p] (%X[p, m] - %MX[p]) * (%Y[p, m] - %MY[p]) reduce add(m)
        %SXX = [p] pow(%X[p, m] - %MX[p], 2) reduce add(m)
        %B = [p] %SXY[p] / (%SXX[p] + abs(%LA[]))
        %R = [p] pow(%Y[p, m] - %MY[p] - %B[p] * (%X[p, m] - %MX[p]), 2) reduce add(m)""",
        3,
        1,
    ),
    "soft kmeans step": Case(
        "%X[m, e], %C[q, e], %W[m]",
        """
        %DI = [q, m] (%X[m, e] - %C[q, e]) * (%X[m, e] - %C[q, e]) reduce add(e)
        %MI = [m] %DI[q, m] reduce min(q)
        %A = [q, m] exp(%MI[m] - %DI[q, m])
        %Z = [m] %A[q, m] reduce add(q)
        %R = [q, m] %A[q, m] / %Z[m]
        %D = [q] %R[q, m] reduce add(m)
        %N = [q, e] %R[q, m] * %X[m, e] / %D[q] reduce add(m)""",
        2,
        1,
    ),
    "focal gamma 2": Case(
        "%S[p, m], %Y[p, m]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %D = [p] exp(%S[p, m] - %M[p]) reduce add(m)
        %L = [p] -%Y[p, m] * pow(1 - exp(%S[p, m] - %M[p]) / %D[p], 2) * (%S[p, m] - %M[p] - log(%D[p])) reduce add(m)""",
        3,
        1,
    ),
    "label smoothing eps": Case(
        "%S[p, m], %Y[p, m], %EPS[]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %D = [p] exp(%S[p, m] - %M[p]) reduce add(m)
        %L = [p] -(%Y[p, m] * (1 - %EPS[]) + %EPS[] / shape(m)) * (%S[p, m] - %M[p] - log(%D[p])) reduce add(m)""",
        3,
        1,
    ),
    "rmsnorm backward": Case(
        "%X[p, m], %G[p, m]",
        """
        %S = [p] %X[p, m] * %X[p, m] / shape(m) reduce add(m)
        %R = [p] rsqrt(%S[p] + 0.00001)
        %B = [p] %G[p, m] * %X[p, m] * %R[p] / shape(m) reduce add(m)
        %DX = [p, m] %R[p] * %G[p, m] - %X[p, m] * pow(%R[p], 2) * %B[p]""",
        3,
        2,
    ),
    "softmax backward all from scores": Case(
        "%S[p, m], %G[p, m]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %E = [p, m] exp(%S[p, m] - %M[p])
        %D = [p] %E[p, m] reduce add(m)
        %P = [p, m] %E[p, m] / %D[p]
        %R = [p] %P[p, m] * %G[p, m] reduce add(m)
        %DS = [p, m] %P[p, m] * (%G[p, m] - %R[p])""",
        4,
        2,
        masks=("S",),
    ),
    "heat capacity": Case(
        "%EN[p, m], %BETA[p]",
        """
        %M = [p] %EN[p, m] reduce min(m)
        %Z = [p] exp(-abs(%BETA[p]) * (%EN[p, m] - %M[p])) reduce add(m)
        %U = [p] %EN[p, m] * exp(-abs(%BETA[p]) * (%EN[p, m] - %M[p])) / %Z[p] reduce add(m)
        %C = [p] pow(%EN[p, m] - %U[p], 2) * exp(-abs(%BETA[p]) * (%EN[p, m] - %M[p])) / %Z[p] * pow(%BETA[p], 2) reduce add(m)""",
        4,
        1,
    ),
    "scaled p-norm generic": Case(
        "%X[p, m], %P[]",
        """
        %M = [p] abs(%X[p, m]) reduce max(m)
        %S = [p] pow(abs(%X[p, m]) / %M[p], 1 + abs(%P[])) reduce add(m)
        %N = [p] %M[p] * pow(%S[p], 1 / (1 + abs(%P[])))""",
        2,
        1,
    ),
    "mellowmax": Case(
        "%X[p, m], %OM[]",
        """
        %M = [p] %OM[] * %X[p, m] reduce max(m)
        %S = [p] exp(%OM[] * %X[p, m] - %M[p]) / shape(m) reduce add(m)
        %N = [p] (log(%S[p]) + %M[p]) / %OM[]""",
        2,
        1,
    ),
    "two sided quantised gemm": Case(
        "%X[p, m], %W[m, f]",
        """
        %A = [p] abs(%X[p, m]) reduce max(m)
        %B = [f] abs(%W[m, f]) reduce max(m)
        %O = [p, f] (%X[p, m] / %A[p]) * (%W[m, f] / %B[f]) reduce add(m)""",
        2,
        1,
    ),
    "zero point quantisation": Case(
        "%X[p, m], %W[m, f]",
        """
        %HI = [p] %X[p, m] reduce max(m)
        %LO = [p] %X[p, m] reduce min(m)
        %O = [p, f] (%X[p, m] - %LO[p]) / (%HI[p] - %LO[p]) * %W[m, f] reduce add(m)""",
        2,
        1,
    ),
    "max prob and its log": Case(
        "%S[p, m]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %D = [p] exp(%S[p, m] - %M[p]) reduce add(m)
        %O = [p] exp(%S[p, m] - %M[p]) / %D[p] reduce max(m)""",
        3,
        1,
        masks=("S",),
    ),
    "KL to uniform": Case(
        "%S[p, m]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %D = [p] exp(%S[p, m] - %M[p]) reduce add(m)
        %P = [p, m] exp(%S[p, m] - %M[p]) / %D[p]
        %O = [p] %P[p, m] * log(%P[p, m] * shape(m)) reduce add(m)""",
        3,
        1,
    ),
    "Renyi 2": Case(
        "%S[p, m]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %D = [p] exp(%S[p, m] - %M[p]) reduce add(m)
        %R = [p] pow(exp(%S[p, m] - %M[p]) / %D[p], 2) reduce add(m)
        %O = [p] -log(%R[p])""",
        3,
        1,
        masks=("S",),
    ),
    "Tsallis generic": Case(
        "%S[p, m], %Q[]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %D = [p] exp(%S[p, m] - %M[p]) reduce add(m)
        %R = [p] pow(exp(%S[p, m] - %M[p]) / %D[p], 1 + abs(%Q[])) reduce add(m)
        %O = [p] (1 - %R[p]) / (abs(%Q[]) + 1)""",
        3,
        1,
    ),
    "bhattacharyya softmaxes": Case(
        "%S[p, m], %T[p, m]",
        """
        %MS = [p] %S[p, m] reduce max(m)
        %DS = [p] exp(%S[p, m] - %MS[p]) reduce add(m)
        %MT = [p] %T[p, m] reduce max(m)
        %DT = [p] exp(%T[p, m] - %MT[p]) reduce add(m)
        %O = [p] sqrt(exp(%S[p, m] - %MS[p]) / %DS[p] * exp(%T[p, m] - %MT[p]) / %DT[p]) reduce add(m)""",
        3,
        1,
    ),
    "softmax entropy gradient norm": Case(
        "%S[p, m]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %D = [p] exp(%S[p, m] - %M[p]) reduce add(m)
        %P = [p, m] exp(%S[p, m] - %M[p]) / %D[p]
        %H = [p] -%P[p, m] * log(%P[p, m]) reduce add(m)
        %O = [p] pow(%P[p, m] * (log(%P[p, m]) + %H[p]), 2) reduce add(m)""",
        4,
        1,
    ),
    "policy gradient advantage normalised": Case(
        "%A[p, m], %L[p, m]",
        """
        %MU = [p] %A[p, m] / shape(m) reduce add(m)
        %V = [p] pow(%A[p, m] - %MU[p], 2) / shape(m) reduce add(m)
        %O = [p] (%A[p, m] - %MU[p]) / (sqrt(%V[p]) + 0.00000001) * %L[p, m] reduce add(m)""",
        3,
        1,
    ),
    "three stage nested normalisation": Case(
        "%X[p, m]",
        """
        %A = [p] abs(%X[p, m]) reduce max(m)
        %B = [p] pow(%X[p, m] / %A[p], 2) reduce add(m)
        %C = [p] abs(%X[p, m]) / (%A[p] * sqrt(%B[p])) reduce add(m)
        %O = [p] pow(%X[p, m] / (%A[p] * sqrt(%B[p]) * %C[p]), 2) reduce add(m)""",
        4,
        1,
    ),
    "circular mean deviation": Case(
        "%X[p, m]",
        """
        %S = [p] sin(%X[p, m]) reduce add(m)
        %C = [p] cos(%X[p, m]) reduce add(m)
        %O = [p] (cos(%X[p, m]) * %C[p] + sin(%X[p, m]) * %S[p]) / sqrt(%C[p] * %C[p] + %S[p] * %S[p]) reduce add(m)""",
        2,
        1,
    ),
    "stick breaking products": Case(
        "%X[p, m]",
        """
        %A = [p] log(1 + exp(%X[p, m])) reduce add(m)
        %O = [p] exp(%X[p, m] - %A[p]) reduce add(m)""",
        2,
        1,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_fewest_passes_same_values(name: str) -> None:
    """As one loop over tiles, and in one of the other forms, which the cases take in turn."""
    number = list(CASES).index(name)
    for rewrite in (FORMS[0], FORMS[1 + number % 3]):
        check_case(CASES[name], rewrite)
