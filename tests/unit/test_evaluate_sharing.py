"""Kernels that are lowered once for several models are those that each model would get by itself."""

from __future__ import annotations

import pytest
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, ModuleOp
from xdsl.parser import Parser

from einfold.dialects.accel import Accel, KernelOp
from einfold.dialects.einsum import Einsum
from einfold.lowering.repeats import repeat, repeated_loops
from einfold.tools.commands.evaluate import load_spec
from einfold.tools.evaluation.points import Lowerer, lowered, mapping_of
from einfold.tools.evaluation.spec import Spec

SPEC: Spec = load_spec("fusemax")


@pytest.mark.parametrize("table", SPEC.tables)
@pytest.mark.parametrize("length", ["1K", "256K"])
def test_shared_kernels_are_each_models_own(table: str, length: str) -> None:
    description = SPEC.tables[table]
    lowerer = Lowerer(SPEC)
    for model in SPEC.models:
        shared = lowerer.lowered(description, model, length)
        shared.verify()
        mapping = mapping_of(SPEC.case(description, model, length), SPEC.folder)
        own = lowered(SPEC, description, mapping, SPEC.sizes(description, model, length)).module
        assert str(shared) == str(own)
    assert lowerer.reused == (2 if table.startswith("attn") else 0), "BERT, TrXL and T5 differ in heads only"


KERNEL = """
accel.machine @toy clock 1000 word 2 {
  accel.memory @dram offchip
  accel.memory @buffer
  accel.array @x [1, 4] ops {mac = 1, add = 1}
}
accel.kernel @k on @toy nest {b = 2, c = 3, d = 4, g = 5} tiles {i = 4} (%A[2, 3, 4, 5, 4]) -> (%B[2, 3, 20, 4]) : f64 {
  %a = accel.load %A[b, c, d, g, i] to @buffer
  %s = accel.state [i] over d init 0
  %t = accel.task [i] = %a[i] + %s[i] + {{extra}} on @x in @buffer copies 5
  accel.update %s = %t
  accel.store %t to %B[b, c, {{place}}, i]
}
""".replace("{{", "{").replace("}}", "}")


def kernel(extra: str = "1", place: str = "5 * d + g", when: str = "") -> KernelOp:
    context = Context()
    for dialect in (Builtin, Accel, Einsum):
        context.load_dialect(dialect)
    module: ModuleOp = Parser(
        context, KERNEL.replace("{extra}", extra).replace("{place}", place).replace("to @buffer", f"to @buffer {when}", 1)
    ).parse_module()
    module.verify()
    return next(op for op in module.walk() if isinstance(op, KernelOp))


def test_which_loops_only_repeat_the_work() -> None:
    assert repeated_loops(kernel()) == {"b", "c"}, "d carries a state, and both d and g stand in a sum"
    assert repeated_loops(kernel("c")) == {"b"}, "the value depends on c"
    assert repeated_loops(kernel(when="copies 99 at first(b)")) == {"c"}, "a tile is kept over b"


def test_a_loop_is_given_other_trips() -> None:
    found = kernel()
    repeat(found, "c", 9)
    found.verify()
    assert found.loops == {"b": 2, "c": 9, "d": 4, "g": 5}
    assert [str(a.type) for a in found.body.block.args] == ["tensor<2x9x4x5x4xf64>", "tensor<2x9x20x4xf64>"]
