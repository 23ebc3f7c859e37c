"""Lines and columns of a text, its chunks, and how a diagnostic shows them."""

from xdsl.dialects.builtin import UNKNOWN_LOC, ArrayAttr, CallSiteLoc, FileLineColLoc, FusedLoc, IntAttr, NameLoc, NoneAttr, StringAttr

from einfold.tools.diagnostics import WIDEST, Diagnostic, at_location, at_offset, suggestion
from einfold.tools.source import Source, remember


def test_positions_count_lines_and_columns_from_one():
    source = Source("f", "ab\n\ncd\r\ne")
    assert [source.position(i) for i in (0, 1, 2, 3, 4, 6, 8, 9)] == [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (3, 3), (4, 1), (4, 2)]
    assert [source.line(n) for n in range(6)] == [None, "ab", "", "cd", "e", None]


def test_chunks_stand_between_separator_lines_and_keep_their_line_numbers():
    source = Source("f", "a\n// -----\nb\n  // ----- not alone\n// ----- x\n// -----  \nc")
    chunks = source.chunks()
    assert [c.text for c in chunks] == ["a\n", "\nb\n  // ----- not alone\n// ----- x\n", "  \nc"]
    assert [c.position(c.text.index(letter))[0] for c, letter in zip(chunks, "abc", strict=True)] == [1, 3, 7]
    assert [c.line(n) for c, n in zip(chunks, (1, 3, 7), strict=True)] == ["a", "b", "c"]


def test_an_excerpt_shows_the_line_with_carets_under_the_place():
    source = Source("f", "\tone two\n")
    assert str(at_offset(source, "bad\n  word", 5, 8)) == "f:1:6: error: bad word\n\tone two\n\t    ^^^"
    assert str(at_offset(source, "at the end", 9)) == "f:1:9: error: at the end\n\tone two\n\t       ^"
    assert str(Diagnostic("note", "of the file", "f")) == "f: note: of the file"


def test_an_excerpt_of_a_long_line_is_cut_around_the_place_and_holds_no_control_characters():
    source = Source("f", "x" * 5000 + "\x1b[31m" + "y" * 5000)
    _, line, carets = str(at_offset(source, "here", 5000, 9000)).splitlines()
    assert len(line) == len(carets) == WIDEST
    assert "\x1b" not in line
    assert line[carets.index("^")] == "\N{REPLACEMENT CHARACTER}"


def test_a_location_is_told_by_the_first_place_it_names():
    remember(Source("seen.mlir", "line 1\n  op here\n"))
    place = FileLineColLoc(StringAttr("seen.mlir"), IntAttr(2), IntAttr(3))
    expected = "seen.mlir:2:3: remark: told\n  op here\n  ^^"
    named = NameLoc(StringAttr("n"), place)
    fused = FusedLoc(ArrayAttr([UNKNOWN_LOC, named]), NoneAttr())
    for location in (place, named, fused, CallSiteLoc(fused, UNKNOWN_LOC)):
        assert str(at_location(location, "told", severity="remark")) == expected
    elsewhere = FileLineColLoc(StringAttr("never read"), IntAttr(7), IntAttr(1))
    assert str(at_location(elsewhere, "told")) == "never read:7:1: error: told"
    assert str(at_location(UNKNOWN_LOC, "told", Source("f", ""))) == "f: error: told"


def test_suggestions_are_near_or_absent():
    assert suggestion("einsum-online", ["einsum-one-pass", "cse", "einsum-onlin"]) == "; did you mean 'einsum-onlin'?"
    assert suggestion("zzz", ["einsum-one-pass"]) == ""
