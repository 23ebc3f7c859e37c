"""Remarks: collected where asked for, and free where not."""

import pytest
from xdsl.dialects.builtin import UNKNOWN_LOC, FileLineColLoc, IntAttr, ModuleOp, StringAttr
from xdsl.utils.exceptions import PassFailedException

from einfold.analysis import remarks

PLACE = FileLineColLoc(StringAttr("f"), IntAttr(1), IntAttr(2))


def test_remarks_are_collected_in_order_and_once():
    module = ModuleOp([])
    module.location = PLACE
    remarks.missed("p", module, "before anyone listens")
    with remarks.collect() as found:
        remarks.missed("p", module, "no")
        remarks.applied("p", UNKNOWN_LOC, "yes")
        remarks.missed("p", module, "no")
        remarks.analysis("q", PLACE, "two")
    remarks.missed("p", module, "after")
    assert [(r.kind, r.pass_name, r.message, r.location) for r in found] == [
        ("missed", "p", "no", PLACE),
        ("applied", "p", "yes", UNKNOWN_LOC),
        ("analysis", "q", "two", PLACE),
    ]


def test_an_inner_collector_keeps_its_own_and_ends_with_its_block():
    with remarks.collect() as outer:
        with pytest.raises(ValueError), remarks.collect() as inner:
            remarks.applied("p", UNKNOWN_LOC, "inside")
            raise ValueError
        remarks.applied("p", UNKNOWN_LOC, "outside")
    assert [r.message for r in inner] == ["inside"]
    assert [r.message for r in outer] == ["outside"]


def test_a_failure_of_a_pass_knows_its_place():
    with pytest.raises(PassFailedException, match="cannot") as caught:
        remarks.fail(PLACE, "cannot")
    assert isinstance(caught.value, remarks.LocatedPassFailure)
    assert caught.value.location == PLACE
