"""Mappings as YAML and back; and the `schedule:` of a mapping, which decides stages, turns and so the time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from searching import EXAMPLES, judged, on_machine, one_pass

from einfold.backend.mapping_text import mapping_text
from einfold.backend.mapping_yaml import KEEPS, MOST_STAGES, OVERLAPS, MappingError, load_mapping, parse_mapping
from einfold.dialects.accel import TaskOp
from einfold.dialects.accel_names import operation_names
from einfold.lowering.mapping import DEFAULT, CascadeMapping, EinsumMapping, KernelMapping, Slot, TensorMapping
from einfold.search.forms import rewritten
from einfold.search.judge import Candidate, Refused, judge, kernels_of
from einfold.search.problem import problem_of
from einfold.tools.einfold import main

FILES = sorted(
    p
    for p in (EXAMPLES / "fusemax").glob("*.yaml")
    if p.name not in ("evaluation.yaml", "pareto.yaml") and "clock_hz" not in p.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_kept_mappings_are_read_as_they_are_written(path: Path) -> None:
    mapping = load_mapping(str(path))
    assert mapping != DEFAULT
    assert parse_mapping(mapping_text(mapping)) == mapping
    assert parse_mapping(mapping_text(mapping, "found by a search\n\nin no time")) == mapping


NAMES = st.one_of(
    st.sampled_from(["QK", "m", "m1", "b", "true", "null", "1", "0x1", "1e3", "~", "a b", "- x", "é", "#x", "'", '"', ":", "no", "{}", "\\n"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=6),
)
NUMBERS = st.one_of(st.integers(1, 10**6), st.floats(1e-6, 1e12, allow_nan=False))
GROUPS = st.lists(NAMES, max_size=3, unique=True).map(tuple)
SIZES = st.one_of(st.none(), st.integers(1, 2**40))
KERNELS = st.builds(
    KernelMapping,
    einsums=st.just(()),
    tiles=st.dictionaries(NAMES, SIZES, max_size=3),
    loops=GROUPS,
    blocks=st.dictionaries(NAMES, SIZES, max_size=2),
    stages=st.lists(GROUPS, max_size=3).map(tuple),
    overlap=st.sampled_from(OVERLAPS),
    spill=st.dictionaries(NAMES, st.one_of(st.sampled_from([0, 1]), st.floats(0, 1)), max_size=2),
    budget=st.dictionaries(NAMES, NUMBERS, max_size=2),
    schedule=st.dictionaries(NAMES, st.builds(Slot, st.integers(0, MOST_STAGES), st.integers(0, MOST_STAGES)), max_size=4),
)
EINSUMS = st.builds(
    EinsumMapping,
    array=st.one_of(st.none(), NAMES),
    rows=st.one_of(st.none(), GROUPS),
    cols=st.one_of(st.none(), GROUPS),
    order=GROUPS,
    taps=GROUPS,
    cost=st.one_of(st.none(), NUMBERS),
    delay=st.one_of(st.none(), st.just(0), NUMBERS),
    in_place=st.booleans(),
)
MAPPINGS = st.builds(
    CascadeMapping,
    name=NAMES,
    kernels=st.one_of(
        KERNELS.map(lambda k: (k,)), st.lists(st.builds(replace, KERNELS, einsums=GROUPS.filter(bool)), min_size=1, max_size=3).map(tuple)
    ),
    einsums=st.dictionaries(NAMES, EINSUMS, max_size=3),
    tensors=st.dictionaries(NAMES, st.builds(TensorMapping, st.one_of(st.none(), st.sampled_from(KEEPS)), GROUPS), max_size=3),
    source=st.one_of(st.none(), NAMES),
)


@settings(max_examples=60, deadline=None)
@given(mapping=MAPPINGS, comment=st.text(max_size=40))
def test_any_mapping_is_read_as_it_is_written(mapping: CascadeMapping, comment: str) -> None:
    assert parse_mapping(mapping_text(mapping)) == mapping
    assert parse_mapping(mapping_text(mapping, comment)) == mapping


@pytest.mark.parametrize("line", ["a\x1bb", "a\tb", "a\x00b", "\udcff", "\u2028x", "\x85y", "# z", "\ufffe"])
def test_a_comment_of_any_characters_leaves_the_file_readable(line: str, tmp_path: Path) -> None:
    (tmp_path / "kept.yaml").write_text(mapping_text(DEFAULT, f"Found by: einfold explore {line}"), encoding="utf-8")
    assert load_mapping(str(tmp_path / "kept.yaml")) == replace(DEFAULT)


def test_what_is_not_stated_is_left_out() -> None:
    assert mapping_text(DEFAULT) == "name: default\n"
    stated = CascadeMapping("m", (KernelMapping(tiles={"m": None, "p": 64}, blocks={"p": None}, schedule={"QK": Slot(2, 1)}),))
    assert (
        mapping_text(stated, "one\ntwo")
        == "# one\n# two\nname: m\ntiles: {m: whole, p: 64}\nblocks: {p: fit}\nschedule:\n  QK: {stage: 2, turn: 1}\n"
    )


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ("{QK: {turn: 1}}", "task 'QK' in 'schedule' of the mapping lacks 'stage'"),
        ("{QK: {stage: 1, trun: 1}}", "did you mean 'turn'?"),
        ("{QK: {stage: -1}}", "is -1; it must be from 0 to 4096"),
        ("{QK: {stage: 4097}}", "is 4097; it must be from 0 to 4096"),
        ("{QK: {stage: 0, turn: 99999}}", "is 99999; it must be from 0 to 4096"),
        ("{QK: {stage: 1.5}}", "must be a whole number"),
        ("{QK: {stage: soon}}", "must be a whole number"),
        ("{QK: 3}", "QK"),
        ("[QK]", "schedule"),
        ("{QK: {stage: 1}, QK: {stage: 2}}", "QK"),
    ],
)
def test_a_schedule_that_cannot_be_read(schedule: str, told: str) -> None:
    with pytest.raises(MappingError, match=r"^<mapping>:2:\d+: error: ") as error:
        parse_mapping(f"name: x\nschedule: {schedule}\n")
    assert told in str(error.value)


SMALL = "b=1,h=2,p=1024,m=1024"


def stated(changed: dict[str, Slot | None]) -> CascadeMapping:
    """FuseMax's binding as a schedule, with some tasks at other times, or left out."""
    slots = {n: Slot(2 + (n in LATE)) for n in (j.name for j in problem_of(kernels_of(judged("attention.mlir", one_pass(256), sizes=SMALL))[0]).jobs)}
    found = {n: s for n, s in {**slots, **changed}.items() if s is not None}
    return replace(DEFAULT, kernels=(KernelMapping(schedule=found),))


LATE = ("RSD_next", "RAV_next", "AV")


def refused(mapping: CascadeMapping) -> str:
    module, machine = on_machine("attention.mlir", sizes=SMALL)
    form = rewritten(module, one_pass(256))
    assert form is not None
    found = judge(Candidate(form, mapping), machine)
    assert isinstance(found, Refused)
    return found.reason


def test_a_schedule_decides_stages_turns_and_time() -> None:
    own = judged("attention.mlir", one_pass(256), sizes=SMALL)
    same = judged("attention.mlir", one_pass(256), sizes=SMALL, mapping=stated({}))
    assert same.result.cycles == own.result.cycles
    one_by_one = {n: Slot(2 + turn, turn) for turn, n in enumerate(stated({}).kernels[0].schedule)}
    slow = judged("attention.mlir", one_pass(256), sizes=SMALL, mapping=stated(dict(one_by_one)))
    assert slow.result.cycles > 1.05 * own.result.cycles
    [kernel] = kernels_of(slow)
    found = {name: Slot(op.stage_, op.turn_) for op, name in operation_names(kernel).items() if isinstance(op, TaskOp)}
    assert found == one_by_one
    other = {op.stage_ for op in operation_names(kernel) if not isinstance(op, TaskOp)}
    assert min(other) < 2 < max(other)


def test_loads_come_before_and_stores_behind_whatever_the_stages() -> None:
    later = {n: Slot(s.stage + 5) for n, s in stated({}).kernels[0].schedule.items()}
    [first], [second] = (kernels_of(judged("attention.mlir", one_pass(256), sizes=SMALL, mapping=stated(dict(c)))) for c in ({}, later))
    before, after = ({name: op.stage_ for op, name in operation_names(k).items()} for k in (first, second))
    assert after == {name: stage + 5 for name, stage in before.items()}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"PGM": None}, "the mapping has a schedule, but not when %PGM runs"),
        (
            {"QK": Slot(3)},
            "the mapping's stages wait for one another: accel.task LGM (stage 2) reads accel.task QK (stage 3), but runs 1 epoch before it",
        ),
        ({"LGM": Slot(2, 0), "QK": Slot(2, 1)}, "reads accel.task QK (stage 2), but runs before it in the same epoch: the kernel would deadlock"),
        ({"RAV_next": Slot(30)}, "the kernel would deadlock"),
    ],
)
def test_a_schedule_that_does_not_fit_its_cascade(changed: dict[str, Slot | None], told: str) -> None:
    reason = refused(stated(changed))
    assert told in reason
    assert reason.startswith("cascade '@attention' cannot be lowered: ")


def test_a_schedule_of_an_einsum_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A schedule may leave a kernel to the lowering, but not name what no kernel runs."""
    (tmp_path / "m.yaml").write_text("name: s\nschedule: {RAV_nxt: {stage: 1}}\n")
    example = str(Path(__file__).parents[2] / "examples" / "causal.mlir")
    assert main(["simulate", example, "--machine", "fusemax-cloud", "--mapping", str(tmp_path / "m.yaml")]) == 1
    assert "mapping 's': unknown Einsum 'RAV_nxt'; did you mean 'RAV_next'?" in capsys.readouterr().err
