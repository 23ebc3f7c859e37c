"""`einsum-exp2{degree=4}`: exponentials as powers of two by a short polynomial, the change of base folded into what their arguments are made of.

`exp(x)` is `2^(x log2 e)`. Where the arguments of exponentials are made of products by maxima, sums and differences, the factor goes into a
constant or a factor of those products, once for many exponentials; the running maximum of attention is then one of scaled scores, and nothing
else changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp, StringAttr
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from ..algebra.affine import Affine
from ..algebra.exp2 import COEFFICIENTS, LOG2_E, definition, operator_name
from ..algebra.expr import Access, Apply, Expr, Num, accesses
from ..analysis.remarks import applied, fail, missed
from ..dialects.einsum import CascadeOp, ComputeOp, OperatorOp
from ..dialects.einsum_attrs import MapAttr
from ..dialects.einsum_scope import tensor_of
from .editing import Operands, cascades_of, einsum_like, set_map
from .homogeneous import Component, degree_of, exponentials_of, is_constant

PARAMETER = "x"


@dataclass(frozen=True)
class EinsumExp2Pass(ModulePass):
    """Make exponentials powers of two: a polynomial on a short interval, and a scale that is folded into what the arguments are made of."""

    name = "einsum-exp2"

    degree: int = 4
    """Of the polynomial, 3 to 5: its relative error is 7.5e-5, 2.6e-6 or 7.5e-8."""
    cascade: str | None = None
    """Only the cascade of this name; every cascade if not given."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        if self.degree not in COEFFICIENTS:
            fail(op, f"degree is {self.degree}; it must be from {min(COEFFICIENTS)} to {max(COEFFICIENTS)}")
        changed = [self._rewrite(cascade) for cascade in cascades_of(op, self.cascade)]
        if any(changed):
            _declare(op, self.degree)

    def _rewrite(self, cascade: CascadeOp) -> bool:
        einsums = [op for op in cascade.body.walk() if isinstance(op, ComputeOp)]
        whole = Component()
        seen: set[SSAValue] = set()
        for op in einsums:
            for exponential in exponentials_of(op):
                read = {op.operands_[a.tensor] for a in accesses(exponential)}
                if read <= whole.scaled or not seen.isdisjoint(read):
                    continue
                grown = Component(set(whole.scaled), dict(whole.enter))
                if grown.grow(exponential.args[0], op) and _factors(grown) is not None:
                    whole = grown
                else:
                    seen |= read
                    missed(self.name, op, f"an exponential stays: {grown.why_not or 'no factor of the products can be scaled'}")
        factors = _factors(whole)
        if not whole.scaled or factors is None:
            return False
        count = sum(self._replace(op, whole) for op in einsums)
        scaled: dict[SSAValue, SSAValue] = {}
        for op, factor in factors.items():
            _enter(op, factor, scaled, cascade)
        names = ", ".join(f"%{op.results_[0].name_hint}" for op in factors)
        applied(self.name, cascade, f"{count} exponentials as powers of two; the change of base goes into {names}")
        return True

    def _replace(self, op: ComputeOp, component: Component) -> int:
        """Put powers of two in the place of an Einsum's exponentials of scaled arguments; returns how many."""
        found: list[Apply] = []
        degree_of(op.map.data, lambda a: op.operands_[a.tensor] in component.scaled, found)
        name = operator_name(self.degree)

        def replaced(e: Expr) -> Expr:
            if not isinstance(e, Apply):
                return e
            args = tuple(replaced(a) for a in e.args)
            return Apply(name, args) if any(e is f for f in found) else Apply(e.op, args, e.merge)

        if found:
            op.properties["map"] = MapAttr(replaced(op.map.data))
        return len(found)


def _factors(component: Component) -> dict[ComputeOp, Access | None] | None:
    """Einsum -> the factor of its product that is scaled (None: its constant); None if one of them has no factor that can be."""
    found: dict[ComputeOp, Access | None] = {}
    for op in component.enter:
        product = op.map.data
        parts = product.args if isinstance(product, Apply) else ()
        if any(is_constant(p) for p in parts):
            found[op] = None
            continue
        plain = [p for p in parts if isinstance(p, Access) and all(s.plain is not None for s in p.subscripts)]
        whole = [p for p in plain if isinstance(op.operands_[p.tensor].owner, Operation) or _is_input(op.operands_[p.tensor])]
        if not whole:
            return None
        found[op] = min(whole, key=lambda p: prod(tensor_of(op.operands_[p.tensor]).get_shape()))
    return found


def _is_input(value: SSAValue) -> bool:
    return isinstance(value.owner, Operation) or isinstance(value.owner.parent_op(), CascadeOp)


def _enter(op: ComputeOp, factor: Access | None, scaled: dict[SSAValue, SSAValue], cascade: CascadeOp) -> None:
    """Scale an Einsum's result: its constant, or the factor, of which a scaled copy is made once."""
    product = op.map.data
    if factor is None or not isinstance(product, Apply):
        if isinstance(product, Apply):
            by = Num(LOG2_E if product.op == "mul" else 1 / LOG2_E)
            args = tuple(_times(p, by) if is_constant(p) else p for p in product.args)
            op.properties["map"] = MapAttr(Apply(product.op, args, product.merge))
        return
    value = op.operands_[factor.tensor]
    if value not in scaled:
        scaled[value] = _scaled_copy(value, factor.subscripts, op, cascade)
    operands = Operands()
    set_map(op, operands, operands.rewrite(product, op.operands_, lambda v, s: operands.access(scaled[v] if v is value else v, s)))


def _times(constant: Expr, by: Num) -> Expr:
    return Num(constant.value * by.value) if isinstance(constant, Num) else Apply("mul", (by, constant))


def _scaled_copy(value: SSAValue, subscripts: Sequence[Affine], reader: ComputeOp, cascade: CascadeOp) -> SSAValue:
    """`log2 e` times a tensor, made where it is made, else at the beginning of the cascade."""
    operands = Operands()
    expression = Apply("mul", (Num(LOG2_E), operands.access(value, subscripts)))
    made = einsum_like(reader, operands, expression, out=subscripts)
    made.results_[0].name_hint = f"{value.name_hint}2" if value.name_hint else None
    owner = value.owner
    at = InsertPoint.after(owner) if isinstance(owner, Operation) else InsertPoint.at_start(cascade.body.block)
    Rewriter.insert_op(made, at)
    return made.results_[0]


def _declare(module: ModuleOp, degree: int) -> None:
    """Declare the operator, unless the module has it already."""
    name = operator_name(degree).removeprefix("@")
    if any(isinstance(op, OperatorOp) and op.sym_name.data == name for op in module.walk()):
        return
    properties = {
        "sym_name": StringAttr(name),
        "params": ArrayAttr([StringAttr(PARAMETER)]),
        "laws": DictionaryAttr({}),
        "body": MapAttr(definition(degree, PARAMETER)),
    }
    Rewriter.insert_op(OperatorOp.create(properties=properties), InsertPoint.at_start(module.body.block))
