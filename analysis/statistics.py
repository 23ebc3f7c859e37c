"""Statistics: what a pass counts of its own work, for `einfold-opt --pass-statistics`.

A pass says `count("Einsums merged")` where it merges one; without a collector that costs nothing and goes nowhere. Whoever runs the pass knows
which one it is. MLIR's pass statistics are the model.

```python
with collect() as counted:
    SomePass().apply(ctx, module)
print(counted["Einsums merged"])
```
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_sink: ContextVar[Counter[str] | None] = ContextVar("einfold_statistics", default=None)


@contextmanager
def collect() -> Generator[Counter[str], None, None]:
    """Collect what is counted inside the `with` block; a collector inside another takes its block's counts for itself."""
    found = Counter[str]()
    token = _sink.set(found)
    try:
        yield found
    finally:
        _sink.reset(token)


def wanted() -> bool:
    """Whether someone collects: for counts that cost something to find."""
    return _sink.get() is not None


def count(what: str, number: int = 1) -> None:
    """Add `number` to the count of `what`, a plural noun and a participle: `Einsums merged`. A count of 0 is shown too."""
    found = _sink.get()
    if found is not None:
        found[what] += number
