"""What people add to einfold without changing it: operators with laws, machines, importers. Passes, dialects and targets are xDSL's to describe.

```python
from einfold.plugins import Operator, register

register(Operator("softplus", ("x",), "log(1 + exp(%x))", monotone="increasing"))
```
The same objects at the top level of a file that is named with `--load-plugin`, or in a `Plugin` that a distribution offers under the
entry-point group `einfold.plugins`, are found there. Import-light: standard library only.
"""

from .offers import BadInput, Importer, MachineFile, Operator, Plugin
from .registry import importers, machines, operators, register

__all__ = ["BadInput", "Importer", "MachineFile", "Operator", "Plugin", "importers", "machines", "operators", "register"]
