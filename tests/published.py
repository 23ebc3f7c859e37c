"""Where the published tables are that some tests compare with: EINFOLD_REFERENCE, or `shared/reference` beside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REFERENCE = Path(os.environ.get("EINFOLD_REFERENCE", Path(__file__).parents[2] / "shared" / "reference"))


def published_file(table: str) -> Path:
    """The file of a published table; where it is not at hand the test is skipped, except in CI, where it fails."""
    path = REFERENCE / f"{table}.csv"
    if not path.is_file():
        reason = f"no reference results at {path}; set EINFOLD_REFERENCE"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
