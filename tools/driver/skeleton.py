"""A pass to start from and its test, as texts: a rewrite small enough to be read at once, with an option, a remark and a count."""

from __future__ import annotations

PASS = '''\
"""`{name}`: replace `x * 1` by `x` in the maps of Einsums."""

from dataclasses import dataclass

from einfold.algebra.expr import Apply, Expr, Num
from einfold.analysis import remarks, statistics
from einfold.dialects.einsum import ComputeOp
from einfold.dialects.einsum_attrs import MapAttr
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass


@dataclass(frozen=True)
class {cls}(ModulePass):
    """Drop multiplications by one from the maps of Einsums."""

    name = "{name}"

    tensor: str | None = None
    """Only the Einsum that makes this tensor; every Einsum if not given."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for einsum in [o for o in op.walk() if isinstance(o, ComputeOp)]:
            if self.tensor not in (None, einsum.results_[0].name_hint):
                continue
            simpler = simplified(einsum.map.data)
            if simpler == einsum.map.data:
                remarks.missed(self.name, einsum, "nothing is multiplied by one")
                continue
            einsum.map = MapAttr(simpler)
            statistics.count("maps simplified")
            remarks.applied(self.name, einsum, "dropped a multiplication by one")


def simplified(expression: Expr) -> Expr:
    """The expression without factors that are one."""
    if not isinstance(expression, Apply):
        return expression
    left, *rest = args = tuple(map(simplified, expression.args))
    if expression.op == "mul" and expression.merge is None and Num(1) in args:
        return rest[0] if left == Num(1) else left
    return Apply(expression.op, args, expression.merge)
'''

TEST = """\
// RUN: einfold-opt '%s' --load-plugin '%S/{module}.py' -p {name} --remarks=none | filecheck '%s'
// RUN: einfold-opt '%s' --load-plugin '%S/{module}.py' -p {name} --remarks=all --verify-diagnostics

einsum.cascade @scaled ranks {{m = 4}} (%A[m]) -> [m], [] : f32 {{
  // CHECK: %S = einsum.compute [m] = exp(%A[m])
  // expected-remark @below {{{{dropped a multiplication by one}}}}
  %S = einsum.compute [m] = exp(1 * %A[m])
  // CHECK-NEXT: %T = einsum.compute [] = %S[m] reduce add(m)
  // expected-remark @below {{{{nothing is multiplied by one}}}}
  %T = einsum.compute [] = %S[m] reduce add(m)
  einsum.return %S[m], %T[]
}}
"""

CONFIGURATION = """\
# lit's configuration: every .mlir file here is a test.
import os
import sys

import lit.formats

config.name = "passes"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.test_source_root = os.path.dirname(os.path.abspath(__file__))
config.test_exec_root = os.path.join(config.test_source_root, "Output")
config.environment["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), config.environment["PATH"]])
"""


def module_name(name: str) -> str:
    return name.replace("-", "_")


def files(name: str) -> dict[str, str]:
    """File name -> text, for a pass of that name."""
    cls = "".join(word.capitalize() for word in name.split("-"))
    module = module_name(name)
    return {f"{module}.py": PASS.format(name=name, cls=cls), f"{name}.mlir": TEST.format(name=name, module=module)}
