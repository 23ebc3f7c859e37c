"""Command lines as mlir-opt takes them, spelled as argparse wants them.

LLVM's options may begin with one dash or two; MLIR's own begin with `--mlir-`; a pass is an option of its own, `--cse` or
`--einsum-one-pass='rank=m size=256'`, and the order of those is the pipeline.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from ..diagnostics import Diagnostic, Failure
from ..expected import ALL
from ..source import CHUNK_SEPARATOR

OTHERWISE: Mapping[str, str] = MappingProxyType(
    {
        "--pass-pipeline-crash-reproducer": "--crash-reproducer",
        "--load-pass-plugin": "--load-plugin",
        "--load-dialect-plugin": "--load-plugin",
        "--from": "--frontend",
    }
)
"""Other spellings, without `--mlir-` -> the option's own."""

WITHOUT_VALUE: Mapping[str, str] = MappingProxyType(
    {
        "--print-ir-before": "--print-ir-before-all",
        "--print-ir-after": "--print-ir-after-all",
        "--verify-each": "--verify-each=true",
        "--verify-diagnostics": f"--verify-diagnostics={ALL}",
        "--split-input-file": f"--split-input-file={CHUNK_SEPARATOR}",
    }
)
"""Options whose value is optional, and what they mean without one: argparse would take the next word for the value."""

IGNORED = frozenset({"--disable-threading", "--print-ir-module-scope"})
"""Options of mlir-opt that ask for what is the case here anyway."""

PIPELINE_OPTIONS = ("-p", "--passes", "--pass-pipeline")


def respelled(arguments: Sequence[str], options: Collection[str], passes: Collection[str]) -> list[str]:
    """The same command line with every option in the spelling of `options`, and passes as one `--passes`. Raises `Failure`."""
    found: list[str] = []
    pipeline: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            found += [word, *rest]
            break
        name, equals, value = word.partition("=")
        option = _option(name, options, passes)
        if option in options or option in WITHOUT_VALUE:
            found.append(WITHOUT_VALUE.get(option, option) if not equals else f"{option}={value}")
        elif option in IGNORED:
            continue
        elif option.startswith("--") and option[2:] in passes:
            pipeline.append(_element(option[2:], value))
        else:
            found.append(word)
    if pipeline:
        if any(w.split("=")[0] in PIPELINE_OPTIONS or (w.startswith("-p") and not w.startswith("--")) for w in found):
            raise Failure(
                Diagnostic("error", f"passes are given by -p and as options of their own (--{pipeline[0]}); use one of them", "einfold-opt")
            )
        found = [f"--passes={','.join(pipeline)}", *found]
    return found


def _option(name: str, options: Collection[str], passes: Collection[str]) -> str:
    """A word before its `=` in the spelling that is known, or as it is."""
    if not name.startswith("-") or name in options:
        return name
    plain = name.lstrip("-")
    for candidate in (f"--{plain}", f"--{plain.removeprefix('mlir-')}"):
        candidate = OTHERWISE.get(candidate, candidate)
        if candidate in options or candidate in WITHOUT_VALUE or candidate in IGNORED or candidate[2:] in passes:
            return candidate
    return name


def _element(name: str, options: str) -> str:
    inner = options.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1]
    return f"{name}{{{inner}}}" if inner else name
