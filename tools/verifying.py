"""Verifying a module with diagnostics: every operation's own rules, then that each value is defined before it is used.

xDSL's `verify` stops at the first fault, tells it by printing the whole module, and does not look at dominance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, ErasedSSAValue, Operation, OpResult, Region, SSAValue
from xdsl.irdl.dominance import DominanceInfo
from xdsl.utils.exceptions import VerifyException

from .diagnostics import Diagnostic, Failure, at_location
from .source import Source

MOST_ERRORS = 20
"""Diagnostics that are reported for one module, at most."""

GRAPH_REGION_OPS = frozenset({"equivalence.graph", "hw.module", "arc.define", "handshake.func"})
"""Operations whose regions are graphs: values may be used before they are defined, even by their own definition."""


def verify_module(module: ModuleOp, source: Source | None = None, *, before: str = "") -> None:
    """Raise `Failure` with the faults of a module, in the order of its text; `before` is put in front of each message.

    `source` names the file for operations that do not know their place.
    """
    faults: list[Diagnostic] = []
    for fault in _faults(module, source):
        faults.append(replace(fault, message=before + fault.message))
        if len(faults) == MOST_ERRORS:
            break
    if faults:
        raise Failure(*faults)


def _faults(module: ModuleOp, source: Source | None) -> Iterator[Diagnostic]:
    try:
        sound = True
        crashed: Diagnostic | None = None
        for op in module.walk():
            try:
                message = _own_fault(op)
            except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
                # A verifier that relies on operations inside it, which come after it: what is wrong with them is the fault to tell.
                told = f"'{op.name}' cannot be verified: {type(error).__name__}: {error}"
                message, crashed = None, crashed or at_location(op.location, told, source)
            if message is not None:
                sound = False
                yield at_location(op.location, message, source)
        if sound and crashed is not None:
            sound = False
            yield crashed
        if sound:  # an unsound operation's regions and successors cannot be relied on
            yield from _undominated_uses(module, source)
    except RecursionError:
        yield at_location(module.location, "nested too deeply to be verified", source)


def _own_fault(op: Operation) -> str | None:
    """What is wrong with the operation itself, its regions' contents apart.

    `verify_` comes first and alone where it suffices, because `verify` tells its faults by printing the whole module.
    """
    if any(isinstance(operand, ErasedSSAValue) for operand in op.operands):
        return f"'{op.name}' uses a value that was erased"
    try:
        op.verify_()
        if op.successors or (op.parent is not None and op.parent.last_op is op):
            op.verify(verify_nested_ops=False)
        for block in (b for r in op.regions for b in r.blocks if not b.ops):
            block.verify()
    except VerifyException as error:
        return str(error)
    return None


def _undominated_uses(module: ModuleOp, source: Source | None) -> Iterator[Diagnostic]:
    """Uses that a definition does not dominate, told at the operation that uses."""
    order = {op: index for index, op in enumerate(module.walk())}
    dominance: dict[Region, DominanceInfo] = {}
    for op in order:
        for index, operand in enumerate(op.operands):
            if not _dominates(operand, op, order, dominance):
                name = f"'%{operand.name_hint}'" if operand.name_hint else f"operand {index}"
                found = at_location(op.location, f"{name} is used before it is defined", source)
                if isinstance(operand, OpResult):
                    note = at_location(operand.op.location, "defined here", source, severity="note")
                    found = replace(found, notes=(note,))
                yield found


def _dominates(value: SSAValue, user: Operation, order: dict[Operation, int], dominance: dict[Region, DominanceInfo]) -> bool:
    home = value.owner if isinstance(value.owner, Block) else value.owner.parent
    region = None if home is None else home.parent
    if home is None or region is None:
        return False
    at = user
    while at.parent is not None and at.parent.parent is not region:
        parent = at.parent_op()
        if parent is None:
            return False  # the value lives in a region that does not enclose its user
        at = parent
    block = at.parent
    if block is None:
        return False
    if (owner := region.parent) is not None and owner.name in GRAPH_REGION_OPS:
        return True
    if block is home:
        return isinstance(value.owner, Block) or (order[value.owner] < order[at])
    if region not in dominance:
        dominance[region] = DominanceInfo(region)
    return dominance[region].strictly_dominates(home, block)
