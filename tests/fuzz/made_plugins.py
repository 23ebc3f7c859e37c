"""Plug-ins put together from pieces that are harmless but odd: the bytes of an input choose them. See targets.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import indent

from faults import Fault, command, in_file

from einfold.tools import opt as driver

HEAD = """from dataclasses import dataclass
from einfold.plugins import Importer, MachineFile, Operator, Plugin
from xdsl.ir import Dialect
from xdsl.passes import ModulePass
from xdsl.universe import Universe
from xdsl.utils.target import Target

class Mute(BaseException):
    def __str__(self): raise GeneratorExit

def stop(*args, **named): raise Mute
"""

VALUES = ("None", "3", "'x'", "'a b'", "''", "()", "('x',)", "('x', 'y')", "'add'", "lambda *a: None", "stop", "float('nan')", "[]", "{}", "object()",
          "'@<script>'", "True", "'x' * 10_000", "P", "T", "'%x + 1'", "('add', 'mul')", "{'p': lambda: P}", "{'t': stop}", "{3: None}", "{'x': lambda: None}",
          "Dialect('d', [], [])", "'.x'", "('.x',)", "b'x'", "2**70", "type", "Mute()", "MachineFile('m', text='name: m')")  # fmt: skip

PIECES = (
    "v{n} = Operator('x', ('x',), evaluate={})",
    "v{n} = Importer('x', (), {})",
    "v{n} = Universe(all_passes={'p': {}}, all_targets={'T': {}}, all_dialects={'d': {}})",
    "@dataclass(frozen=True)\nclass P(ModulePass):\n  name = 'p'\n  def apply(self, ctx, op): op.attributes = {}",
    "@dataclass(frozen=True)\nclass T(Target):\n  name = 'T'\n  def emit(self, ctx, module, output): output.write({})",
    "v{n} = Operator({}, {}, {}, identity={})",
    "v{n} = Operator('x', ('x',), evaluate={}, inverse={}, homomorphism={})",
    "v{n} = Operator('x', ('x',), {}, distributes_over={}, monotone={})",
    "v{n} = MachineFile({}, text={})",
    "v{n} = MachineFile('m', path={})",
    "v{n} = Importer({}, {}, {})",
    "v{n} = Importer('x', ('.mlir',), {})",
    "v{n} = Plugin({}, {}, {})",
    "v{n} = Universe(all_dialects={}, all_passes={}, all_targets={})",
    "v{n} = {}",
    "@dataclass(frozen=True)\nclass P(ModulePass):\n  name = {}\n  least: int = {}\n  def apply(self, ctx, op): {}",
    "@dataclass(frozen=True)\nclass P(ModulePass):\n  name = 'p'\n  least: {} = None\n  def apply(self, ctx, op): stop()",
    "class P(ModulePass):\n  name = 'p'\n  __doc__ = {}\n  def apply(self, ctx, op): return {}",
    "@dataclass(frozen=True)\nclass T(Target):\n  name = {}\n  def emit(self, ctx, module, output): output.write({})",
    "class V{n}:\n  __class__ = {}\nv{n} = V{n}()",
    "class V{n}:\n  __class__ = property(stop)\nv{n} = V{n}()",
    "class M{n}(type):\n  __module__ = property(stop)\nclass V{n}(metaclass=M{n}): pass",
    "__name__ = {}",
    "__all__ = {}",
    "import sys; sys.modules[__name__] = {}",
)

SMALL = """einsum.operator @x(%x) opaque
einsum.cascade @c ranks {m = 4} (%A[m]) -> [m] : f32 {
  %S = einsum.compute [m] = @x(%A[m])
  einsum.return %S[m]
}
"""

USES = (
    ("opt", "-o", "-"), ("opt", "-p", "p", "--crash-dir", "@crash"), ("opt", "-t", "T"), ("opt", "--list-passes"), ("opt", "--list-targets"),
    ("opt", "--list-importers"), ("opt", "--show-dialects"), ("opt", "--from", "x"), ("einfold", "eval"), ("einfold", "passes"),
)  # fmt: skip


def written(data: bytes) -> Iterator[str]:
    """The lines of the plug-in that the bytes choose."""
    yield HEAD
    guarded, rest = bool(data and data[0] % 4), list(data[1:200])  # one bad piece would be the end of all
    for number in range(8):
        if not rest:
            return
        piece = PIECES[rest.pop(0) % len(PIECES)].replace("{n}", str(number))
        while "{}" in piece:
            piece = piece.replace("{}", VALUES[rest.pop(0) % len(VALUES)] if rest else "None", 1)
        yield f"try:\n{indent(piece, '  ')}\nexcept BaseException: pass" if guarded else piece


def plugin_made(data: bytes) -> None:
    """A plug-in may break itself, and what is its own may crash (3); nothing else does."""
    use = USES[data[0] % len(USES)] if data else USES[0]

    def load(path: str) -> None:
        with TemporaryDirectory() as folder:
            (Path(folder) / "small.mlir").write_text(SMALL)
            words = [str(Path(folder) / w[1:]) if w.startswith("@") else w for w in use[1:]]
            ours = [] if use[-1].startswith("--list") or use[-1].startswith("--show") else [str(Path(folder) / "small.mlir")]
            arguments = [*words, *ours, "--load-plugin", path]
            try:
                command(*arguments, main=driver.main) if use[0] == "opt" else command(*arguments)
            except Fault as fault:
                own = str(fault).startswith("exit code 3") and (" crashed: " in str(fault) or "made a " in str(fault) or "invalid IR" in str(fault))
                if not own:
                    raise

    in_file("fuzz_plugin.py", "\n".join(written(data)).encode(), load)
