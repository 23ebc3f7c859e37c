"""Machine descriptions: found, read, refused with the line and the reason, and the same in YAML, as data and as IR."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin
from xdsl.parser import Parser

from einfold.backend.machine import Machine
from einfold.backend.machine_yaml import MachineError, load_machine, machine_names, parse_machine
from einfold.dialects.accel import Accel
from einfold.dialects.accel_machine import MachineOp

TOY = """\
name: toy
clock_hz: 1e9
word_bytes: 2
memories:
  dram: {offchip: true, bandwidth_bytes_per_s: 1.6e10}
  buffer: {capacity_bytes: 65536}
arrays:
  lanes: {rows: 1, cols: 8, cycles: {mac: 1}}
"""


@pytest.mark.parametrize("name", machine_names())
def test_a_shipped_machine_says_the_same_as_ir(name: str) -> None:
    machine = load_machine(name)
    context = Context()
    context.load_dialect(Builtin)
    context.load_dialect(Accel)
    (op,) = Parser(context, str(machine.to_op())).parse_module().ops
    assert isinstance(op, MachineOp)
    op.verify()
    assert Machine.from_op(op) == machine
    assert all(part.source for part in (machine, *machine.memories, *machine.arrays))


def test_the_published_machines() -> None:
    fusemax, flat = load_machine("fusemax-cloud"), load_machine("flat-cloud")
    for machine, capacity in ((fusemax, 16 * 2**20), (flat, 32 * 2**20)):
        assert (machine.clock, machine.word) == (940_000_000, 2)
        assert {a.name: (a.rows, a.cols) for a in machine.arrays} == {"pe2d": (256, 256), "pe1d": (1, 256)}
        dram, buffer = machine.memories
        assert dram.offchip and not buffer.offchip
        assert (dram.bandwidth, dram.capacity, buffer.capacity) == (400 * 2**30, None, capacity)
    assert [a.ops.get("exp") for a in fusemax.arrays] == [6, 6]
    assert [a.ops.get("exp") for a in flat.arrays] == [None, 1]
    assert set(flat.arrays[0].ops) == {"mac"}


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text(TOY)
    machine = load_machine(str(path))
    assert (machine.name, machine.clock, machine.memories[0].bandwidth) == ("toy", 1e9, 1.6e10)
    path.write_text("name: 3\n")
    with pytest.raises(MachineError, match=rf"^{path}:1:1: error: the machine lacks 'clock_hz'$"):
        load_machine(str(path))


def test_a_machine_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"^unknown machine 'fusemax'; did you mean 'fusemax-edge'"):
        load_machine("fusemax")
    missing = str(tmp_path / "none.yaml")
    with pytest.raises(MachineError, match=f"^cannot read machine '{missing}': No such file or directory$"):
        load_machine(missing)
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MachineError, match=f"^cannot read machine '{binary}': not a text file$"):
        load_machine(str(binary))


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("clock_hz: 1e9", "clokc_hz: 1e9", 2, "unknown key 'clokc_hz' in the machine; did you mean 'clock_hz'?"),
        ("clock_hz: 1e9", "clock_hz: -1", 2, "'clock_hz' of the machine is -1; it must be a positive number"),
        ("clock_hz: 1e9", "clock_hz: .nan", 2, "'clock_hz' of the machine is nan; it must be a positive number"),
        ("clock_hz: 1e9", "clock_hz: fast", 2, "'clock_hz' of the machine must be a number"),
        ("clock_hz: 1e9", "clock_hz: true", 2, "'clock_hz' of the machine must be a number"),
        ("clock_hz: 1e9", "clock_hz: [1]", 2, "'clock_hz' of the machine must be a number"),
        ("clock_hz: 1e9", "clock_hz: !!python/name:os.system x", 2, "'clock_hz' of the machine must be a number"),
        ("clock_hz: 1e9", "clock_hz: 1e9\nclock_hz: 1e9", 3, "'clock_hz' is given twice in the machine"),
        ("word_bytes: 2", "word_bytes: 2.5", 3, "'word_bytes' of the machine must be a whole number"),
        ("word_bytes: 2\n", "", 1, "the machine lacks 'word_bytes'"),
        ("offchip: true", "offchip: maybe", 5, "'offchip' of memory 'dram' must be true or false"),
        ("offchip: true", "offchip: false", 5, "0 memories are offchip; a machine needs one"),
        ("{capacity_bytes: 65536}", "{offchip: true}", 5, "2 memories are offchip; a machine needs one"),
        ("capacity_bytes: 65536", "capacity_bytes: 0", 6, "'capacity_bytes' of memory 'buffer' is 0; it must be a positive number"),
        ("capacity_bytes: 65536", "latency_cycles: -1", 6, "'latency_cycles' of memory 'buffer' is -1; it must be zero or a positive number"),
        ("capacity_bytes: 65536", "energy_pj: {read: -1}", 6, "'read' in 'energy_pj' of memory 'buffer' is -1; it must be zero or a positive number"),
        ("capacity_bytes: 65536", "energy_pj: {reed: 1}", 6, "unknown action 'reed' in 'energy_pj' of memory 'buffer'; did you mean 'read'?"),
        (
            "capacity_bytes: 65536",
            "energy_pj: {read: .nan}",
            6,
            "'read' in 'energy_pj' of memory 'buffer' is nan; it must be zero or a positive number",
        ),
        ("capacity_bytes: 65536", "area_um2: {size: 1}", 6, "unknown action 'size' in 'area_um2' of memory 'buffer'"),
        ("capacity_bytes: 65536", f"capacity_bytes: {'9' * 400}", 6, "'capacity_bytes' of memory 'buffer' is beyond 1e+30"),
        ("1.6e10", "1.0e+300", 5, "'bandwidth_bytes_per_s' of memory 'dram' is beyond 1e+30"),
        ("{mac: 1}}", "{mac: 1}, energy_pj: {macc: 1}}", 8, "unknown action 'macc' in 'energy_pj' of array 'lanes'; did you mean 'mac'?"),
        ("rows: 1", f"rows: {'9' * 400}", 8, "'rows' of array 'lanes' is beyond 2^63"),
        ("rows: 1", f"rows: -{'9' * 5000}", 8, "'rows' of array 'lanes' must be a whole number"),
        ("rows: 1, ", "", 8, "array 'lanes' lacks 'rows'"),
        ("rows: 1", "rows: 0", 8, "'rows' of array 'lanes' is 0; it must be at least 1"),
        ("mac: 1", "mac: 0", 8, "'mac' in 'cycles' of array 'lanes' is 0; it must be a positive number"),
        ("{mac: 1}", "mac", 8, "'cycles' of array 'lanes' must be a mapping of names to values"),
        ("{rows: 1, cols: 8, cycles: {mac: 1}}", "16", 8, "array 'lanes' must be a mapping of names to values"),
        ("  lanes: {rows: 1, cols: 8, cycles: {mac: 1}}", "  {}", 8, "a machine needs an array"),
        ("{mac: 1}}", "{mac: 1}, units: [mac]}", 8, "'units' of array 'lanes' must be a mapping of names to values"),
        ("{mac: 1}}", "{mac: 1}, units: {u: mac}}", 8, "'u' in 'units' of array 'lanes' must be a list of names"),
        ("{mac: 1}}", "{mac: 1}, units: {u: []}}", 8, "'u' in 'units' of array 'lanes' has no operation"),
        ("{mac: 1}}", "{mac: 1}, units: {u-1: [mac]}}", 8, "'u-1' in 'units' of array 'lanes' is no name of letters, digits and '_'"),
        ("{mac: 1}}", "{mac: 1}, units: {u: [mac, mac]}}", 8, "'mac' stands twice in 'u' in 'units' of array 'lanes'"),
        ("{mac: 1}}", "{mac: 1}, units: {u: [mack]}}", 8, "unit 'u' has 'mack', which array 'lanes' does not do; did you mean 'mac'?"),
        ("{mac: 1}}", "{mac: 1}, units: {u: [mac], v: [mac]}}", 8, "'mac' of array 'lanes' is in unit 'u' and in unit 'v'"),
        ("lanes:", "buffer:", 1, "'buffer' names a memory and an array"),
        ("lanes:", "? [a]\n  :", 8, "a key of 'arrays' of the machine must be a name"),
        ("name: toy", "name: 3", 1, "'name' of the machine must be a text"),
        ("name: toy", "name: [", 3, "not YAML: expected ',' or ']', but got ':'"),
        ("name: toy", f"name: {'[' * 5000}", 1, "nested too deeply"),
        ("name: toy", "name: &a [*a]", 1, "'name' of the machine must be a text"),
        (TOY, "- 1\n", 1, "the machine must be a mapping of names to values"),
        (TOY, "", 1, "the file is empty"),
    ],
)
def test_what_is_wrong_with_a_description(old: str, new: str, line: int, reason: str) -> None:
    assert TOY.count(old) == 1
    with pytest.raises(MachineError) as caught:
        parse_machine(TOY.replace(old, new), "toy.yaml")
    assert re.fullmatch(rf"toy\.yaml:{line}:\d+: error: {re.escape(reason)}", str(caught.value))


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("clock_hz: 1e9", "clokc_hz: 1e9", "2:1"),
        ("clock_hz: 1e9", "clock_hz: -1", "2:11"),
        ("bandwidth_bytes_per_s: 1.6e10", "bandwidth_bytes_per_s: .nan", "5:48"),
        ("rows: 1", "rows: 0", "8:17"),
        ("name: toy", "name: [", "3:11"),
        ("  lanes: {rows: 1, cols: 8, cycles: {mac: 1}}", "  {}", "8:3"),
    ],
)
def test_the_place_is_that_of_the_key_or_value(old: str, new: str, place: str) -> None:
    assert TOY.count(old) == 1
    with pytest.raises(MachineError) as caught:
        parse_machine(TOY.replace(old, new), "toy.yaml")
    assert str(caught.value).startswith(f"toy.yaml:{place}: error: ")
