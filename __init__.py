"""einfold from Python: the verbs of the command line, as functions and classes.

The names live in `einfold.api` and are imported when they are first used, so that the tools, which import their own modules, start as fast as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .api import Derivation as Derivation
    from .api import Error as Error
    from .api import Explanation as Explanation
    from .api import MachineView as MachineView
    from .api import Module as Module
    from .api import PassCounts as PassCounts
    from .api import Remark as Remark
    from .api import Report as Report
    from .api import Simulation as Simulation
    from .api import Values as Values
    from .api import example as example
    from .api import load as load
    from .api import machine as machine
    from .api import machines as machines

    __version__: str

_LAZY = frozenset(
    {
        "Derivation",
        "Error",
        "Explanation",
        "MachineView",
        "Module",
        "PassCounts",
        "Remark",
        "Report",
        "Simulation",
        "Values",
        "example",
        "load",
        "machine",
        "machines",
    }
)
"""What `einfold.api` defines; a unit test compares this with what it does define."""


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("einfold")
    if name not in _LAZY:
        raise AttributeError(f"module 'einfold' has no attribute '{name}'")
    from . import api

    found: object = getattr(api, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, "__version__"})
