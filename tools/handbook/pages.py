"""All pages and figures that are made, by their path in the site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..universe import DIALECTS
from .commands import commands_page
from .dialects import dialect_page
from .gallery import gallery
from .operators import operators_page
from .passes import passes_page

PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "reference/passes.md": passes_page,
        "reference/operators.md": operators_page,
        "reference/commands.md": commands_page,
    }
)
"""Path in the site -> what makes it."""


def reference() -> dict[str, str]:
    """The pages of the reference: path -> Markdown. Raises `PageError`."""
    dialects = {f"reference/{name}-ops.md": dialect_page(name) for name in DIALECTS}
    return dialects | {path: make() for path, make in PAGES.items()}


def everything() -> dict[str, str]:
    """The reference, the gallery and its figures (some seconds: an evaluation is run)."""
    return reference() | gallery()
