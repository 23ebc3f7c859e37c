"""`--run-reproducer`: the pipeline that a reproducer names in its own text.

Only the pipeline is taken from there. A reproducer never makes a plug-in load: who runs it names the file with `--load-plugin`.
"""

from __future__ import annotations

import shlex

from ..diagnostics import Diagnostic, Failure
from ..running import CONFIGURATION
from ..source import Source

OPTION = "--pass-pipeline="


def reproducer_pipeline(source: Source) -> str:
    """The pipeline in the line `// configuration: --pass-pipeline='builtin.module(...)'`. Raises `Failure` if there is none."""
    for number in range(source.first_line, source.first_line + source.line_count):
        line = source.line(number) or ""
        if line.startswith(CONFIGURATION):
            try:
                words = shlex.split(line.removeprefix(CONFIGURATION))
            except ValueError as error:
                raise Failure(Diagnostic("error", f"malformed configuration: {error}", source.name, number, 1, len(line), line)) from error
            found = next((w.removeprefix(OPTION) for w in words if w.startswith(OPTION)), None)
            if found is not None:
                return found
    raise Failure(Diagnostic("error", f"not a reproducer: no line that begins '{CONFIGURATION}{OPTION}'", source.name))
