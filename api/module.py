"""A verified module of IR and what can be done with it; every verb leaves it as it is and returns something new."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from ..dialects.einsum import CascadeOp
from ..tools.running import to_text
from . import asking, rewriting
from .answers import Derivation, Explanation, PassCounts, Remark, Report
from .display import heading, pre
from .errors import telling
from .held import Held

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .outcomes import Simulation, Values


class Module:
    """IR that was read and verified: cascades of Einsums, operators, machines, kernels. Made by `einfold.load`.

    `remarks` are those of the passes that made it. Where a verb works on one cascade, `cascade=` names it; the only one needs no name.

    >>> import einfold
    >>> softmax = einfold.example("softmax")
    >>> softmax.cascades, softmax.ranks()
    (('softmax',), {'p': 256, 'm': 1024})
    >>> online = softmax.run("einsum-online")
    >>> online.passes()["m"].passes, [remark.kind for remark in online.remarks]
    (2, ['applied', 'applied'])
    """

    def __init__(self, held: Held, remarks: Sequence[Remark] = ()):
        """For `einfold.load` and the verbs."""
        self._held = held
        self.remarks: tuple[Remark, ...] = tuple(remarks)

    @property
    def name(self) -> str:
        """The file that it was read from."""
        return self._held.name

    @property
    def ir(self) -> ModuleOp:
        """A copy as xDSL's module, to be changed at will; `with_ir` takes it back."""
        return self._held.ir.clone()

    @telling
    def with_ir(self, ir: ModuleOp) -> Module:
        """A module of IR that was made by hand, verified. Raises `Error`."""
        return Module(rewriting.verified(self._held.with_ir(ir.clone())))

    @cached_property
    def text(self) -> str:
        """The IR as text."""
        return to_text(self._held.ir)

    @cached_property
    def cascades(self) -> tuple[str, ...]:
        """The names of the cascades."""
        return tuple(op.sym_name.data for op in self._held.ir.walk() if isinstance(op, CascadeOp))

    @telling
    def ranks(self, *, cascade: str | None = None) -> dict[str, int]:
        """Rank -> size."""
        return self._held.cascade(cascade).sizes

    @telling
    def arguments(self, *, cascade: str | None = None) -> dict[str, tuple[int, ...]]:
        """Argument -> shape.

        >>> import einfold
        >>> einfold.example("softmax").arguments()
        {'X': (256, 1024)}
        """
        return asking.arguments(self._held.cascade(cascade))

    @telling
    def resize(self, sizes: Mapping[str, int] | None = None, /, **more: int) -> Module:
        """The same cascades with other rank sizes, as `resize(m=4096)` or from a mapping. Raises `Error`."""
        return Module(rewriting.resized(self._held, {**(sizes or {}), **more}))

    @telling
    def run(self, pipeline: str | ModulePass | Sequence[ModulePass]) -> Module:
        """What passes make of it: a pipeline as for `einfold-opt -p`, or instances of passes. Raises `Error` if one refuses or fails."""
        return Module(*rewriting.run(self._held, pipeline))

    @telling
    def reduce(
        self,
        *,
        rank: str | None = None,
        size: int | None = None,
        form: Literal["loop", "sequential", "split", "tree", "deferred"] = "loop",
        parts: int | None = None,
        numerics: Literal["safe", "fast"] = "safe",
    ) -> Module:
        """The fewest passes that can be derived (`einsum-one-pass`), over a rank or all; the options are those of the pass.

        >>> import einfold
        >>> attention = einfold.example("attention")
        >>> [attention.reduce(rank="m", form=form).passes()["m"].passes for form in ("loop", "split", "deferred")]
        [1, 1, 2]
        """
        given = {"rank": rank, "size": size, "form": form, "parts": parts, "numerics": numerics}
        return Module(*rewriting.run(self._held, rewriting.one_pass(given)))

    @telling
    def passes(self, rank: str | None = None, *, cascade: str | None = None, tiles: Sequence[Sequence[str]] = ()) -> PassCounts:
        """Count passes over a rank, or all, and say which dependence costs each. `tiles` lists ranks that tile one dimension. Raises `Error`."""
        return asking.passes(self._held.cascade(cascade), rank, tiles, self.name)

    @telling
    def derivation(self, rank: str, *, cascade: str | None = None, prove: bool = False) -> Derivation:
        """The fewest passes over a rank that can be derived, and how; `prove` puts the obligations to solvers. Raises `Error`."""
        return asking.derivation(self._held.ir, self._held.cascade(cascade), rank, prove, self.name)

    @telling
    def explain(self, rank: str | None = None, *, cascade: str | None = None, format: Literal["markdown", "latex"] = "markdown") -> Explanation:
        """The derivation told as at a whiteboard; in a notebook it is shown with its formulas. Raises `Error`."""
        return asking.explain(self._held.ir, self._held.cascade(cascade), rank, format, self.name)

    @telling
    def inputs(self, seed: int = 0, *, cascade: str | None = None, dtype: str | None = None) -> dict[str, NDArray[Any]]:
        """Random arrays for the arguments, the same for the same seed, name and shape."""
        from .computing import drawn

        return drawn(self._held.cascade(cascade), seed, dtype, self.name)

    @telling
    def eval(
        self,
        inputs: Mapping[str, ArrayLike] | None = None,
        *,
        cascade: str | None = None,
        sizes: Mapping[str, int] | None = None,
        dtype: str | None = None,
        seed: int | None = None,
        functions: Mapping[str, Callable[..., NDArray[Any]]] | None = None,
    ) -> Values:
        """Compute the results with the reference interpreter.

        `inputs`: argument -> array; those not given are drawn if `seed` is, or if there are no inputs at all. `dtype` (`f64`, `f32`, `bf16`,
        `f16`) replaces every float type. `functions`: `@name` of an opaque operator -> what computes it. Raises `Error`.

        >>> import einfold
        >>> einfold.load('''
        ... einsum.cascade @square ranks {m = 3} (%A[m]) -> [m] : f32 {
        ...   %B = einsum.compute [m] = %A[m] * %A[m]
        ...   einsum.return %B[m]
        ... }
        ... ''').eval({"A": [1, 2, 3]})["B"]
        array([1., 4., 9.], dtype=float32)
        """
        from .computing import compute

        held = rewriting.resized(self._held, sizes) if sizes else self._held
        return compute(held.cascade(cascade), inputs, dtype, seed, functions, self.name)

    @telling
    def simulate(
        self,
        machine: str | os.PathLike[str] | None = None,
        *,
        sizes: Mapping[str, int] | None = None,
        cascade: str | None = None,
        pipeline: str | None = None,
        tiles: Mapping[str, int] | None = None,
        overlap: bool = True,
        mapping: str | os.PathLike[str] | None = None,
        fidelity: Literal["event", "analytic"] = "event",
        accounting: str | os.PathLike[str] = "full",
        timeline: int = 0,
        values: bool = False,
        seed: int = 0,
    ) -> Simulation:
        """Rewrite to the fewest passes (or with `pipeline`), place, lower and simulate; a module of kernels is simulated as it is.

        `machine` is a name or a YAML file, None the one machine in the module. `tiles`: rank -> elements. `timeline`: epochs whose operations
        are kept one by one. `values` also computes through tiles and buffers, and compares. Raises `Error`.

        >>> import einfold
        >>> found = einfold.example("attention").simulate("fusemax-cloud", sizes={"p": 4096, "m": 4096})
        >>> found.critical, round(found.utilisation["pe2d"]["total"], 2)
        ('pe1d', 0.96)
        """
        from .computing import Asked, simulate

        asked = Asked(machine, sizes or {}, cascade, pipeline, tiles or {}, overlap, mapping, fidelity, accounting, timeline, values, seed)
        return simulate(self._held, asked)

    @telling
    def report(self, path: str | os.PathLike[str] | None = None, **options: str | int | bool | Sequence[str] | Mapping[str, int] | None) -> Report:
        """One self-contained HTML page (`einfold report`), written to `path` if given, shown in a notebook.

        `options` are those of the command, with underscores: `machine="fusemax-cloud"`, `sizes={"m": 4096}`. Raises `Error`.
        """
        from .reporting import report

        return report(self._held, path, options)

    @telling
    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the IR as text; an existing file stays as it was if that fails. Raises `Error`."""
        return rewriting.saved(self._held, path)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        names = ", ".join(f"@{name}" for name in self.cascades) or "no cascade"
        return f"<einfold.Module {Path(self.name).name}: {names}{', rewritten' if self._held.rewritten else ''}>"

    def _repr_html_(self) -> str:
        return heading(repr(self).strip("<>")) + pre(self.text)
