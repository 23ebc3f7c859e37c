"""`--verify-diagnostics`: the diagnostics that a file says it expects against those that came, each exactly once.

```mlir
// expected-error @below {{unknown rank 'q'}}
// expected-remark @+2 {{not associative}}
%x = some.op  // expected-warning {{part of the message}}
```
`@above` and `@below` skip lines that only expect something; `@unknown` is for messages without a place; `expected-error-re` takes a
regular expression between `{{` and `}}`; a number in front of `{{` expects that many. MLIR's notation, as tests written for it use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .diagnostics import Diagnostic
from .source import Source

ALL, ONLY_EXPECTED = EXTENTS = ("all", "only-expected")
"""What has to agree: everything that comes, or only what is expected, while other diagnostics may come."""

EXPECTATION = re.compile(
    r"expected-(?P<severity>error|warning|remark|note)(?P<regex>-re)?\s*"
    r"(?:@(?:(?P<offset>[+-]\d{1,6})|(?P<direction>above|below)|(?P<unknown>unknown))\s*)?"
    r"(?P<count>\d{1,3}\s*)?\{\{(?P<text>.*?)\}\}"
)
MENTION = re.compile(r"//.*\bexpected-\w+")


@dataclass(frozen=True, slots=True)
class Expectation:
    """One diagnostic that has to come: on `line`, or without a place if that is None. `written` is where it is asked for."""

    severity: str
    pattern: re.Pattern[str]
    text: str
    line: int | None
    written: Diagnostic

    def meets(self, diagnostic: Diagnostic) -> bool:
        return diagnostic.severity == self.severity and diagnostic.line == self.line and self.pattern.search(diagnostic.message) is not None


def check_expected(source: Source, came: Iterable[Diagnostic], extent: str = ALL) -> tuple[Diagnostic, ...]:
    """What differs between the diagnostics that came and those that `source` expects, as errors; nothing if they agree to that extent."""
    open_expectations: list[Expectation] = []
    differences: list[Diagnostic] = []
    for found in _expectations(source):
        if isinstance(found, Expectation):
            open_expectations.append(found)
        else:
            differences.append(found)
    for diagnostic in _flattened(came):
        met = next((e for e in open_expectations if e.meets(diagnostic)), None)
        if met is not None:
            open_expectations.remove(met)
        elif extent == ALL and diagnostic.severity != "note":  # notes may be expected but need not be
            differences.append(_as_error(diagnostic, f"unexpected {diagnostic.severity}: {diagnostic.message}"))
    differences += [_as_error(e.written, f'expected {e.severity} "{e.text}" did not come') for e in open_expectations]
    return tuple(differences)


def _flattened(diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    for diagnostic in diagnostics:
        yield diagnostic
        yield from _flattened(diagnostic.notes)


def _as_error(at: Diagnostic, message: str) -> Diagnostic:
    return Diagnostic("error", message, at.file, at.line, at.column, at.width, at.source_line)


def _expectations(source: Source) -> Iterator[Expectation | Diagnostic]:
    """The expectations in the text's comments, and an error for each that is not well-formed."""
    for number in range(source.first_line, source.first_line + source.line_count):
        text = source.line(number) or ""
        if MENTION.search(text) is None:
            continue
        matches = list(EXPECTATION.finditer(text))
        here = Diagnostic("error", "", source.name, number, text.index("expected-") + 1, len("expected-"), text)
        if len(matches) != len(re.findall(r"\bexpected-\w+", text)):
            yield _as_error(here, "malformed expectation; write 'expected-error @below {{message}}'")
        for match in matches:
            yield from _expect(source, number, match, here)


def _expect(source: Source, number: int, match: re.Match[str], here: Diagnostic) -> Iterator[Expectation | Diagnostic]:
    text = match["text"]
    try:
        pattern = re.compile(text if match["regex"] else re.escape(text))
    except re.error as error:
        yield _as_error(here, f"malformed regular expression: {error}")
        return
    line = None if match["unknown"] else _line_meant(source, number, match)
    for _ in range(int(match["count"] or 1)):
        yield Expectation(match["severity"], pattern, text, line, here)


def _line_meant(source: Source, number: int, match: re.Match[str]) -> int:
    if match["direction"] is None:
        return number + int(match["offset"] or 0)
    step = 1 if match["direction"] == "below" else -1
    number += step
    while (text := source.line(number)) is not None and text.lstrip().startswith("//") and MENTION.search(text):
        number += step
    return number
