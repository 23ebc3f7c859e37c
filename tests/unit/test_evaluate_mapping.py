"""Mappings: what they can say, what of it cannot be, and that every refusal names the place."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from einfold.backend.mapping_yaml import MappingError, load_mapping, parse_mapping
from einfold.backend.simulate import simulate
from einfold.dialects.accel import KernelOp, TaskOp
from einfold.dialects.accel_nest import scheduled
from einfold.lowering.mapping import KernelMapping
from einfold.tools.commands.evaluate import load_spec
from einfold.tools.diagnostics import Failure
from einfold.tools.evaluation.points import Kernels, lowered
from einfold.tools.evaluation.spec import Spec

FOLDER = Path(__file__).parents[2] / "examples" / "fusemax"
SPEC: Spec = load_spec("fusemax")
SIZES = {"b": 2, "h": 2, "p": 1024, "m": 512, "e": 64, "f": 64}

MAPPING = """name: toy
tiles: {p: 256, m: whole}
loops: [b, h, p1]
einsums:
  QK: {array: pe2d, rows: [m], cols: [p]}
tensors:
  Q: {keep: stream}
kernels:
  - einsums: [QK, GM]
    spill: {buffer: 0.5}
  - einsums: [SN, SD, A, AV]
    tiles: {p: 128}
"""


def attention(mapping: str, pipeline: str | None = "", machine: str = "flat-cloud", **sizes: int) -> Kernels:
    table = replace(SPEC.tables["attn-flat"], pipeline=pipeline, machine=machine)
    return lowered(SPEC, table, parse_mapping(mapping, "toy.yaml"), SIZES | sizes)


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yaml")), ids=lambda f: f.stem)
def test_shipped_mappings_are_read_and_say_where_they_come_from(file: Path) -> None:
    if file.stem.startswith(("searched", "scheduled")):
        assert "# Found by: einfold explore " in file.read_text() and load_mapping(str(file)).kernels[0].schedule
    elif file.stem not in ("evaluation", "pareto", "fusemax-cloud-exp2", "fusemax-cloud-units"):
        assert load_mapping(str(file)).source


def test_a_kernel_states_more_than_all_do() -> None:
    mapping = parse_mapping(MAPPING)
    first, second = mapping.kernels
    assert first == KernelMapping(("QK", "GM"), {"p": 256, "m": None}, ("b", "h", "p1"), spill={"buffer": 0.5})
    assert second.tiles == {"p": 128, "m": None}
    assert second.loops == first.loops and not second.spill


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("name: toy", "nam: toy", 1, "unknown key 'nam' in the mapping; did you mean 'name'?"),
        ("name: toy\n", "", 1, "the mapping lacks 'name'"),
        ("p: 256", "p: 0", 2, "'p' in 'tiles' of the mapping is 0; it must be from 1 to 2^40"),
        ("p: 256", "p: -3", 2, "'p' in 'tiles' of the mapping is -3; it must be from 1 to 2^40"),
        ("p: 256", "p: 2199023255552", 2, "'p' in 'tiles' of the mapping is 2199023255552; it must be from 1 to 2^40"),
        ("m: whole", "m: wole", 2, "'m' in 'tiles' of the mapping must be a whole number or 'whole'"),
        ("m: whole", "m: 2.5", 2, "'m' in 'tiles' of the mapping must be a whole number or 'whole'"),
        ("[b, h, p1]", "b", 3, "'loops' of the mapping must be a list of names"),
        ("[b, h, p1]", "[b, b]", 3, "'b' stands twice in 'loops' of the mapping"),
        ("array: pe2d", "aray: pe2d", 5, "unknown key 'aray' in Einsum 'QK'; did you mean 'array'?"),
        ("cols: [p]", "cycles_per_point: 0", 5, "'cycles_per_point' of Einsum 'QK' is 0; it must be a positive number"),
        ("cols: [p]", "latency_cycles: .nan", 5, "'latency_cycles' of Einsum 'QK' is nan; it must be zero or a positive number"),
        (
            "stream",
            "streem",
            7,
            "'keep' of tensor 'Q' is 'streem'; it must be on-chip, reload, stream, off-chip or off-chip-stream; did you mean 'stream'?",
        ),
        ("einsums: [QK, GM]\n    spill", "spill", 9, "a kernel lacks 'einsums'"),
        ("0.5", "1.5", 10, "'buffer' in 'spill' of a kernel is 1.5; it must be a share from 0 to 1"),
        ("0.5", ".inf", 10, "'buffer' in 'spill' of a kernel is inf; it must be zero or a positive number"),
        ("spill: {buffer: 0.5}", "overlap: all", 10, "'overlap' of a kernel is 'all'; it must be auto, resources or none"),
        ("spill: {buffer: 0.5}", "stages: [QK]", 10, "an entry of 'stages' of a kernel must be a list of names"),
        ("spill: {buffer: 0.5}", "budget_bytes: {buffer: -1}", 10, "'buffer' in 'budget_bytes' of a kernel is -1; it must be a positive number"),
    ],
)
def test_what_is_wrong_with_a_file(old: str, new: str, line: int, reason: str) -> None:
    assert old in MAPPING
    with pytest.raises(MappingError) as caught:
        parse_mapping(MAPPING.replace(old, new, 1), "toy.yaml")
    assert re.fullmatch(rf"toy\.yaml:{line}:\d+: error: {re.escape(reason)}", str(caught.value))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="No such file or directory"):
        load_mapping(str(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ("einsums: {QQ: {array: pe2d}}", "mapping 'x': unknown Einsum 'QQ'"),
        ("einsums: {QK: {array: pe3d}}", "mapping 'x': unknown array 'pe3d'; did you mean 'pe2d'?"),
        ("einsums: {QK: {rows: [z]}}", "the mapping spreads or orders rank 'z' of %QK, which has b, h, m, p, e"),
        ("einsums: {QK: {rows: [p], cols: [p]}}", "the mapping spreads rank 'p' of %QK over rows and columns"),
        ("einsums: {SN: {array: pe2d}}", "the mapping puts %SN on '@pe2d' of machine '@flat_cloud', which has no 'exp', 'sub'"),
        ("tensors: {KK: {keep: stream}}", "mapping 'x': unknown tensor 'KK'"),
        ("tensors: {QK: {hold: [q1]}}", "mapping 'x': a tensor is held over loop 'q1', which is over no rank"),
        ("einsums: {SD: {taps: [QK]}}", "the mapping lets %SD tap %QK, but it reads %SN"),
        ("tiles: {z: 4}", "mapping 'x': unknown rank 'z'"),
        ("spill: {bufer: 0.1}", "mapping 'x': unknown memory 'bufer'; did you mean 'buffer'?"),
        ("stages: [[QK], [GN]]", "mapping 'x': unknown Einsum 'GN'"),
        ("stages: [[QK], [GM]]\ntiles: {m: whole}", "the mapping states stages, but has none for %SN"),
        ("loops: [b, h, q1]", "the mapping's loop 'q1' is over no rank of the kernel"),
        ("loops: [b, h]\ntiles: {p: 256}", "but none over rank p, which is cut into tiles"),
        ("loops: [b, h, p3, p2, p1]", "a rank has one loop, or two: blocks and tiles"),
        ("kernels: [{einsums: [QK]}]", "the mapping runs %GM in 0 kernels; it needs one"),
        ("kernels: [{einsums: [QK, GM]}, {einsums: [GM, SN, SD, A, AV]}]", "the mapping runs %GM in 2 kernels; it needs one"),
        ("tiles: {m: whole, p: 1024}\nbudget_bytes: {buffer: 1000}\nkernels: [{einsums: [QK, GM, SN, SD, A, AV]}]", "'@buffer' holds 1,000 bytes"),
        ("einsums: {GM: {in_place: true}}\ntiles: {m: whole}", None),
    ],
)
def test_what_does_not_fit_the_cascade_or_the_machine(mapping: str, reason: str | None) -> None:
    if reason is None:
        assert attention(f"name: x\n{mapping}").lowered.kernels
        return
    with pytest.raises(Failure) as caught:
        attention(f"name: x\n{mapping}")
    assert reason in str(caught.value)


def test_stages_that_wait_for_one_another() -> None:
    """Exponentials a tile late and their products with V two: sums are then not there when the next tile rescales them, unless other tiles of
    queries come in between."""
    late = "[[LAV, LSD], [LSN], [QK, LGM, RGM_next, PGM, PSD, PAV, RSD_next, RAV_next, AV]]"
    text = f"name: x\nstages: {late}"
    with pytest.raises(Failure, match=r"the mapping's stages wait for one another: .* the kernel would deadlock"):
        attention(text, None, "fusemax-cloud", p=256)
    assert attention(text, None, "fusemax-cloud", p=1024).lowered.kernels
    with pytest.raises(Failure, match="states stages, but has none for %LSN"):
        attention(text.replace("[LSN], ", ""), None, "fusemax-cloud")


def test_an_einsum_in_two_stages() -> None:
    with pytest.raises(Failure, match="the mapping has %QK in two stages"):
        attention("name: x\ntiles: {m: whole}\nstages: [[QK, GM], [QK, SN, SD, A, AV]]")


def test_stages_of_what_was_taken_apart_go_together() -> None:
    made = attention(
        "name: x\ntiles: {m: 256}\nkernels: [{einsums: [QK, GM], stages: [[QK], [GM]]}, {einsums: [SN, SD, A, AV]}]".replace(
            "[SN, SD, A, AV]}", "[SN, SD]}, {einsums: [A, AV]}"
        )
    )
    first = made.lowered.kernels[0]
    turns = {op.label.data: op.turn_ for op in scheduled(first) if isinstance(op, TaskOp) and op.label is not None}
    assert turns == {"QK": 0, "GM.part": 1, "GM": 1}


@pytest.mark.parametrize("stated", [3, 4, 5, 1000])
def test_a_block_is_a_divisor_of_at_most_what_is_stated(stated: int) -> None:
    made = attention(
        f"name: x\ntiles: {{m: 256}}\nloops: [b, h, p2, m1, p1]\nblocks: {{p: {stated}}}\nkernels: [{{einsums: [QK]}}, {{einsums: [GM]}}, {{einsums: [SN]}}, {{einsums: [SD]}}, {{einsums: [A]}}, {{einsums: [AV]}}]"
    )
    assert made.lowered.kernels[0].loops["p1"] == (2 if stated == 3 else 4)


def test_what_a_mapping_streams_is_read_as_often_as_the_array_asks() -> None:
    base = "name: x\ntiles: {m: whole, p: 256}\nkernels: [{einsums: [QK, GM, SN, SD, A, AV]}]\n"
    kept, streamed = (simulate(attention(base + more).module).moved["dram"]["read"] for more in ("", "tensors: {Q: {keep: stream}}"))
    assert streamed - kept == 2 * 4 * 1024 * 64 * (512 // 256 - 1)
    every = simulate(attention(base + "tensors: {K: {keep: reload}}").module).moved["dram"]["read"]
    assert every - kept == 2 * 4 * 512 * 64 * (1024 // 256 - 1)


def test_kernels_keep_what_a_mapping_says(capsys: pytest.CaptureFixture[str]) -> None:
    text = "name: x\ntiles: {m: whole, p: 256}\nspill: {buffer: 0}\ntensors: {QK: {keep: off-chip}, A: {keep: off-chip-stream}, SN: {keep: on-chip}}"
    [kernel] = [op for op in attention(text).module.walk() if isinstance(op, KernelOp)]
    printed = str(kernel)
    assert "%qk_away = accel.move %qk to @dram" in printed
    assert "%qk_away_back = accel.move %qk_away to @buffer" in printed
    assert "accel.move %a_away to @pe2d" in printed
    assert "in @buffer" in next(line for line in printed.splitlines() if 'named "SN"' in line)
    assert not capsys.readouterr().err
