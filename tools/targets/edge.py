"""`-t edge`: cascades in the notation of EDGE and FuseMax (arXiv 2404.11591, 2406.10491), as text that `--from edge` reads back.

```
cascade softmax: f32
rank p = 8, m = 16
input S_{m,p}
GM_{p} = S_{m,p} :: ⋁_{m} max(∪)
SN_{m,p} = exp(S_{m,p} - GM_{p})
...
output A_{m,p}
```
A tensor inside an iteration has the iterative rank in front, as a generation: a state is read as `D_{i,v}` and made as `D_{i+1,v}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, cast

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Block, SSAValue
from xdsl.utils.target import Target

from ...algebra.affine import Affine, Comparison
from ...algebra.expr import Access, Expr, Num, to_text
from ...algebra.operators import REDUCTION_OPERATORS
from ...analysis.einsums import tensor_names
from ...dialects.edge_symbols import REDUCTION_SIGNS, to_signs
from ...dialects.einsum import CascadeOp, ComputeOp, IterateOp, OperatorOp, ViewOp, YieldOp
from ...dialects.einsum_attrs import Merge, NumberAttr, Split
from ...dialects.einsum_scope import tensor_of
from ...dialects.notation import Reduction
from .cascades import parts, plain_names

INDENT = "  "


@dataclass(frozen=True)
class EdgeTarget(Target):
    """Cascades in EDGE notation, which `--from edge` reads."""

    name = "edge"

    def emit(self, ctx: Context, module: ModuleOp, output: IO[str]) -> None:
        texts = [operator_text(op) if isinstance(op, OperatorOp) else "\n".join(_CascadeWriter(op).lines()) for op in parts(module, self.name)]
        output.write("\n\n".join(texts) + "\n")


def operator_text(op: OperatorOp) -> str:
    """A user's operator; the form of the dialect without `%`, in EDGE's signs."""
    text = str(op).removeprefix("einsum.operator ")
    head, word, laws = text.partition(" laws {")
    return "operator " + to_signs(head).replace("%", "") + word + laws


class _CascadeWriter:
    """Writes one cascade. `generations` has the iterative ranks around the operation that defines a tensor."""

    def __init__(self, op: CascadeOp):
        self.op = op
        self.names = cast("dict[SSAValue, str]", plain_names(cast("dict[object, str]", tensor_names(op))))
        self.generations: dict[SSAValue, tuple[str, ...]] = dict.fromkeys(op.body.block.args, ())

    def lines(self) -> Iterator[str]:
        op = self.op
        yield f"cascade {op.sym_name.data}: {op.element}"
        if op.sizes:
            yield "rank " + ", ".join(f"{rank} = {size}" for rank, size in op.sizes.items())
        if op.inputs.data:
            yield "input " + ", ".join(map(self._input, op.body.block.args, op.inputs.data, op.empties.data))
        yield from self._block(op.body.block, ())
        returned = op.return_op
        outputs = [self.tensor(v, s.data) for v, s in zip(returned.values, returned.subscripts, strict=True)]
        yield f"output {', '.join(outputs)}"

    def _input(self, argument: SSAValue, declared: Attribute, empty: Attribute) -> str:
        subscripts: tuple[Affine, ...] = getattr(declared, "data", ())
        tail = f" empty {number(empty.data)}" if isinstance(empty, NumberAttr) else ""
        return self.tensor(argument, subscripts) + self._type(argument) + tail

    def _type(self, value: SSAValue, default: Attribute | None = None) -> str:
        element = tensor_of(value).get_element_type()
        return "" if element == (default or self.op.element) else f": {element}"

    def tensor(self, value: SSAValue, subscripts: Sequence[Affine], ahead: int = 0) -> str:
        """A tensor at subscripts; `ahead` 1 is the next generation of a state."""
        ranks = self.generations.get(value, ())
        generations = [rank if not ahead or i < len(ranks) - 1 else f"{rank}+1" for i, rank in enumerate(ranks)]
        return written(self.names[value], [*generations, *map(affine, subscripts)])

    def _block(self, block: Block, within: tuple[str, ...]) -> Iterator[str]:
        for op in block.ops:
            self.generations.update(dict.fromkeys(op.results, within))
            lines: Iterator[str] = iter(())
            if isinstance(op, ComputeOp):
                lines = iter((self._compute(op),))
            elif isinstance(op, ViewOp):
                lines = iter((self._view(op),))
            elif isinstance(op, IterateOp):
                lines = self._iterate(op, within)
            yield from (INDENT * len(within) + line for line in lines)

    def _compute(self, op: ComputeOp) -> str:
        where = () if op.where is None else op.where.data
        expression, placed = self.expression(op.map.data, op.operands_, where)
        text = f"{', '.join(self.tensor(r, op.out.data) for r in op.results_)} = {expression}"
        if op.reduce is not None:
            text += " :: " + " ".join(map(reduction, op.reduce.data))
        if where and not placed:
            text += f" where {conditions(where)}"
        if op.empty is not None:
            text += f" empty {number(op.empty.data)}"
        return text + self._type(op.results_[0])

    def expression(self, expr: Expr, operands: Sequence[SSAValue], where: Sequence[Comparison] = ()) -> tuple[str, bool]:
        """An expression, and whether the filter has found a place at a subscript that it speaks of."""
        texts: list[str] = []
        placed = False

        def access(a: Access) -> str:
            nonlocal placed
            shown = list(a.subscripts)
            at = next((i for i, s in enumerate(shown) if where and not placed and set(s.ranks) & set(where[0].ranks)), None)
            placed = placed or at is not None
            subscripts = [affine(s) + (f": {conditions(where)}" if i == at else "") for i, s in enumerate(shown)]
            value = operands[a.tensor]
            texts.append(written(self.names[value], [*self.generations.get(value, ()), *subscripts]))
            return f"\0{len(texts) - 1}\0"

        pieces = to_text(expr, access).split("\0")
        return "".join(texts[int(p)] if i % 2 else to_signs(p) for i, p in enumerate(pieces)), placed

    def _view(self, op: ViewOp) -> str:
        regrouped: list[str] = []
        for part in op.regroup.data:
            match part:
                case Split(rank, inner):
                    regrouped.append(f"{rank} → ({', '.join(inner)})")
                case Merge(inner, rank):
                    regrouped.append(f"({', '.join(inner)}) → {rank}")
                case _:
                    regrouped.append(part.rank)
        source = written(self.names[op.source], [*self.generations.get(op.source, ()), *regrouped])
        return f"view {self.tensor(op.result, [Affine.rank(r) for r in op.regroup.result_ranks])} = {source}"

    def _iterate(self, op: IterateOp, within: tuple[str, ...]) -> Iterator[str]:
        rank, arguments, end = op.rank.data, op.body.block.args, op.yield_op
        inside = (*within, rank)
        yield f"iterate {rank}"
        given = iter(op.inits)
        for argument, state, init in zip(arguments, op.states, op.init, strict=True):
            left = written(self.names[argument], [*within, "0", *map(affine, state.data)])
            if isinstance(init, NumberAttr):
                yield f"{INDENT}init {left} = {number(init.data)}{self._type(argument)}"
            else:
                source = next(given)
                yield f"{INDENT}init {left} = {self.tensor(source, init.data)}{self._type(argument, tensor_of(source).get_element_type())}"
        self.generations.update(dict.fromkeys(arguments, inside))
        yield from (line.removeprefix(INDENT * len(within)) for line in self._block(op.body.block, inside))
        yield from (INDENT + line for line in self._end(op, end))
        for result, argument, state in zip(op.results_, arguments, op.states, strict=False):
            last = written(self.names[argument], [*within, f"shape({rank})", *map(affine, state.data)])
            yield f"{INDENT}last {self.tensor(result, state.data)} = {last}"
        yield "end"

    def _end(self, op: IterateOp, end: YieldOp) -> Iterator[str]:
        """The next generation, what is kept of each, and the guard."""
        arguments, subscripts = op.body.block.args, [s.data for s in end.subscripts]
        for argument, state, value, read in zip(arguments, op.states, end.states, subscripts, strict=False):
            yield f"next {self.tensor(argument, state.data, ahead=1)} = {self.tensor(value, read)}"
        for result, value, read in zip(op.results_[len(arguments) :], end.collected, subscripts[len(arguments) :], strict=True):
            kept = written(self.names[result], [*self.generations[result], op.rank.data, *map(affine, read)])
            yield f"keep {kept} = {self.tensor(value, read)}"
        if end.until is not None:
            yield f"stop {self.expression(end.until.data, end.guarded)[0]}"


def written(name: str, subscripts: Sequence[str]) -> str:
    return f"{name}_{{{','.join(subscripts)}}}"


def affine(subscript: Affine) -> str:
    return str(subscript).replace(" * ", "·").replace(" + ", "+").replace(" - ", "-")


def conditions(where: Sequence[Comparison]) -> str:
    return " ∧ ".join(to_signs(str(c)).replace(" × ", "·") for c in where)


def number(value: int | float) -> str:
    return to_signs(str(Num(value)))


def reduction(found: Reduction) -> str:
    """`⋁_{m} max(∪)`: the ranks, the operator and its merge."""
    sign = REDUCTION_SIGNS.get(found.op, found.op)
    merge = "(∪)" if found.op in REDUCTION_OPERATORS else ""
    return f"⋁_{{{','.join(found.ranks)}}} {sign}{merge}"
