"""One run of a report: the cascade as written and rewritten, what was derived, where it was placed, how it ran.

Everything is made by what the other commands are made of, and `passes`, `simulate` and `roofline` are what those print with `--json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.utils.exceptions import DiagnosticException

from ...analysis import remarks
from ...analysis.einsums import Program
from ...analysis.passes_over import PassCounter, RankPasses
from ...backend.machine import Machine
from ...backend.simulate import simulate
from ...backend.timeline import Timeline, timeline_of
from ...dialects.accel import KernelOp
from ...dialects.einsum import CascadeOp, ComputeOp
from ...lowering.machine_lookup import machines_of
from ...lowering.placed import place_of, tiles_of
from ...passes.derivation_report import within_tile
from ..bounding import bounds_in, bounds_json
from ..choosing import choose_cascade
from ..commands.passes import derived_json
from ..commands.passes import to_json as passes_json
from ..counting import accounting_in, energy_in, machines_in_order
from ..default_pipeline import rewriting_passes
from ..diagnostics import Diagnostic, Failure
from ..loading import load_module, new_context
from ..machine_told import description
from ..pipeline import build
from ..plugins import installed_universe
from ..progress import doing
from ..reading import STDIN_NAME
from ..resizing import apply_sizes
from ..roofline import Roof, forms_of, most_passed
from ..roofline_told import roofline_json
from ..running import Runner
from ..simulation import Observed, Observer, Wanted, lower, machine_named, mapping_in, only
from ..source import Source, known_source
from ..verifying import verify_module
from ..whiteboard.collect import cascade_story
from ..whiteboard.story import CascadeStory
from ..whiteboard.telling import tell
from .blocks_html import to_html
from .fragments import drawn
from .settings import TOOL, Settings
from .stages import Stages
from .timeline_json import to_json as timeline_json


@dataclass(frozen=True)
class Room:
    """How much a run may show of what grows with the input: runs of operations in all kernels, characters of IR and of a told derivation,
    operations of a cascade that are drawn."""

    timeline: int = 6000
    text: int = 300_000
    derivation: int = 400_000
    drawn: int = 400


@dataclass
class Run:
    """`data` is the run's part of the page's JSON; `fragments` are pieces of HTML by name, which hold no numbers of it; `timelines` by kernel."""

    settings: Settings
    data: dict[str, object] = field(default_factory=dict[str, object])
    fragments: dict[str, str] = field(default_factory=dict[str, str])
    timelines: list[Timeline] = field(default_factory=list[Timeline])
    ranks: tuple[str, ...] = ()


def run_of(settings: Settings, room: Room, rank: str | None = None) -> Run:
    """Do what a run's options say. Raises `Failure`."""
    return _Running(settings, room, rank).run()


class _Running:
    def __init__(self, settings: Settings, room: Room, rank: str | None):
        self.settings, self.room, self.rank = settings, room, rank
        self.accounting = accounting_in(settings.accounting)
        self.ctx: Context = new_context()
        self.module = load_module(settings.file, self.ctx)
        name = STDIN_NAME if settings.file == "-" else settings.file
        self.source = known_source(name) or Source(name, "")
        self.made = Run(settings, {"label": settings.label, "file": name, "command": settings.command})

    def run(self) -> Run:
        module, settings, data = self.module, self.settings, self.made.data
        if not any(isinstance(op, CascadeOp) for op in module.walk()):
            self._simulated({}, [])
            return self.made
        cascade = only(module, choose_cascade(module, settings.cascade, settings.file))
        apply_sizes(module, settings.set, settings.file)
        written = module.clone()
        data |= {"cascade": cascade.sym_name.data, "ranks": cascade.sizes}
        self._doing("passes and proofs")
        self.made.ranks = tuple(cascade.sizes)
        story = cascade_story(written, _cascade(written), settings.file)
        data["passes"], counted = self._passes(story)
        self._doing("equations and the derivation")
        self._fragments("before", written)
        blocks = to_html(tell(story)[1:])
        self.made.fragments["derivation"] = blocks if len(blocks) <= self.room.derivation else ""
        data["rank"] = self.rank if self.rank in counted else most_passed(written)
        known = settings.machine is not None or len(machines_of(module)) > 0
        self._lowered(machine_named(module, settings.machine, settings.file) if known else None, written)
        return self.made

    def _doing(self, what: str) -> None:
        doing(f"{self.settings.label}: {what}")

    def _passes(self, story: CascadeStory) -> tuple[dict[str, object], dict[str, RankPasses]]:
        """What `einfold passes --json --proof` says of the cascade."""
        cascade, name = story.program.cascade, story.name
        every = {p.rank: p for p in (*(r.passes for r in story.ranks), *story.quiet)}
        counted = {rank: every[rank] for rank in cascade.sizes if rank in every}
        derived = {(name, r.rank): r.report for r in story.ranks if not within_tile(cascade, r.rank)}
        ranks = {r: passes_json(p) | derived_json(derived, cascade, r, p) for r, p in counted.items()}
        return {"cascade": name, "ranks": ranks}, counted

    def _fragments(self, when: str, module: ModuleOp) -> None:
        cascade = _cascade(module)
        self.made.fragments |= {f"{part} {when}": told for part, told in drawn(cascade, self.room.drawn).items()}

    def _lowered(self, machine: str | None, written: ModuleOp) -> None:
        """Rewrite and, with a machine, place, lower and simulate."""
        module, settings, data = self.module, self.settings, self.made.data
        rewritten = written
        with remarks.collect() as made:
            stages = Stages(made)
            stages.add("as written", module)

            def after(name: str, left: ModuleOp) -> None:
                nonlocal rewritten
                stages.add(name, left)
                if name == "einsum-place":
                    data["placement"] = _placement(left)
                elif name != "lower-einsum-to-accel":
                    rewritten = left.clone()

            if machine is None:
                self._rewritten(after)
            else:
                data["roofline"] = self._roofline(machine, written)
                self._doing("placing")
                wanted = Wanted(machine, settings.pipeline, settings.tile, not settings.no_overlap, mapping_in(settings.mapping))
                lower(self.ctx, module, self.source, wanted, after)
                verify_module(module, self.source)
        data["stages"] = stages.to_json(self.room.text)
        final = _cascade_or_none(rewritten)
        if final is not None:
            data["passes_after"] = {r: passes_json(p) for r, p in PassCounter(Program(final)).count().items()}
            self._fragments("after", rewritten)
        if machine is not None:
            notes = [r.message for r in made if r.kind == "analysis"]
            self._simulated({"cascade": data["cascade"], "ranks": data["ranks"], "machine": machine}, notes)

    def _rewritten(self, after: Observer) -> None:
        """The passes without a machine."""
        given = self.settings.pipeline
        passes = rewriting_passes(None) if given is None else build(given, "--pipeline", "pass", installed_universe().all_passes)
        Runner(self.ctx, passes, tool=TOOL, instruments=(Observed(after),)).run(self.module, self.source)

    def _roofline(self, machine: str, written: ModuleOp) -> dict[str, object]:
        """What `einfold roofline --json` says."""
        with remarks.collect():
            placed = written.clone()
            machine_named(placed, self.settings.machine, self.settings.file)
            roof = Roof.of(Machine.from_op(machines_of(placed)[machine]))
            rank = most_passed(written)
            return roofline_json(roof, forms_of(self.ctx, placed, self.source, machine, rank), rank)

    def _simulated(self, found: Mapping[str, object], notes: list[str]) -> None:
        """What `einfold simulate --json` says, the machine, and the timeline."""
        self._doing("timeline")
        kernels = [op for op in self.module.walk() if isinstance(op, KernelOp)]
        try:
            result = simulate(self.module)
            self.made.timelines = [timeline_of(k, max(40, self.room.timeline // len(kernels))) for k in kernels]
        except DiagnosticException as error:
            raise Failure(Diagnostic("error", str(error).splitlines()[0], self.settings.file)) from error
        machines = machines_in_order(self.module)
        energy, bounds = energy_in(result, machines, self.accounting), bounds_in(result, machines)
        order = [{"name": k.sym_name.data, "loops": k.loops, "tiles": k.tiles.sizes} for k in kernels]
        told = {**found, "notes": notes, "kernels_in_order": order, **result.to_json()}
        data = self.made.data
        data["simulate"] = {**told, "energy": energy.to_json(), "bounds": bounds_json(bounds, result.cycles)}
        data["machines"] = {m.name: description(m) for m in machines}
        data["timeline"] = [timeline_json(t) for t in self.made.timelines]


def _cascade(module: ModuleOp) -> CascadeOp:
    return next(op for op in module.walk() if isinstance(op, CascadeOp))


def _cascade_or_none(module: ModuleOp) -> CascadeOp | None:
    return next((op for op in module.walk() if isinstance(op, CascadeOp)), None)


def _placement(module: ModuleOp) -> dict[str, object]:
    """Einsum -> its array and the ranks over its rows and columns; the tile of each rank."""
    cascade = _cascade(module)
    names = Program(cascade).names
    placed = [(names[op.results_[0]], place_of(op)) for op in cascade.walk() if isinstance(op, ComputeOp)]
    einsums = [{"name": n, "array": p.array, "rows": list(p.rows), "cols": list(p.cols)} for n, p in placed if p is not None]
    return {"einsums": einsums, "tiles": tiles_of(cascade)}
