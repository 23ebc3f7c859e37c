"""What `import einfold` offers: read IR, ask, rewrite, compute, simulate, each as one call that returns plain data.

>>> import einfold
>>> attention = einfold.example("attention")
>>> attention.passes()["m"].passes
3
>>> attention.reduce(rank="m").passes()["m"].passes
1
"""

from __future__ import annotations

from .answers import Derivation, Explanation, PassCounts, Remark, Report
from .errors import Error
from .loading import example, load, machine, machines
from .module import Module
from .outcomes import MachineView, Simulation, Values

__all__ = [
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
]
