"""One block of a cascade over one rank: find chains, ask the algebra, emit what it derived, say what it declined."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from xdsl.ir import Block, Operation
from xdsl.rewriter import InsertPoint, Rewriter

from ..algebra.derivation import Derived, Refusal
from ..algebra.derive import derive_chain
from ..algebra.expr import Expr, Param, map_leaves
from ..algebra.laws import Laws
from ..algebra.operators import REDUCTION_OPERATORS
from ..analysis import remarks
from ..dialects.einsum import CascadeOp, ComputeOp
from ..dialects.einsum_attrs import RanksAttr
from .alike import made_alike
from .bottoms import may_lack
from .carried import Derivations
from .centring import Centres
from .chains import ChainFinder
from .counting import counts
from .editing import erase_if_dead
from .lateness import known_late, params_of, with_summaries
from .links import Chain, Link
from .online_form import TraversalEmitter
from .ordering import sort_block
from .places import PlaceToReduce, passes_over
from .plain_form import Finals, emit_plain, plain_accumulator
from .plan import Plan
from .sinking import elements_to_sink, values_only
from .tensors import TensorTable
from .tiling import LOOP, SEQUENTIAL, Tiling

Judged: TypeAlias = tuple[Link, Derived | Refusal | None, str | None]
"""A link, what the algebra found for it if it was asked, and why that cannot be emitted, None if it can."""


def restore(cascade: CascadeOp, before: CascadeOp) -> None:
    """Make a cascade what its copy `before` still is; the copy is used up."""
    cascade.ranks = before.ranks
    cascade.detach_region(cascade.body)
    cascade.add_region(before.detach_region(before.body))


class RankReduction:
    """The rewriting of one block of a cascade over one rank, traversal by traversal."""

    def __init__(self, cascade: CascadeOp, laws: Laws, plan: Plan, rank: str, place: PlaceToReduce, blocks: list[Block], number: int):
        """`blocks` are all blocks to be rewritten, as they are now; this is about the one at `number`."""
        self.cascade, self.laws, self.plan, self.rank, self.place = cascade, laws, plan, rank, place
        self.blocks, self.number = blocks, number
        self.declined: set[Operation] = set()
        self.at_once: set[Operation] = set()
        self.centres = Centres()
        self.table = TensorTable(cascade.sizes)

    def run(self) -> bool:
        """One round over all chains; True if another is worth trying (what was refused may join a later traversal)."""
        table = self.table = TensorTable(self.cascade.sizes, self.place.fixed)
        block = self.blocks[self.number]
        written = passes_over(self.cascade, self.rank)  # before any centre is put in, which reads a fiber of its own
        finder, asked = self._asked(block, table)
        order = {op: i for i, op in enumerate(block.ops)}
        centres = self.centres.positions(block)
        derived = [self._derive(links) for _, links in asked]
        taken = {link.op for found in derived for link, _ in found.values()}
        for op in (op for op in finder.apart if op not in taken):
            self._decline(op, op.results[0].name_hint or "it", finder.apart[op])
        some_refused = any(len(found) < len(links) for (_, links), found in zip(asked, derived, strict=True))
        copies: dict[Block, Block] = {}
        before = self.cascade.clone(block_mapper=copies) if (some_refused or centres) and any(map(self._wanted, derived)) else None
        changed = False
        for (chain, links), found in zip(asked, derived, strict=True):
            wanted = self._wanted(found)
            if wanted and all(link.op.parent is not None for link in links):
                self._emit(chain, wanted, finder, order)
                changed = True
        if changed:
            sort_block(block)
        undone = changed and self._undone(before, copies, written)
        self.centres.clear(self.blocks[self.number] if undone else None, centres)
        return changed and not undone

    def _asked(self, block: Block, table: TensorTable) -> tuple[ChainFinder, list[tuple[Chain, list[Link]]]]:
        """The chains, and the links of them to take. A link that cannot do without a constant which is known late starts a later traversal."""
        while True:
            finder = ChainFinder(block, self.rank, table, self.at_once, self.centres.made)
            asked = [(chain, links) for chain in finder.find() if chain.dependent for links in self.plan.candidates(chain)]
            if not self._helped([[*self._judged(links)] for _, links in asked], table):
                return finder, asked

    def _helped(self, asked: Sequence[Sequence[Judged]], table: TensorTable) -> bool:
        """Where a link gets no form: let those of its chain that may have all their constants before they start; else add the centre that it
        asks for, or take away what did not help; else let it have its own constants. True if something is to be tried again.

        A link with a form may ask for a centre, too."""
        refused = [[(link, result) for link, result, reason in judged if reason is not None] for judged in asked]
        impatient = {link.op for judged, failed in zip(asked, refused, strict=True) if failed for link, _, _ in judged if link.coupled}
        failures = [entry for failed in refused for entry in failed]
        judged = [(link, r) for each in asked for link, r, _ in each if r is not None]
        asking = [(link, r.centre) for link, r in judged if isinstance(r, Refusal) or r.centre is not None]
        if not impatient and sum(self.centres.answer(link, centre, table) for link, centre in asking):
            return True
        impatient = impatient or {link.op for link, _ in failures if link.late}
        self.at_once |= impatient
        return bool(impatient)

    def _undone(self, before: CascadeOp | None, copies: Mapping[Block, Block], written: int) -> bool:
        """Where some links were refused, merging the others can make a fiber be read before a later pass reads it anyway: undo that."""
        if before is None or passes_over(self.cascade, self.rank) <= written:
            return False
        restore(self.cascade, before)
        self.blocks[:] = [copies[block] for block in self.blocks]
        remarks.missed(self.plan.name, self.cascade, f"merging what can be merged over {self.rank} would add a pass beside those that stay")
        return True

    def _derive(self, links: Sequence[Link]) -> dict[str, tuple[Link, Derived]]:
        """The links that the algebra finds a form for, by name, with every summary that they need a running value of."""
        if all(link.op in self.declined for link in links if link.needs or link.late):
            return {}
        found: dict[str, tuple[Link, Derived]] = {}
        for link, result, reason in self._judged(links):
            if self.plan.record is not None and result is not None:
                self.plan.record.setdefault(link.name, (link, result))
            if reason is not None:
                self._decline(link.op, link.name, reason)
            elif isinstance(result, Derived):
                found[link.name] = (link, result)
        return found

    def _judged(self, links: Sequence[Link]) -> Iterator[Judged]:
        """What becomes of each link."""
        alike, odd = made_alike(links, self.laws)
        for link in odd:
            yield link, None, f"it visits other elements than those it is merged with, and {link.reduction.op} has no identity"
        kept: dict[str, Link] = {}
        for link in alike:
            if missing := [n.name for n in link.needs if n.name not in kept]:
                yield link, None, f"{missing[0]} stays a later pass"
            else:
                kept[link.name] = link
        links = list(kept.values())
        number, late = counts(links, self.cascade.sizes), known_late(links, self.at_once)
        results = derive_chain([link.reduction for link in links], self.laws, self.plan.options, counts=number, late=late)
        found: dict[str, Derived] = {}
        for link, result in zip(links, results, strict=True):
            if isinstance(result, Derived):
                link = with_summaries(link, [kept[n] for n in params_of(result) if n in kept], self.table)
            reason = result.reason if isinstance(result, Refusal) else self._obstacle(link, result, found)
            if isinstance(result, Derived) and reason is None:
                found[link.name] = result
            yield link, result, reason

    def _obstacle(self, link: Link, result: Derived, found: Mapping[str, Derived]) -> str | None:
        """Why what was derived is not emitted beside what was found before."""
        if result.form != "base" and not self.plan.accepts(result):
            return f"its form is {result.form}, which this pass does not emit"
        if missing := [n for n in result.rebased_on if n not in found or n not in link.bindings]:
            return f"it would follow {missing[0]}, which stays a later pass"
        if untold := [n for n in result.rebased_on if untold_bottom(found[n])]:
            return f"nothing tells whether {untold[0]} has visited an element yet"
        if fewer := [n.name for n in link.needs if n.name in result.rebased_on and may_lack(n, link, self.table)]:
            return f"{fewer[0]} may have no element where {link.name} has some, and then stands for none of them"
        return None

    def _wanted(self, found: dict[str, tuple[Link, Derived]]) -> Derivations:
        """Those that depend on others, and what they need; a reduction that nothing is merged with stays as it is."""
        wanted: set[str] = set()
        for link, result in reversed(list(found.values())):
            if result.form != "base" or link.name in wanted:
                wanted |= {link.name, *(n.name for n in link.needs if n.name in found)}
        return [entry for name, entry in found.items() if name in wanted]

    def _decline(self, op: ComputeOp, name: str, reason: str) -> None:
        if op not in self.declined:
            self.declined.add(op)
            remarks.missed(self.plan.name, op, f"{name} stays a later pass over {self.rank}: {reason}")

    def _emit(self, chain: Chain, derived: Derivations, finder: ChainFinder, order: dict[Operation, int]) -> None:
        last = max((link.op for link, _ in derived), key=lambda op: order[op])
        forms = {op: finder.form(op) for op in chain.inlined if isinstance(op, ComputeOp)}
        replaced: list[ComputeOp] = []
        if any(d.rebased_on for _, d in derived):
            tiling = self._tiling(derived)
            finder.table.sizes.update(self.cascade.sizes)
            derived, found = values_only(derived)
            replaced = elements_to_sink(derived, found, set(forms), finder, order)
            named = {form: op.results_[0].name_hint or "E" for op, form in forms.items()}
            made, finals = TraversalEmitter(finder.table, derived, tiling, replaced).emit(named)
            for link, result in found:
                op = plain_accumulator(finder.table, link, result, 0, {})
                made.append(op)
                finals.coordinates[link.name] = op.results_[1]
        else:
            known = {bind_originals(form, finder): finder.table.access(op.results_[0], op.out.data) for op, form in forms.items()}
            made, finals = emit_plain(finder.table, derived, known)
        Rewriter.insert_op(made, InsertPoint.before(last))
        self._replace(derived, made, finals, finder.table, last)
        for op in sorted({*replaced, *forms}, key=lambda op: -order[op]):
            erase_if_dead(op)

    def _replace(self, derived: Derivations, made: Sequence[Operation], finals: Finals, table: TensorTable, last: Operation) -> None:
        values = {link.name: finals.value(link.name) for link, _ in derived}
        Rewriter.insert_op([op for op in finals.operations if op.parent is None], InsertPoint.before(last))
        for link, result in derived:
            if (value := values[link.name]) is not link.op.results[0]:
                link.op.results[0].replace_all_uses_with(value)
                table.replace(link.op.results[0], value)
                remarks.applied(self.plan.name, link.op, f"{link.name} joins an earlier pass over {self.rank} ({result.form}): {result.why}")
            if link.coordinate is not None and (found := finals.coordinates.get(link.name)) is not None:
                link.coordinate.replace_all_uses_with(found)
        for link, _ in reversed(derived):
            erase_if_dead(link.op)
        for op in reversed([*made, *finals.operations]):
            erase_if_dead(op)

    def _tiling(self, derived: Derivations) -> Tiling:
        """Declare the ranks that number parts, tiles and elements; reuse them if an earlier traversal of this rank did."""
        sizes = self.cascade.sizes
        form, tile = self.plan.form, self.plan.tile
        if self.place.tiled(self.rank) and self.plan.rank is None and form == LOOP:
            form = SEQUENTIAL  # its elements are tiles already
        for link, accumulator in ((link, a) for link, d in derived for a in d.accumulators if form.merges):
            if accumulator.op not in REDUCTION_OPERATORS and not math.isfinite(accumulator.identity) and (link.where or form.kind == "tree"):
                remarks.missed(
                    self.plan.name, link.op, f"parts of {self.rank} may be empty, and nothing is known of {accumulator.op} of two identities"
                )
                form = LOOP
        tiling = form.tiling(self.rank, sizes[self.rank], tile, sizes)
        self.cascade.ranks = RanksAttr(tuple({**sizes, **tiling.new_ranks}.items()))
        return tiling


def untold_bottom(derived: Derived) -> bool:
    """Whether the summary's running value says something though no element was visited, and nothing tells that."""
    return not derived.empty_safe and derived.empty is None


def bind_originals(form: Expr, finder: ChainFinder) -> Expr:
    """A form with its summaries read from the Einsums that make them today."""
    by_name = {link.name: link for link in finder.links.values()}

    def leaf(e: Expr) -> Expr:
        if isinstance(e, Param):
            op = by_name[e.name].op
            return finder.table.access(op.results_[0], op.out.data)
        return e

    return map_leaves(form, leaf)
