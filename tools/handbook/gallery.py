"""The gallery: the figures that commands draw, drawn while the site is made, with the command under each."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from .markdown import fence
from .running import PageError, run_in

FOLDER = "gallery"
"""Where the figures of the site lie."""

EVALUATE = "einfold evaluate fusemax --out evaluation"

SINGLE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "roofline.svg": (
            "Attention as written, in its online form and in one pass, against what FuseMax's machine attains at most; below, what each keeps.",
            "einfold roofline attention.mlir --machine fusemax-cloud --set p=4096,m=4096,b=1,h=1 -o roofline.svg",
        ),
        "fusemax-cloud.svg": ("A machine as a block diagram.", "einfold machine fusemax-cloud --svg fusemax-cloud.svg"),
        "ipu-mk2-like.svg": ("Another one: much memory on the chip.", "einfold machine ipu-mk2-like --svg ipu-mk2-like.svg"),
    }
)
"""Figure -> what it shows, and the command that draws it in a folder with the examples."""

CAPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "fig6a": "Utilisation of the 1D array.",
        "fig6b": "Utilisation of the 2D array.",
        "fig7": "The 2D array's time by Einsum, for BERT.",
        "fig8": "Speed-up of attention over the unfused baseline.",
        "fig9": "Energy of attention, relative to the unfused baseline.",
        "fig10": "Speed-up end to end.",
        "fig11": "Energy end to end.",
        "fig12": "Area against latency.",
    }
)

HEAD = """\
# Gallery

Every figure here was drawn by a command while this site was made. Click on one to have it by itself: bars and points then
tell their values when pointed at.
"""

EVALUATED = f"""\
## A published evaluation

Figures 6 to 12 of the FuseMax paper (arXiv 2406.10491), from cascades, mappings and machines that one can read and change:

```text
$ {EVALUATE}
```

Diamonds are published values. What is in the folder, and how far it agrees, is told on the page of [the evaluation](evaluation.md).
"""


def gallery() -> dict[str, str]:
    """Path in the site -> contents: `gallery.md` and its figures. Raises `PageError` where a command fails."""
    pages: dict[str, str] = {}
    lines = [HEAD]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "attention.mlir").write_text((files("einfold.examples") / "attention.mlir").read_text(encoding="utf-8"), encoding="utf-8")
        for figure, (caption, command) in SINGLE.items():
            _checked(folder, command)
            pages[f"{FOLDER}/{figure}"] = (folder / figure).read_text(encoding="utf-8")
            lines += [caption, "", *fence("text", f"$ {command}"), "", _image(caption, figure), ""]
        _checked(folder, EVALUATE)
        lines += [EVALUATED]
        for drawn in sorted((folder / "evaluation" / "figures").glob("*.svg"), key=lambda p: _number(p.stem)):
            text = drawn.read_text(encoding="utf-8")
            caption = CAPTIONS.get(drawn.stem) or _title(text)
            pages[f"{FOLDER}/{drawn.name}"] = text
            lines += [f"### {drawn.stem}", "", caption, "", _image(caption, drawn.name), ""]
    return {"gallery.md": "\n".join(lines), **pages}


def _checked(folder: Path, command: str) -> None:
    from ..einfold import main

    printed = run_in(folder, main, command.split()[1:])
    if printed.code != 0:
        raise PageError(f"{command} ends with {printed.code}: {printed.errors.strip()}")


def _image(caption: str, figure: str) -> str:
    """An SVG as an object of its own, so that its tooltips work; the link is for those who cannot see it."""
    return f"[![{caption}]({FOLDER}/{figure})]({FOLDER}/{figure})"


def _number(name: str) -> tuple[int, str]:
    digits = re.search(r"\d+", name)
    return (int(digits.group()) if digits else 0, name)


def _title(svg: str) -> str:
    found = re.search(r"<title>(.*?)</title>", svg, re.S)
    return found.group(1) if found else "A figure."
