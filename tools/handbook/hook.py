"""mkdocs calls these: pages that are made join those that are written, and the navigation takes what there is.

Named in `mkdocs.yml` by its path, hence imported without its package. An entry of the navigation without a page is left out, and a
page that the navigation does not name comes under "More": whoever adds a page need not touch mkdocs.yml, but may.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from einfold.tools.handbook.offline import loaded_from_elsewhere
from einfold.tools.handbook.pages import everything
from einfold.tools.handbook.running import PageError

MORE = "More"

made = cache(everything)
"""Once a process: `mkdocs serve` builds after each change of a written page."""


def on_config(config: Any) -> Any:
    """Fit the navigation to the pages there are."""
    written = {path.relative_to(config.docs_dir).as_posix() for path in Path(config.docs_dir).rglob("*.md")}
    config.nav = fitted(config.nav, written | {path for path in made() if path.endswith(".md")})
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add what is made."""
    kind = import_module("mkdocs.structure.files").File
    for path, content in made().items():
        files.append(kind.generated(config, path, content=content))
    return files


def on_post_build(config: Any) -> None:
    """Fail where a page would need the network."""
    if found := loaded_from_elsewhere(Path(config.site_dir)):
        raise PageError("; ".join(found))


def fitted(nav: list[Any], pages: set[str]) -> list[Any]:
    """The navigation without entries that have no page, and with those pages that no entry names."""
    kept, named = _kept(nav, pages)
    more = sorted(pages - named)
    return [*kept, {MORE: more}] if more else kept


def _kept(nav: list[Any], pages: set[str]) -> tuple[list[Any], set[str]]:
    kept: list[Any] = []
    named: set[str] = set()
    for entry in nav:
        title, target = next(iter(cast(dict[str, Any], entry).items())) if isinstance(entry, dict) else (None, entry)
        if isinstance(target, list):
            inner, found = _kept(cast(list[Any], target), pages)
            named |= found
            if inner:
                kept.append({title: inner})
        elif target in pages:
            named.add(target)
            kept.append(entry)
    return kept, named
