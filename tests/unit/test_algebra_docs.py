"""The Python shown in docs/theory.md runs and prints what is shown."""

from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "theory.md"


def test_theory_examples() -> None:
    text = PAGE.read_text().replace("```", "")
    test = doctest.DocTestParser().get_doctest(text, {}, "theory", str(PAGE), 0)
    assert len(test.examples) > 5
    report: list[str] = []
    failed = doctest.DocTestRunner().run(test, out=report.append).failed
    assert failed == 0, "".join(report)
