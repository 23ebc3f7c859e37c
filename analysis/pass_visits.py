"""What is known of tensors and Einsums with respect to one rank: plain data that `pass_flow.py` fills in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..algebra.affine import Affine
from .einsums import Read, Step

Cause = Literal["reduced over", "final after iterating over", "read ahead of its traversal of"]
"""Why a tensor depends on a whole fiber; the rank's name follows."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a tensor with respect to R.

    `phase` must have ended before the whole tensor is known, 0 if it does not depend on a fiber; so must traversal `at` of whole fibers, with
    one of summaries after it where `late`. A tensor that keeps R has the subscripts it was written by (`kept`), and the fibers it
    is (`full`) or summarises (`summary`), as bit sets.
    """

    phase: int
    kept: tuple[Affine, ...] | None = None
    full: int = 0
    summary: int = 0
    cause: Cause = "reduced over"
    at: int = 0
    late: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """That an Einsum cannot run before `phase` because of `read`; `cause` is set where the read starts a phase. `of` is what is read."""

    phase: int
    read: Read
    step: Step
    of: Known
    cause: Cause | None = None


@dataclass(slots=True)
class Visit:
    """An Einsum (or an iterate, with the Einsums in it as members) that traverses R.

    `reads` are the tensors made outside it that it reads, `along` those of them that are read along R, `full` and `summary` the
    fibers they are, as bit sets. `at` and `late` are as in `Known`.
    """

    step: Step
    phase: int
    needs: tuple[Need, ...]
    full: int
    summary: int
    reads: tuple[Read, ...]
    along: tuple[Read, ...]
    members: tuple[Step, ...]
    at: int
    late: bool
