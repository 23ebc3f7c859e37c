"""`einsum-fuse-maps{max-uses=1 max-size=64 contract=false}`: read a map's expression in place of its result, so that the result is never made.

An Einsum without reduction is inlined into the Einsums that read it, if that changes no value: same rounding, same points visited,
and no element computed more than once unless it is cheap. `contract=true` lets a product that goes into a sum keep the digits that storing it
would round away, as a fused multiply-add does (IEEE 754-2019, 5.4.1), both of them where a sum has two: the one change of value that this pass can
make.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import VerifyException

from ..algebra.affine import Affine
from ..algebra.expr import Access, Apply, Expr, accesses, walk
from ..analysis.einsums import traversed_ranks
from ..analysis.presence import takes_part, visits_everywhere
from ..analysis.remarks import applied, fail, missed
from ..analysis.statistics import count
from ..dialects.einsum import CascadeOp, ComputeOp
from ..dialects.einsum_scope import tensor_of
from ..dialects.einsum_verify import iterative_ranks
from .editing import Operands, cascades_of, filter_of, set_map

CHEAP = frozenset({"add", "sub", "mul", "neg", "max", "min", "abs", "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "select"})
"""Operators that cost no more than the memory access they save; a map of these may be computed again for each reader's point."""

STORED_AS_COMPUTED = frozenset({"f32", "f64"})
"""Element types that an Einsum computes in, so that storing a result rounds nothing; narrower floats and integers do."""

DEEPEST_MAP = 40
"""Most levels that an inlined map may nest, well within what the notation reads."""


@dataclass(frozen=True)
class EinsumFuseMapsPass(ModulePass):
    """Inline Einsums without a reduction into the Einsums that read them."""

    name = "einsum-fuse-maps"

    max_uses: int = 1
    """Reads of a map that is inlined, at most."""
    max_size: int = 64
    """Nodes of the expression that comes out, at most."""
    contract: bool = False
    """Whether a product that goes into a sum is inlined although storing it rounds."""
    cascade: str | None = None
    """Only the cascade of this name; every cascade if not given."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.max_uses < 1 or self.max_size < 1:
            fail(op, "max-uses and max-size are 1 or more")
        for cascade in cascades_of(op, self.cascade):
            self._fuse(cascade)

    def _fuse(self, cascade: CascadeOp) -> None:
        names: list[str] = []
        for producer in list(cascade.body.walk()):
            if not isinstance(producer, ComputeOp) or producer.reduce is not None or not _read_by_einsums_only(producer.results_[0]):
                continue
            reason = self._why_not(producer) or self._inline(producer)
            if reason is not None:
                missed(self.name, producer, f"{_name(producer.results_[0])} stays: {reason}")
                continue
            names.append(_name(producer.results_[0]))
            producer.detach()
            producer.erase()
        if names:
            count("Einsums inlined", len(names))
            shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
            applied(self.name, cascade, f"inlined {shown}")

    def _why_not(self, producer: ComputeOp) -> str | None:
        """What forbids inlining whoever reads it; None if nothing does."""
        result = producer.results_[0]
        element = str(tensor_of(result).get_element_type())
        if any(s.plain is None for s in producer.out.data):
            return "a dimension of it is not a plain rank"
        if element not in STORED_AS_COMPUTED and not (self.contract and _only_added(producer)):
            return f"storing it as {element} rounds"
        if producer.empty is not None:
            return "it declares an empty value, so where it holds that value it is absent"
        if not visits_everywhere(producer):
            return "presence decides where it is computed"
        reads = 0
        for use in result.uses:
            if isinstance(use.operation, ComputeOp):
                reads += sum(a.tensor == use.index for a in accesses(use.operation.map.data))
        return f"it is read {reads} times, more than max-uses = {self.max_uses}" if reads > self.max_uses else None

    def _inline(self, producer: ComputeOp) -> str | None:
        """Inline into all readers, or into none and say why."""
        readers = list(dict.fromkeys(use.operation for use in producer.results_[0].uses if isinstance(use.operation, ComputeOp)))
        before = [(reader, list(reader.operands), reader.map) for reader in readers]
        for reader in readers:
            reason = self._why_not_into(producer, reader) or self._inline_into(producer, reader)
            if reason is not None:
                for changed, operands, expression in before:
                    changed.operands = operands
                    changed.properties["map"] = expression
                return reason
        return None

    def _why_not_into(self, producer: ComputeOp, reader: ComputeOp) -> str | None:
        result, into = producer.results_[0], f"the map of {_name(reader.results_[0])}"
        if tensor_of(reader.results_[0]).get_element_type() != tensor_of(result).get_element_type():
            return f"{into} computes in another element type"
        if not takes_part(producer.map.data) and not visits_everywhere(reader):
            return f"presence decides where {_name(reader.results_[0])} is computed"
        points = traversed_ranks(reader).union(set(iterative_ranks(reader)).difference(iterative_ranks(producer)))
        cheap = all(e.op in CHEAP for e in walk(producer.map.data) if isinstance(e, Apply))
        known = {c for comparison in filter_of(reader) for c in comparison.nonnegative()}
        for access in accesses(reader.map.data):
            if reader.operands_[access.tensor] is not result:
                continue
            renamed = _renamed(producer, access)
            if any(c not in known for comparison in filter_of(producer) for c in comparison.substitute(renamed).nonnegative()):
                return f"{_name(reader.results_[0])} reads it where its filter does not hold"
            if not cheap and not _once(access, points):
                return f"{into} would compute it several times an element"
        return None

    def _inline_into(self, producer: ComputeOp, reader: ComputeOp) -> str | None:
        operands = Operands()

        def read(value: SSAValue, subscripts: tuple[Affine, ...]) -> Expr:
            if value is not producer.results_[0]:
                return operands.access(value, subscripts)
            renamed = _renamed(producer, Access(0, subscripts))
            return operands.rewrite(
                producer.map.data, producer.operands_, lambda v, s: operands.access(v, (a.substitute(renamed) for a in s)), renamed
            )

        expression = operands.rewrite(reader.map.data, reader.operands_, read)
        if sum(1 for _ in walk(expression)) > self.max_size or _depth(expression) > DEEPEST_MAP:
            return f"the map of {_name(reader.results_[0])} would have more than max-size = {self.max_size} nodes or {DEEPEST_MAP} levels"
        set_map(reader, operands, expression)
        try:
            reader.verify_()
        except VerifyException as error:
            return str(error)
        return None


def _only_added(producer: ComputeOp) -> bool:
    """Whether an Einsum is a product of two that sums are the only ones to read: what a multiply-add does at once."""
    product = producer.map.data
    if not isinstance(product, Apply) or product.op != "mul":
        return False
    return all(isinstance(use.operation, ComputeOp) and _adds(use.operation, use.index) for use in producer.results_[0].uses)


def _adds(reader: ComputeOp, operand: int) -> bool:
    """Whether an Einsum reads an operand as an addend of a sum at the root of its map, and nowhere else."""
    root = reader.map.data
    addends = root.args if isinstance(root, Apply) and root.op in ("add", "sub") else ()
    read = sum(a.tensor == operand for a in accesses(root))
    return read > 0 and read == sum(isinstance(a, Access) and a.tensor == operand for a in addends)


def _read_by_einsums_only(value: SSAValue) -> bool:
    """Whether a tensor might do without being made: it is no result or state, nothing views it, and something reads it."""
    return value.first_use is not None and all(isinstance(use.operation, ComputeOp) for use in value.uses)


def _renamed(producer: ComputeOp, access: Access) -> dict[str, Affine]:
    return {s.ranks[0]: read for s, read in zip(producer.out.data, access.subscripts, strict=True)}


def _once(access: Access, points: frozenset[str]) -> bool:
    """Whether different points read different elements: the subscripts are different ranks, and all that there are."""
    named = [rank for s in access.subscripts if (rank := s.plain) is not None]
    return len(named) == len(access.subscripts) == len(points) and points == frozenset(named)


def _depth(expression: Expr) -> int:
    return 1 + max(map(_depth, expression.args), default=0) if isinstance(expression, Apply) else 1


def _name(value: SSAValue) -> str:
    return f"%{value.name_hint}" if value.name_hint else "a tensor"
