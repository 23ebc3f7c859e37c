"""What an editor shows about the name under the cursor: a tensor's ranks and pass, a rank's passes, an operator's laws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.ir import Operation, SSAValue

from ...algebra.laws import DEFAULT_LAWS
from ...algebra.operators import SYMBOLS
from ...dialects.einsum import CascadeOp, ComputeOp, IterateOp, ViewOp
from ...dialects.einsum_attrs import SubscriptsAttr, subscripts_text
from ...dialects.einsum_empties import declared_empty
from ...dialects.einsum_scope import tensor_of
from ...dialects.notation import number_text
from ...passes.operators import laws_of
from .checking import Checked, Counts
from .laws_told import is_operator, operator_told
from .outline import Definition, Outline, Statement
from .tokens import Token

Derive = Callable[[CascadeOp, str], "str | None"]
"""What can be derived for a cascade over a rank, told in a line; None where that is not known in time."""


@dataclass(frozen=True)
class Hover:
    """Markdown about characters `start` to `end`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Hoverer:
    """Asks one version of a text."""

    outline: Outline
    checked: Checked
    derive: Derive = lambda cascade, rank: None

    def at(self, offset: int) -> Hover | None:
        """What there is to say about the name at a character; None for nothing."""
        token = self.outline.token_at(offset)
        if token is None:
            return None
        try:
            lines = self._lines(token)
        except (ValueError, LookupError):  # an operation that does not verify may lack what it is asked for
            return None
        return Hover("\n\n".join(lines), token.start, token.end) if lines else None

    def _lines(self, token: Token) -> list[str]:
        definition = self.outline.definition_at(token.start)
        statement = self.outline.statement_at(token.start)
        if definition is not None and definition.kind == "value":
            parameter = definition.statement.name == "einsum.operator"
            return [f"parameter of `{self._text(definition.statement)}`"] if parameter else self._tensor(definition)
        if definition is not None and definition.kind == "rank":
            return self._rank(definition)
        if definition is not None and definition.statement.name == "einsum.operator":
            return self._operator(f"@{definition.name}", self._text(definition.statement))
        if definition is not None or (statement is not None and token.start == statement.at):
            return self._operation(definition.statement if definition is not None else statement)
        name = token.text if token.kind == "word" else SYMBOLS.get((token.text, 2), "")
        return self._operator(name, name) if is_operator(name) and statement is not None else []

    def _text(self, statement: Statement) -> str:
        return self.outline.text[statement.start : statement.end]

    def _operation(self, statement: Statement | None) -> list[str]:
        op = None if statement is None else self.checked.operations.get(statement.at)
        if isinstance(op, CascadeOp):
            counts = self.checked.counts.get(op, {})
            ranks = [f"| `{r}` | {n:,} | {counts[r].passes if r in counts else ''} |" for r, n in op.sizes.items()]
            return [f"cascade `@{op.sym_name.data}`", "\n".join(["| rank | size | passes |", "|---|---|---|", *ranks])]
        if isinstance(op, ComputeOp | ViewOp | IterateOp) and op.results:
            return self._value(op.results[0], op)
        return []

    def _tensor(self, definition: Definition) -> list[str]:
        statement = definition.statement
        op = self.checked.operations.get(statement.at)
        if op is None:
            return []
        if definition.token in statement.results:
            index = statement.results.index(definition.token)
            return self._value(op.results[index], op) if index < len(op.results) else []
        arguments = [a for region in op.regions for block in region.blocks for a in block.args]
        found = next((a for a in arguments if a.name_hint == definition.name), None)
        return [] if found is None else self._value(found, op)

    def _value(self, value: SSAValue, op: Operation) -> list[str]:
        name = f"%{value.name_hint}" if value.name_hint else "it"
        cascade = _cascade(op)
        declared = declared_ranks(value, op)
        if cascade is None or declared is None:
            return [f"```mlir\n{name} : {value.type}\n```"]
        tensor = tensor_of(value)
        sizes = {r: cascade.sizes[r] for s in declared.data for r in s.ranks if r in cascade.sizes}
        shape = " x ".join(f"{n:,}" for n in tensor.get_shape()) or "one number"
        ranks = f" ({', '.join(f'{r} = {n:,}' for r, n in sizes.items())})" if sizes else ""
        lines = [f"```mlir\n{name}{subscripts_text(declared.data)} : {tensor.get_element_type()}\n```", f"{shape}{ranks}"]
        if (empty := declared_empty(value)) is not None:
            lines.append(f"absent where it is {number_text(empty)}")
        counts = self.checked.counts.get(cascade, {})
        if value in op.results and (passes := passes_told(value.name_hint or "", counts)):
            lines.append(passes)
        return lines

    def _rank(self, definition: Definition) -> list[str]:
        op = self.checked.operations.get(definition.statement.at)
        if not isinstance(op, CascadeOp) or definition.name not in op.sizes:
            return []
        rank = definition.name
        lines = [f"rank `{rank}` = {op.sizes[rank]:,}"]
        if (found := self.checked.counts.get(op, {}).get(rank)) is not None:
            lines.append(f"{found.passes} pass{'' if found.passes == 1 else 'es'} over it")
            if found.phases > 1 and (derived := self.derive(op, rank)) is not None:
                lines.append(derived)
        return lines

    def _operator(self, name: str, shown: str) -> list[str]:
        module = self.checked.module
        laws = DEFAULT_LAWS if module is None else laws_of(module)
        if name.startswith("@") and laws.user(name) is None:
            return [f"```mlir\n{shown}\n```"]
        head = f"```mlir\n{shown}\n```" if name.startswith("@") else f"operator `{name}`"
        return [head, "\n".join(operator_told(name, laws))]


def _cascade(op: Operation) -> CascadeOp | None:
    found: Operation | None = op
    while found is not None and not isinstance(found, CascadeOp):
        found = found.parent_op()
    return found


def declared_ranks(value: SSAValue, op: Operation) -> SubscriptsAttr | None:
    """The ranks that a tensor of a cascade is declared with; `op` defines it, or has it as an argument of its body."""
    match op:
        case ComputeOp():
            return op.out
        case ViewOp():
            return SubscriptsAttr.of_ranks(op.regroup.result_ranks)
        case CascadeOp():
            return op.inputs.data[_index(value, op.body.block.args)]
        case IterateOp():
            if value in op.body.block.args:
                return op.states.data[_index(value, op.body.block.args)]
            position = _index(value, op.results)
            if position < len(op.states):
                return op.states.data[position]
            collected = op.yield_op.subscripts.data[position]
            return SubscriptsAttr((*SubscriptsAttr.of_ranks([op.rank.data]).data, *collected.data))
        case _:
            return None


def _index(value: SSAValue, among: Sequence[SSAValue]) -> int:
    return among.index(value)


def passes_told(name: str, counts: Counts) -> str:
    """`pass 2 of 3 over m`, for each rank over which there are several."""
    found = [(r, p.einsums[name], p.passes) for r, p in counts.items() if p.passes > 1 and name in p.einsums]
    return ", ".join(f"pass {n} of {most} over `{rank}`" for rank, n, most in found)
