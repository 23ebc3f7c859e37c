"""Attention as its users write it: masks, sinks, decays, temperatures, heads and latents in any order, one pass over the keys."""

from __future__ import annotations

import pytest
from unseen import FORMS, Case, check_case

CASES: dict[str, Case] = {
    "alibi softcap sink": Case(
        "%Q[h, p, e], %K[h, m, e], %V[h, m, f], %SL[h], %SK[h]",
        """
        %S = [h, p, m] %Q[h, p, e] * %K[h, m, e] reduce add(e)
        %T = [h, p, m] @cap(%S[h, p, m]) + %SL[h] * (m - p)
        %M = [h, p] %T[h, p, m] reduce max(m) where m <= p + 8
        %MS = [h, p] max(%M[h, p], %SK[h])
        %D = [h, p] exp(%T[h, p, m] - %MS[h, p]) reduce add(m) where m <= p + 8
        %O = [h, p, f] exp(%T[h, p, m] - %MS[h, p]) / (%D[h, p] + exp(%SK[h] - %MS[h, p])) * %V[h, m, f] reduce add(m) where m <= p + 8""",
        3,
        1,
        operators="einsum.operator @cap(%x) = 50 * tanh(%x / 50)",
    ),
    "sigmoid attention normalised": Case(
        "%S[p, m], %V[m, f]",
        """
        %D = [p] sigmoid(%S[p, m]) reduce add(m)
        %O = [p, f] sigmoid(%S[p, m]) / (1 + %D[p]) * %V[m, f] reduce add(m)""",
        2,
        1,
    ),
    "retention with decay, group norm": Case(
        "%Q[p, e], %K[m, e], %V[m, f], %G[]",
        """
        %R = [p, m] %Q[p, e] * %K[m, e] reduce add(e)
        %W = [p, m] %R[p, m] * pow(%G[], p - m)
        %N = [p] abs(%W[p, m]) reduce add(m) where m <= p
        %O = [p, f] %W[p, m] / max(%N[p], 1) * %V[m, f] reduce add(m) where m <= p""",
        2,
        1,
    ),
    "linear attention quadratic order": Case(
        "%Q[p, e], %K[m, e], %V[m, f]",
        """
        %A = [p, m] @phi(%Q[p, e]) * @phi(%K[m, e]) reduce add(e)
        %Z = [p] %A[p, m] reduce add(m)
        %O = [p, f] %A[p, m] / %Z[p] * %V[m, f] reduce add(m)""",
        2,
        1,
        operators="einsum.operator @phi(%x) = select(%x > 0, %x + 1, exp(%x))",
    ),
    "differential attention": Case(
        "%S[p, m], %T[p, m], %V[m, f], %LAM[]",
        """
        %MS = [p] %S[p, m] reduce max(m)
        %MT = [p] %T[p, m] reduce max(m)
        %DS = [p] exp(%S[p, m] - %MS[p]) reduce add(m)
        %DT = [p] exp(%T[p, m] - %MT[p]) reduce add(m)
        %A = [p, m] exp(%S[p, m] - %MS[p]) / %DS[p] - %LAM[] * exp(%T[p, m] - %MT[p]) / %DT[p]
        %O = [p, f] %A[p, m] * %V[m, f] reduce add(m)""",
        3,
        1,
        masks=(
            "S",
            "T",
        ),
    ),
    "multi token sinks": Case(
        "%S[p, m], %V[m, f], %SK[s]",
        """
        %MK = [] %SK[s] reduce max(s)
        %M0 = [p] %S[p, m] reduce max(m)
        %M = [p] max(%M0[p], %MK[])
        %DK = [p] exp(%SK[s] - %M[p]) reduce add(s)
        %D = [p] exp(%S[p, m] - %M[p]) reduce add(m)
        %O = [p, f] exp(%S[p, m] - %M[p]) / (%D[p] + %DK[p]) * %V[m, f] reduce add(m)""",
        3,
        1,
        masks=("S",),
    ),
    "document mask guarded": Case(
        "%S[p, m], %V[m, f], %A[p], %B[m]",
        """
        %T = [p, m] select(%A[p] == %B[m], %S[p, m], -inf)
        %M = [p] %T[p, m] reduce max(m)
        %MG = [p] select(%M[p] == -inf, 0, %M[p])
        %E = [p, m] exp(%T[p, m] - %MG[p])
        %D = [p] %E[p, m] reduce add(m)
        %O = [p, f] select(%D[p] > 0, %E[p, m] / %D[p], 0) * %V[m, f] reduce add(m)""",
        3,
        1,
    ),
    "additive mask with big negative": Case(
        "%S[p, m], %V[m, f], %B[m]",
        """
        %T = [p, m] %S[p, m] + (1 - %B[m]) * -1000000000
        %M = [p] %T[p, m] reduce max(m)
        %E = [p, m] exp(%T[p, m] - %M[p])
        %D = [p] %E[p, m] reduce add(m)
        %O = [p, f] %E[p, m] / %D[p] * %V[m, f] reduce add(m)""",
        3,
        1,
    ),
    "talking heads after softmax": Case(
        "%S[h, p, m], %V[m, f], %W[h, t]",
        """
        %M = [h, p] %S[h, p, m] reduce max(m)
        %D = [h, p] exp(%S[h, p, m] - %M[h, p]) reduce add(m)
        %A = [h, p, m] exp(%S[h, p, m] - %M[h, p]) / %D[h, p]
        %B = [t, p, m] %A[h, p, m] * %W[h, t] reduce add(h)
        %O = [t, p, f] %B[t, p, m] * %V[m, f] reduce add(m)""",
        3,
        1,
        masks=("S",),
    ),
    "temperature per query": Case(
        "%S[p, m], %V[m, f], %T[p]",
        """
        %M = [p] %S[p, m] / %T[p] reduce max(m)
        %D = [p] exp(%S[p, m] / %T[p] - %M[p]) reduce add(m)
        %O = [p, f] exp(%S[p, m] / %T[p] - %M[p]) / %D[p] * %V[m, f] reduce add(m)""",
        3,
        1,
    ),
    "temperature of unknown sign": Case(
        "%S[p, m], %V[m, f], %T[p]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %D = [p] exp((%S[p, m] - %M[p]) * %T[p]) reduce add(m)
        %O = [p, f] exp((%S[p, m] - %M[p]) * %T[p]) / %D[p] * %V[m, f] reduce add(m)""",
        3,
        1,
    ),
    "gqa in odd position": Case(
        "%Q[e, h, g, p], %K[e, m, h], %V[f, h, m]",
        """
        %S = [m, g, h, p] %Q[e, h, g, p] * %K[e, m, h] reduce add(e)
        %M = [h, p, g] %S[m, g, h, p] reduce max(m)
        %D = [p, g, h] exp(%S[m, g, h, p] - %M[h, p, g]) reduce add(m)
        %O = [f, p, g, h] %V[f, h, m] * exp(%S[m, g, h, p] - %M[h, p, g]) / %D[p, g, h] reduce add(m)""",
        3,
        1,
    ),
    "attention dropout scaling": Case(
        "%S[p, m], %V[m, f], %K[p, m]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %D = [p] exp(%S[p, m] - %M[p]) reduce add(m)
        %O = [p, f] select(%K[p, m] > 0.1, exp(%S[p, m] - %M[p]) / %D[p] / 0.9, 0) * %V[m, f] reduce add(m)""",
        3,
        1,
        masks=("S",),
    ),
    "exp2 attention": Case(
        "%S[p, m], %V[m, f]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %D = [p] pow(2, %S[p, m] - %M[p]) reduce add(m)
        %O = [p, f] pow(2, %S[p, m] - %M[p]) / %D[p] * %V[m, f] reduce add(m)""",
        3,
        1,
        masks=("S",),
    ),
    "MLA latent": Case(
        "%Q[h, p, e], %WK[h, e, g], %C[m, g], %WV[h, g, f]",
        """
        %QA = [h, p, g] %Q[h, p, e] * %WK[h, e, g] reduce add(e)
        %S = [h, p, m] %QA[h, p, g] * %C[m, g] reduce add(g)
        %M = [h, p] %S[h, p, m] reduce max(m)
        %D = [h, p] exp(%S[h, p, m] - %M[h, p]) reduce add(m)
        %A = [h, p, m] exp(%S[h, p, m] - %M[h, p]) / %D[h, p]
        %U = [h, p, g] %A[h, p, m] * %C[m, g] reduce add(m)
        %O = [h, p, f] %U[h, p, g] * %WV[h, g, f] reduce add(g)""",
        3,
        1,
    ),
    "qk norm attention over keys mean": Case(
        "%S[p, m], %V[m, f]",
        """
        %MU = [p] %S[p, m] / shape(m) reduce add(m)
        %T = [p, m] %S[p, m] - %MU[p]
        %M = [p] %T[p, m] reduce max(m)
        %D = [p] exp(%T[p, m] - %M[p]) reduce add(m)
        %O = [p, f] exp(%T[p, m] - %M[p]) / %D[p] * %V[m, f] reduce add(m)""",
        4,
        1,
    ),
    "centred scores without max": Case(
        "%S[p, m], %V[m, f]",
        """
        %MU = [p] %S[p, m] / shape(m) reduce add(m)
        %D = [p] exp(%S[p, m] - %MU[p]) reduce add(m)
        %O = [p, f] exp(%S[p, m] - %MU[p]) / %D[p] * %V[m, f] reduce add(m)""",
        3,
        1,
    ),
    "user reduction lse": Case(
        "%S[p, m], %V[m, f]",
        """
        %L = [p] %S[p, m] reduce @lse(m)
        %O = [p, f] exp(%S[p, m] - %L[p]) * %V[m, f] reduce add(m)""",
        2,
        1,
        operators="einsum.operator @lse(%a, %b) = max(%a, %b) + log(1 + exp(-abs(%a - %b))) laws {associative, commutative, identity = -inf}",
        masks=("S",),
    ),
    "user softplus weights": Case(
        "%S[p, m], %V[m, f]",
        """
        %L = [p] @sp(%S[p, m]) reduce add(m)
        %O = [p, f] @sp(%S[p, m]) / %L[p] * %V[m, f] reduce add(m)""",
        2,
        1,
        operators="einsum.operator @sp(%x) = max(%x, 0) + log(1 + exp(-abs(%x)))",
    ),
    "squared relu normalised": Case(
        "%S[p, m], %V[m, f]",
        """
        %D = [p] pow(max(%S[p, m], 0), 2) reduce add(m)
        %O = [p, f] pow(max(%S[p, m], 0), 2) / (%D[p] + 0.000001) * %V[m, f] reduce add(m)""",
        2,
        1,
    ),
    "lse value attention, output in log domain": Case(
        "%S[p, m], %V[m, f]",
        """
        %M = [p] %S[p, m] reduce max(m)
        %Z = [p, f] exp(%S[p, m] - %M[p]) * exp(%V[m, f]) reduce add(m)
        %O = [p, f] log(%Z[p, f]) + %M[p]""",
        2,
        1,
    ),
    "delta rule one step": Case(
        "%K[m, e], %V[m, f], %Q[p, e], %B[m]",
        """
        %N = [m] %K[m, e] * %K[m, e] reduce add(e)
        %W = [p, m] %Q[p, e] * %K[m, e] / (1 + %N[m]) * %B[m] reduce add(e)
        %Z = [p] abs(%W[p, m]) reduce add(m)
        %O = [p, f] %W[p, m] / (1 + %Z[p]) * %V[m, f] reduce add(m)""",
        2,
        1,
    ),
    "max over heads too": Case(
        "%S[h, p, m], %V[m, f]",
        """
        %M = [p] %S[h, p, m] reduce max(h, m)
        %D = [p] exp(%S[h, p, m] - %M[p]) reduce add(h, m)
        %O = [p, f] exp(%S[h, p, m] - %M[p]) / %D[p] * %V[m, f] reduce add(h, m)""",
        3,
        1,
    ),
    "two query groups ratio": Case(
        "%S[h, p, m], %V[m, f]",
        """
        %M = [h, p] %S[h, p, m] reduce max(m)
        %D = [h, p] exp(%S[h, p, m] - %M[h, p]) reduce add(m)
        %O = [p, f] exp(%S[h, p, m] - %M[h, p]) / %D[h, p] * %V[m, f] reduce add(h, m)""",
        3,
        1,
        masks=("S",),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_fewest_passes_same_values(name: str) -> None:
    """As one loop over tiles, and in one of the other forms, which the cases take in turn."""
    number = list(CASES).index(name)
    for rewrite in (FORMS[0], FORMS[1 + number % 3]):
        check_case(CASES[name], rewrite)
