"""Comparing a certificate with a file of IR: is what it is about what that file's cascade has?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from xdsl.dialects.builtin import ModuleOp

from ...algebra.certificates import NotVerified
from ...algebra.derivation import Certificate, Reduction
from ...algebra.expr import RankShape
from ...dialects.einsum import CascadeOp
from ...passes.derivation_report import DerivationReport, report
from ...passes.links import Link
from ..diagnostics import suggestion
from ..loading import load_module, new_context
from .json_form import About, Tensors
from .reading import Names
from .retained import Shown, at_sizes, program_text


@dataclass
class Original:
    """A file of IR, and what is derived for its cascades."""

    path: str

    def __post_init__(self) -> None:
        self.reports: dict[tuple[str, str], DerivationReport] = {}

    @cached_property
    def module(self) -> ModuleOp:
        """Raises `Failure`."""
        return load_module(self.path, new_context())

    def cascade(self, name: str) -> CascadeOp:
        known = {op.sym_name.data: op for op in self.module.walk() if isinstance(op, CascadeOp)}
        if name not in known:
            raise NotVerified(f"{self.path} has no cascade '@{name}'{suggestion(f'@{name}', (f'@{n}' for n in known))}")
        return known[name]

    def links(self, op: CascadeOp, rank: str) -> dict[str, Link]:
        """The reductions over a rank, as they are derived. Raises `NotVerified`."""
        name = op.sym_name.data
        if rank not in op.sizes:
            raise NotVerified(f"{self.path} has no rank '{rank}' in @{name}{suggestion(rank, op.sizes)}")
        if (name, rank) not in self.reports:
            self.reports[name, rank] = report(self.module, name, rank)
        return {link.name: link for link, _ in self.reports[name, rank].reductions}

    def check_rank(self, cascade: str, rank: str, reduction: str, certificate: Certificate, definitions: list[Reduction], names: Names) -> None:
        """The certificate's body, summaries and sizes are those of the cascade. Raises `NotVerified`."""
        op = self.cascade(cascade)
        links = self.links(op, rank)
        if reduction not in links:
            raise NotVerified(f"{self.path} has no reduction {reduction} over {rank} that others wait for{suggestion(reduction, links)}")
        about = About.of(op, rank)
        tensors = Tensors(links[reduction], *(links[s] for s in certificate.summaries if s in links))
        claimed = [Reduction(reduction, "add", certificate.body), *definitions]
        for each in claimed:
            if each.name not in links:
                raise NotVerified(f"{self.path} has no reduction {each.name} over {rank}")
            there = links[each.name].reduction
            text = tensors.text(about.laws.inline(there.body))
            if there.op != each.op:
                raise NotVerified(f"{each.name} is a reduction by {there.op} in {self.path}, not by {each.op}")
            if names.expression(text, each.name) != each.body:
                raise NotVerified(f"the body of {each.name} in {self.path} is {text}, not {names.text(each.body)}")
        for leaf, value in certificate.constants:
            if isinstance(leaf, RankShape) and op.sizes.get(leaf.rank) is not None and value != str(op.sizes[leaf.rank]):
                raise NotVerified(f"{leaf.rank} has size {op.sizes[leaf.rank]} in {self.path}, not {value}")

    def check_retained(self, small: CascadeOp, shown: Shown) -> None:
        """The certificate's program is the cascade at other sizes. Raises `NotVerified`."""
        resized = at_sizes(self.cascade(small.sym_name.data), shown.sizes)
        if resized is None or program_text(resized) != program_text(small):
            raise NotVerified(f"its program is not @{small.sym_name.data} of {self.path} at its sizes")
