"""Figures: shapes as SVG and PNG, axes that hold what they show, and the figures of an evaluation with published values beside ours."""

from __future__ import annotations

import io
import math
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from einfold.backend.machine_yaml import load_machine, machine_names
from einfold.tools.commands.evaluate import load_spec
from einfold.tools.diagnostics import Failure
from einfold.tools.evaluation.running import Row
from einfold.tools.figures import png
from einfold.tools.figures.axes import Scale, told
from einfold.tools.figures.blocks_svg import blocks_svg
from einfold.tools.figures.chart import Bars, Line, Lines
from einfold.tools.figures.fusemax import figures
from einfold.tools.figures.saving import write_figure
from einfold.tools.figures.svg import Area, Disc, Drawing, Text

SVG = "{http://www.w3.org/2000/svg}"


def bars(**changes: object) -> Bars:
    known = Bars("Times", "s", ["a", "b"], {"one": [1.0, 2.0], "two": [4.0, 8.0]}, {})
    return replace(known, **changes)


def filled(drawing: Drawing) -> list[tuple[str, float]]:
    """What each bar tells, and its height in pixels."""
    shapes = [s for s in drawing.shapes if isinstance(s, Area) and s.told and not s.stroke]
    return [(s.told, max(y for _, y in s.corners) - min(y for _, y in s.corners)) for s in shapes]


def test_text_in_a_drawing_is_escaped_and_the_file_is_xml() -> None:
    drawing = Drawing(100, 50, 'a < b & "c"')
    drawing.text(1, 2, "<script>&\x00", fill='"><script>')
    drawing.dot(3, 4, fill="red", told="<x>")
    root = ET.fromstring(drawing.render())
    assert [e.tag.removeprefix(SVG) for e in root] == ["title", "rect", "text", "circle"]
    assert root[0].text == 'a < b & "c"'
    assert root[2].text == "<script>&\ufffd"
    assert root[2].get("fill") == '"><script>'
    assert root[3][0].text == "<x>"


def test_the_same_drawing_is_the_same_bytes() -> None:
    assert bars().drawn().render() == bars().drawn().render()


def test_bars_are_as_high_as_their_values() -> None:
    heights = dict(filled(bars().drawn()))
    assert heights["two, b: 8"] == pytest.approx(8 * heights["one, a: 1"])
    assert heights["two, a: 4"] == pytest.approx(2 * heights["one, b: 2"])


def test_stacked_bars_stand_on_one_another() -> None:
    drawing = bars(stacked=True).drawn()
    heights = dict(filled(drawing))
    assert heights["two, b: 8"] == pytest.approx(8 * heights["one, a: 1"])
    lower, upper = (next(s for s in drawing.shapes if isinstance(s, Area) and s.told == t) for t in ("one, b: 2", "two, b: 8"))
    assert min(y for _, y in lower.corners) == pytest.approx(max(y for _, y in upper.corners))


def test_a_published_value_is_marked_where_it_lies() -> None:
    drawing = bars(marks={("one", 0): 2.0}).drawn()
    (mark,) = (s for s in drawing.shapes if isinstance(s, Area) and s.told == "one, published: 2")
    middle = sum(y for _, y in mark.corners) / 4
    bar = next(s for s in drawing.shapes if isinstance(s, Area) and s.told == "one, b: 2")
    assert middle == pytest.approx(min(y for _, y in bar.corners))
    assert [s.text for s in drawing.shapes if isinstance(s, Text)].count("published") == 1


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_left_out(value: float | None) -> None:
    drawing = bars(series={"one": [1.0, value]}).drawn()
    assert [t for t, _ in filled(drawing)] == ["one, a: 1"]
    assert "nan" not in drawing.render() and "inf" not in drawing.render()


def test_logarithmic_lines_leave_out_what_has_no_logarithm() -> None:
    line = Line("l", [(1.0, 1.0), (0.0, 1.0), (10.0, -1.0), (100.0, 1000.0)])
    drawing = Lines("t", "x", "y", [line]).drawn()
    assert [s.told for s in drawing.shapes if isinstance(s, Disc)] == ["l: 1, 1", "l: 100, 1000"]


@pytest.mark.parametrize(
    ("values", "options", "ends", "ticks"),
    [
        ([3.0, 8.0], {"zero": True}, (0, 8), [0, 2, 4, 6, 8]),
        ([0.25, 0.97], {"zero": True}, (0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]),
        ([20.0, 3000.0], {"log": True}, (10, 10000), [10, 100, 1000, 10000]),
        ([5.0], {}, (5, 10), [5, 6, 7, 8, 9, 10]),
        ([], {}, (1, 2), [1, 1.2, 1.4, 1.6, 1.8, 2]),
        ([7.0], {"log": True}, (1, 10), [1, 10]),
        ([-2.0, -1.0], {"zero": True}, (-2, 0), [-2, -1.5, -1, -0.5, 0]),
    ],
)
def test_scales_hold_their_values_between_round_numbers(
    values: list[float], options: dict[str, bool], ends: tuple[float, float], ticks: list[float]
) -> None:
    scale = Scale.over(values, 100, 0, **options)
    assert (scale.low, scale.high) == pytest.approx(ends)
    assert scale.ticks == pytest.approx(ticks)
    assert (scale(scale.low), scale(scale.high)) == pytest.approx((100, 0))
    assert all(0 <= scale(v) <= 100 for v in values)


@pytest.mark.parametrize(("value", "text"), [(0.5, "0.5"), (20000.0, "20k"), (3e12, "3T"), (1e16, "1e+16"), (0.0, "0")])
def test_ticks_are_short(value: float, text: str) -> None:
    assert told(value) == text


def test_drawings_below_one_another_are_one_drawing() -> None:
    upper, lower = bars().drawn(), bars(height=200).drawn()
    both = Drawing.below([upper, lower])
    assert (both.width, both.height, both.title) == (1180, 540, upper.title)
    assert both.shapes[: len(upper.shapes)] == upper.shapes
    moved = [(a.y, b.y) for a, b in zip(lower.shapes, both.shapes[len(upper.shapes) :], strict=True) if isinstance(a, Text) and isinstance(b, Text)]
    assert moved and all(after == before + 340 for before, after in moved)


@pytest.mark.parametrize(("name", "start"), [("f.svg", b"<svg"), ("f.PNG", b"\x89PNG"), ("f", b"<svg")])
def test_a_figure_s_file_is_what_its_name_says(name: str, start: bytes, tmp_path: Path) -> None:
    write_figure(str(tmp_path / name), bars().drawn())
    assert (tmp_path / name).read_bytes().startswith(start)


def test_a_figure_in_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        write_figure(str(tmp_path / "f.pdf"), bars().drawn())
    assert caught.value.diagnostics[0].message == "a figure's file is called .svg or .png, not '.pdf'"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", machine_names())
def test_the_diagram_of_a_machine_names_its_parts(name: str) -> None:
    machine = load_machine(name)
    text = "".join(ET.fromstring(blocks_svg(machine)).itertext())
    assert all(f"{part.name}: " in text for part in (*machine.memories, *machine.arrays))


def rows(table: str, spec_points: list[tuple[str, str]], latency: float, **columns: float) -> list[Row]:
    return [Row(table, m, n, 1, latency, latency, {"full": 2.0 * latency}, "full", columns, "pe1d") for m, n in spec_points]


def tables() -> dict[str, list[Row]]:
    points = load_spec("fusemax").points
    shares = {"attn-flat": ("QK", "AV"), "attn-cascade": ("QK", "SLNV")}
    latencies = {"unfused": 12.0, "flat": 6.0, "cascade": 8.0, "arch": 3.0, "binding": 1.0}
    found = {}
    for name, latency in latencies.items():
        parts = shares.get(f"attn-{name}", ("QK", "LM", "SLN", "SLD", "SLNV"))
        columns = {"util_2d": 0.5, "util_1d": 0.25} | ({} if name == "unfused" else dict.fromkeys(parts, 0.1))
        found[f"attn-{name}"] = rows(f"attn-{name}", points, latency, **columns)
    return found | {f"end2end-{n}": rows(f"end2end-{n}", points, 1.0) for n in ("flat", "proposal")}


def test_the_figures_of_an_evaluation_show_what_its_tables_say() -> None:
    found = figures(load_spec("fusemax"), tables())
    assert list(found) == ["fig10", "fig11", "fig6a", "fig6b", "fig7", "fig8", "fig9"]
    assert {told for told, _ in filled(found["fig6a"])} >= {"unfused, 1K: 0.25", "+Binding, mean: 0.25"}
    assert {told for told, _ in filled(found["fig8"])} >= {"unfused, 1M: 1", "FLAT, 1K: 2", "+Binding, mean: 12"}
    assert {told for told, _ in filled(found["fig9"])} >= {"+Cascade, 4K: 0.66667", "+Binding, 4K: 0.083333"}
    assert {told for told, _ in filled(found["fig10"])} >= {"FLAT, 1K: 1.8571", "+Binding, mean: 6.5"}
    assert {told for told, _ in filled(found["fig7"])} >= {"QK, FL: 0.1", "SLNV/AV, +C: 0.1", "SLD, +B: 0.1"}
    texts = [s.text for s in found["fig9"].shapes if isinstance(s, Text)]
    assert "attention energy of FLAT's: 0.1667 (published 0.7875). energies counted as 'full', published ones as 'artifact'" in texts


def test_published_points_and_means_are_marked(tmp_path: Path) -> None:
    (tmp_path / "attn-flat.csv").write_text("model,seq_len,traffic,latency,util_1d,QK,AV\nBERT,4K,1,5,0.75,0.25,0.5\nBERT,16K,1,,x,,\n")
    (tmp_path / "attn-unfused.csv").write_text("model,seq_len,latency\nBERT,4K,20\nBERT,16K,3\n")
    found = figures(load_spec("fusemax"), tables(), tmp_path)

    def marked(name: str) -> list[str]:
        return [s.told for s in found[name].shapes if isinstance(s, Area) and s.stroke and s.told]

    assert marked("fig6a") == [
        "FLAT, published: 0.75",
        *(f"{n}, published: {v}" for n, v in (("unfused", 0.633), ("FLAT", 0.953), ("+Cascade", 1), ("+Architecture", 0.337), ("+Binding", 1))),
    ]
    assert marked("fig7") == ["SLNV/AV, published: 0.75"]
    assert marked("fig8") == ["unfused, published: 1", "FLAT, published: 4", "unfused, published: 1", "+Binding, published: 10.05"]
    assert marked("fig10") == []


def test_an_evaluation_without_a_figure_s_tables_has_no_such_figure() -> None:
    known = tables()
    del known["attn-cascade"]
    assert figures(load_spec("fusemax"), known) == {}
    known = tables()
    del known["end2end-flat"]
    assert list(figures(load_spec("fusemax"), known)) == ["fig6a", "fig6b", "fig7", "fig8", "fig9"]


def test_a_drawing_as_png_has_its_colours_where_they_are() -> None:
    image_module = pytest.importorskip("PIL.Image")
    drawing = Drawing(60, 40, "t")
    drawing.rectangle(10, 10, 20, 20, fill="#ff0000")
    drawing.rectangle(40, 10, 20, 0, fill="#0000ff")  # flat: not there
    drawing.line((0, 35), (60, 35), stroke="#00ff00", width=2, dash="10 5")
    drawing.text(50, 20, "upright", turn=-90)
    image = image_module.open(io.BytesIO(png.to_png(drawing))).convert("RGB")
    assert image.size == (120, 80)
    assert image.getpixel((40, 40)) == (255, 0, 0)
    assert image.getpixel((4, 4)) == (255, 255, 255)
    assert image.getpixel((90, 20)) != (0, 0, 255)
    assert [image.getpixel((2 * x, 70)) == (0, 255, 0) for x in (5, 12, 20, 27, 35)] == [True, False, True, False, True]
    assert min(sum(image.getpixel((x, y))) for x in range(84, 102) for y in range(38)) < 300


@pytest.mark.parametrize("dash", ["5 3", "3 3", "0.1 0.3", "7"])
def test_dashes_end(dash: str) -> None:
    """Lengths whose sums are no binary fractions once went on for ever."""
    lengths = [float(n) for n in dash.split()]
    points = ((0.0, 58.000000000000014), (0.0, 278.1), (33.3, 278.1))
    pieces = png.dashes(points, lengths)
    on = sum(math.dist(a, b) for a, b in pieces)
    assert all(0 < math.dist(a, b) <= lengths[0] + 1e-9 for a, b in pieces)
    share = lengths[0] / sum(lengths) if len(lengths) == 2 else 0.5
    assert on == pytest.approx(share * (278.1 - 58 + 33.3), abs=2 * max(lengths))
    assert png.dashes(points, [0.0, 0.0]) == []
