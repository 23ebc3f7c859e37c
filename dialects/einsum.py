"""The einsum dialect: cascades of Einsums as FuseMax and EDGE write them (arXiv 2406.10491, 2404.11591).

A cascade names its ranks once. Each Einsum maps, reduces and populates: `[m, p] = %Q[p, e] * %K[m, e] reduce add(e)`. Sequential
ranks are regions whose state is carried by SSA values. Everything is a value: no Einsum writes where another has written.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, StringAttr, SymbolNameConstraint, TensorType, UnitAttr
from xdsl.ir import Attribute, Dialect, Region, SSAValue
from xdsl.irdl import (
    AnyAttr,
    AttrSizedOperandSegments,
    IRDLOperation,
    irdl_op_definition,
    lazy_traits_def,
    operand_def,
    opt_prop_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.parser import Parser
from xdsl.printer import Printer
from xdsl.traits import HasParent, IsolatedFromAbove, IsTerminator, Pure, SymbolOpInterface

from . import einsum_iterate_text, einsum_iterate_verify, einsum_operator_text, einsum_operator_verify, einsum_text, einsum_verify
from .einsum_attrs import FilterAttr, MapAttr, NumberAttr, RanksAttr, ReduceAttr, SubscriptsAttr, ViewAttr

AnyTensor = TensorType[Attribute]


@irdl_op_definition
class CascadeOp(IRDLOperation):
    """A cascade of Einsums: a function from tensors to tensors, over ranks that are declared here once.

    Arguments and results are declared by their ranks; a dimension is as large as its largest index plus one. The type after
    the colon is the element type of every tensor that does not state another. An argument may state its `empty` value.

    ```mlir
    einsum.cascade @attention_scores ranks {p = 1024, m = 1024, e = 64} (%Q[p, e], %K[m, e]) -> [m, p] : f32 {
      %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
      einsum.return %QK[m, p]
    }
    ```
    """

    name = "einsum.cascade"

    sym_name = prop_def(SymbolNameConstraint())
    ranks = prop_def(RanksAttr)
    inputs = prop_def(ArrayAttr[SubscriptsAttr])
    empties = prop_def(ArrayAttr[NumberAttr | UnitAttr])
    outputs = prop_def(ArrayAttr[SubscriptsAttr])
    element = prop_def(AnyAttr())
    body = region_def("single_block")

    traits = traits_def(SymbolOpInterface(), IsolatedFromAbove())

    @property
    def sizes(self) -> dict[str, int]:
        """Rank name -> size."""
        return self.ranks.sizes

    @property
    def return_op(self) -> ReturnOp:
        last = self.body.block.last_op
        if not isinstance(last, ReturnOp):
            raise ValueError(f"cascade '{self.sym_name.data}' does not end in einsum.return")
        return last

    @classmethod
    def parse(cls, parser: Parser) -> CascadeOp:
        return einsum_text.parse_cascade(parser)

    def print(self, printer: Printer) -> None:
        einsum_text.print_cascade(self, printer)

    def verify_(self) -> None:
        einsum_verify.verify_cascade(self)


@irdl_op_definition
class ComputeOp(IRDLOperation):
    """One Einsum: evaluate the map at every point of the iteration space, reduce, and populate the result.

    The iteration space is the product of all ranks used, restricted by `where`. Reductions apply in the order written. Points that
    are not visited hold the `empty` value (0 unless stated); a fiber of which no point is visited reduces to the operator's
    identity. `argmax` and `argmin` have a second result: the coordinate (i64), of the first such point.

    ```mlir
    %S = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p]) where m <= p
    %O = einsum.compute [p] = %I[2 * p + s] * %F[s] reduce add(s)
    %V, %I = einsum.compute [p] = %A[m, p] reduce argmax(m)
    %U = einsum.compute [m] = %A[m] +{intersection} %B[m] empty 0 : i32
    ```
    """

    name = "einsum.compute"

    operands_ = var_operand_def(AnyTensor)
    out = prop_def(SubscriptsAttr)
    map = prop_def(MapAttr)
    reduce = opt_prop_def(ReduceAttr)
    where = opt_prop_def(FilterAttr)
    empty = opt_prop_def(NumberAttr)
    results_ = var_result_def(AnyTensor)

    traits = traits_def(Pure())

    def __init__(
        self,
        operands: Sequence[SSAValue],
        out: SubscriptsAttr,
        map: MapAttr,
        result_types: Sequence[Attribute],
        *,
        reduce: ReduceAttr | None = None,
        where: FilterAttr | None = None,
        empty: NumberAttr | None = None,
    ):
        properties = {"out": out, "map": map, "reduce": reduce, "where": where, "empty": empty}
        super().__init__(operands=[operands], properties=properties, result_types=[result_types])

    @classmethod
    def parse(cls, parser: Parser) -> ComputeOp:
        return einsum_text.parse_compute(parser)

    def print(self, printer: Printer) -> None:
        einsum_text.print_compute(self, printer)

    def verify_(self) -> None:
        einsum_verify.verify_compute(self)


@irdl_op_definition
class ViewOp(IRDLOperation):
    """The same data under other ranks: a dimension split into several, or several merged into one. Nothing moves.

    A split need not divide: coordinates past the end hold the tensor's empty value (0 unless stated), to be left out by `where`.

    ```mlir
    %BK = einsum.view %K[e, m -> (m1, m0)]
    %K2 = einsum.view %BK[e, (m1, m0) -> m]
    ```
    """

    name = "einsum.view"

    source = operand_def(AnyTensor)
    regroup = prop_def(ViewAttr)
    result = result_def(AnyTensor)

    traits = traits_def(Pure())

    def __init__(self, source: SSAValue, regroup: ViewAttr, result_type: Attribute):
        super().__init__(operands=[source], properties={"regroup": regroup}, result_types=[result_type])

    @classmethod
    def parse(cls, parser: Parser) -> ViewOp:
        return einsum_text.parse_view(parser)

    def print(self, printer: Printer) -> None:
        einsum_text.print_view(self, printer)

    def verify_(self) -> None:
        einsum_verify.verify_view(self)


@irdl_op_definition
class IterateOp(IRDLOperation):
    """An iterative rank (EDGE's generational rank): the body runs once per coordinate, in order, on the state of the one before.

    The state is initialised by numbers or tensors. In the body the rank variable is a fixed coordinate. Results are the last
    state, then what was collected, with the iterative rank as its first dimension. The guard after `until` is tested after each
    generation, for all coordinates of its ranks; the rank's size bounds the generations.

    ```mlir
    %S, %P = einsum.iterate i init(%s[] = 0) {
      %t = einsum.compute [] = %s[] + %A[i]
      einsum.yield %t[] collect %t[]
    }
    ```
    """

    name = "einsum.iterate"

    inits = var_operand_def(AnyTensor)
    rank = prop_def(StringAttr)
    states = prop_def(ArrayAttr[SubscriptsAttr])
    init = prop_def(ArrayAttr[NumberAttr | SubscriptsAttr])
    body = region_def("single_block")
    results_ = var_result_def(AnyTensor)

    traits = traits_def(Pure())

    def __init__(
        self,
        rank: str,
        inits: Sequence[SSAValue],
        states: Sequence[SubscriptsAttr],
        init: Sequence[NumberAttr | SubscriptsAttr],
        body: Region,
        result_types: Sequence[Attribute],
    ):
        properties: dict[str, Attribute | None] = {"rank": StringAttr(rank), "states": ArrayAttr(states), "init": ArrayAttr(init)}
        super().__init__(operands=[inits], properties=properties, regions=[body], result_types=[result_types])

    @property
    def yield_op(self) -> YieldOp:
        last = self.body.block.last_op
        if not isinstance(last, YieldOp):
            raise ValueError(f"the body of einsum.iterate over '{self.rank.data}' does not end in einsum.yield")
        return last

    @classmethod
    def parse(cls, parser: Parser) -> IterateOp:
        return einsum_iterate_text.parse_iterate(parser)

    def print(self, printer: Printer) -> None:
        einsum_iterate_text.print_iterate(self, printer)

    def verify_(self) -> None:
        einsum_iterate_verify.verify_iterate(self)


@irdl_op_definition
class YieldOp(IRDLOperation):
    """Ends a generation: the next state, tensors to collect, and the guard that stops the iteration.

    ```mlir
    einsum.yield %dn[v] collect %c[] until %dn[v] == %d[v]
    ```
    """

    name = "einsum.yield"

    states = var_operand_def(AnyTensor)
    collected = var_operand_def(AnyTensor)
    guarded = var_operand_def(AnyTensor)
    subscripts = prop_def(ArrayAttr[SubscriptsAttr])
    until = opt_prop_def(MapAttr)

    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    traits = lazy_traits_def(lambda: (IsTerminator(), HasParent(IterateOp), Pure()))

    def __init__(
        self,
        states: Sequence[SSAValue],
        subscripts: Sequence[SubscriptsAttr],
        *,
        collected: Sequence[SSAValue] = (),
        guarded: Sequence[SSAValue] = (),
        until: MapAttr | None = None,
    ):
        properties = {"subscripts": ArrayAttr(subscripts), "until": until}
        super().__init__(operands=[states, collected, guarded], properties=properties)

    @classmethod
    def parse(cls, parser: Parser) -> YieldOp:
        return einsum_iterate_text.parse_yield(parser)

    def print(self, printer: Printer) -> None:
        einsum_iterate_text.print_yield(self, printer)

    def verify_(self) -> None:
        einsum_iterate_verify.verify_yield(self)


@irdl_op_definition
class OperatorOp(IRDLOperation):
    """A user's operator, by definition or opaque, with the laws that rewrites may rely on.

    Laws: `associative`, `commutative`, `identity = NUMBER`, `inverse = @operator`, `distributes_over = [add, ...]`,
    `monotone = increasing | decreasing`, `homomorphism = [add, mul]` (f(a + b) = f(a) * f(b)).

    ```mlir
    einsum.operator @softcap(%x) = 30 * tanh(%x / 30) laws {monotone = increasing}
    einsum.operator @lse(%a, %b) = max(%a, %b) + log(1 + exp(-abs(%a - %b))) laws {associative, commutative, identity = -inf}
    einsum.operator @quantise(%x) opaque
    ```
    """

    name = "einsum.operator"

    sym_name = prop_def(SymbolNameConstraint())
    params = prop_def(ArrayAttr[StringAttr])
    body = opt_prop_def(MapAttr)
    laws = prop_def(DictionaryAttr)

    traits = traits_def(SymbolOpInterface())

    @classmethod
    def parse(cls, parser: Parser) -> OperatorOp:
        return einsum_operator_text.parse_operator(parser)

    def print(self, printer: Printer) -> None:
        einsum_operator_text.print_operator(self, printer)

    def verify_(self) -> None:
        einsum_operator_verify.verify_operator(self)


@irdl_op_definition
class ReturnOp(IRDLOperation):
    """Ends a cascade with its results.

    ```mlir
    einsum.return %GM[p], %S[m, p]
    ```
    """

    name = "einsum.return"

    values = var_operand_def(AnyTensor)
    subscripts = prop_def(ArrayAttr[SubscriptsAttr])

    traits = traits_def(IsTerminator(), HasParent(CascadeOp), Pure())

    def __init__(self, values: Sequence[SSAValue], subscripts: Sequence[SubscriptsAttr]):
        super().__init__(operands=[values], properties={"subscripts": ArrayAttr(subscripts)})

    @classmethod
    def parse(cls, parser: Parser) -> ReturnOp:
        return einsum_text.parse_return(parser)

    def print(self, printer: Printer) -> None:
        einsum_text.print_return(self, printer)

    def verify_(self) -> None:
        einsum_verify.verify_return(self)


Einsum = Dialect(
    "einsum",
    [CascadeOp, ComputeOp, ViewOp, IterateOp, YieldOp, OperatorOp, ReturnOp],
    [SubscriptsAttr, MapAttr, ReduceAttr, FilterAttr, NumberAttr, ViewAttr, RanksAttr],
)
