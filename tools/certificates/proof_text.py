"""What `einfold passes --proof` writes: one SMT-LIB script that any solver can run, a chunk for each obligation that was proved by one.

A chunk stands for itself and ends with `(reset)`. What was met in another way, or not at all, is there as a comment: the claim, the method
and, where it can be said, the chunk that would state it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...algebra.derivation import Derived, Obligation
from ...algebra.smt import PROVED
from ...algebra.smt_text import renamed_script
from ...passes.derivation_report import DerivationReport
from ...passes.links import Link
from ..derivation_json import ASSUMED
from .fields import printable
from .json_form import Tensors

HEAD = f"""\
; What the derivation rests on, as SMT-LIB 2.6. A solver that reads this file answers unsat to every check-sat: z3 FILE, or cvc5 FILE.
; In each chunk: %D is the value of summary D after a tile and %D.old before it; %D@1, %D@2, .. are those of several partial results;
; carried.j are the carried terms, K.j.i is the correction (an entry that is not defined is zero), final is what is computed at the end.
; {ASSUMED}
"""


def proof_text(found: Iterable[tuple[str, str, DerivationReport]]) -> str:
    """Every obligation of every reduction, (cascade, rank, report) by report."""
    lines = [HEAD.rstrip()]
    for cascade, rank, each in found:
        for link, result in each.reductions:
            for obligation in result.obligations if isinstance(result, Derived) else ():
                lines += ["", *_chunk(f"@{printable(cascade)}, rank {rank}, {link.name}", link, obligation)]
    return "\n".join(lines) + "\n"


def _chunk(subject: str, link: Link, obligation: Obligation) -> Iterator[str]:
    yield f"; {subject}: {obligation.name}: {obligation.statement}"
    yield f"; result: {obligation.result} by {obligation.method}"
    if obligation.smtlib is None:
        return
    script = named(link, obligation.smtlib).rstrip().splitlines()
    yield from _constants(link, script)
    if PROVED in script:
        yield "; expect: unsat"
        yield from (*script, "(reset)")
    else:
        yield "; no solver has decided this:"
        yield from (f";   {line}" for line in script)


def named(link: Link, script: str) -> str:
    """A script with the tensors of the IR: `%in0[m, p]` becomes `%QK[m, p]`."""
    return renamed_script(script, {f"%in{number}[": f"%{name}[" for number, name in Tensors(link).names.items()})


def _constants(link: Link, script: list[str]) -> Iterator[str]:
    """What the constants of the fiber stand for, those that occur."""
    tensors, text = Tensors(link), "\n".join(script)
    for name, e in link.bindings.items():
        if name.startswith(("const.", "at.")) and re.search(rf"%{re.escape(name)}(?![\w.])", text):
            yield f"; %{name} is {tensors.text(e)}"
