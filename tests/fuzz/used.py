"""More that is fuzzed: not whether a file can be read, but what is done with it, and everything that shows it. See targets.py."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree
from zlib import crc32

from faults import Fault, command, failing, in_file

from einfold.tools import einfold as front_door
from einfold.tools import opt as driver
from einfold.tools.exploring.grid import points_of
from einfold.tools.exploring.points import Job
from einfold.tools.exploring.sweep_file import SweepError, parse_sweep

SMALL = """einsum.cascade @c ranks {p = 4, m = 32} (%A[p, m], %B[m] : i32) -> [p] : f32 {
  %S = einsum.compute [p] = %A[p, m] * %B[m] reduce add(m)
  einsum.return %S[p]
}
"""

ATTENTION = """einsum.cascade @attention ranks {p = 64, m = 64, e = 4, f = 4} (%Q[p, e], %K[m, e], %V[m, f]) -> [p, f] : f16 {
  %QK = einsum.compute [m, p] = %Q[p, e] * %K[m, e] reduce add(e)
  %GM = einsum.compute [p] = %QK[m, p] reduce max(m)
  %SN = einsum.compute [m, p] = exp(%QK[m, p] - %GM[p])
  %SD = einsum.compute [p] = %SN[m, p] reduce add(m)
  %A = einsum.compute [m, p] = %SN[m, p] / %SD[p]
  %AV = einsum.compute [p, f] = %A[m, p] * %V[m, f] reduce add(m)
  einsum.return %AV[p, f]
}
"""


def beside(text: str, use: Callable[[str], None]) -> None:
    """Hand over the path of a file of IR."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "small.mlir").write_text(text)
        use(str(Path(folder) / "small.mlir"))


def edge(data: bytes) -> None:
    """A cascade in EDGE's notation."""
    in_file("fuzz.edge", data, lambda path: command(path, "-o", "-", main=driver.main))


def machine_used(data: bytes) -> None:
    """A machine that a cascade runs on."""

    def use(path: str) -> None:
        beside(SMALL, lambda small: command("simulate", small, "--machine", path, "--json"))

    in_file("fuzz.yaml", data, use)


def mapping_used(data: bytes) -> None:
    """A mapping that a cascade is placed by."""

    def use(path: str) -> None:
        beside(ATTENTION, lambda small: command("simulate", small, "--machine", "fusemax-edge", "--mapping", path, "--json"))

    in_file("fuzz.yaml", data, use)


def explored(data: bytes) -> None:
    """A sweep's file, down to its points."""
    text = data.decode("utf-8", "replace")

    def use(path: str) -> None:
        try:
            found = parse_sweep(text, path, ("b", "h", "p", "m", "e", "f"))
        except SweepError:
            return
        if found.count <= 1000:
            failing(lambda: points_of(found, Job("small.mlir", ATTENTION, None, found.fidelity, found.accounting)))

    in_file("fuzz.yaml", data, use)


def options(data: bytes) -> None:
    """Texts after options: a line for each."""
    words = [*data.decode("utf-8", "replace").replace("\0", "").split("\n"), "", "", "", ""]
    beside(ATTENTION, lambda small: command("simulate", small, "--machine", "fusemax-edge", f"--set={words[0]}", f"--tile={words[1]}", "--json"))
    beside(ATTENTION, lambda small: command("report", small, f"--run={words[2]}", f"--label={words[3]}", "-o", "-"))


class Tags(HTMLParser):
    """What an HTML text holds: its scripts, and the attributes that could run something."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts, self.risky = 0, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.risky += [tag] if tag in ("iframe", "object", "embed", "base", "form") else []
        self.risky += [f"{tag} {name}" for name, value in attrs if name.startswith("on") or (value or "").strip().lower().startswith("javascript:")]


def check_html(text: str) -> None:
    """A page is ours alone: two scripts, the second one data, nothing else that runs."""
    tags = Tags()
    tags.feed(text)
    data = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    if tags.scripts != 2 or tags.risky or len(data) != 1:
        raise Fault(f"a name became part of the page: {tags.scripts} scripts, {tags.risky}")
    json.loads(data[0])


SHOWN = (
    ("opt -t edge -o @edge", "opt -t latex -o @latex", "opt -t dot -o @dot", "opt -t json -o @json"),
    ("einfold explain -o @md", "einfold explain --format latex -o @tex", "einfold passes --json -o @passes"),
    ("einfold report -o @html --trace @trace --machine fusemax-edge",),
    ("einfold report -o @plain.html",),
    ("einfold simulate --machine fusemax-edge --roofline @r.svg --trace @trace",),
)
"""Command lines of which an input gets one row; @NAME is a file that is written."""


def shown(data: bytes) -> None:
    """IR in everything that shows it: targets, stories, pages, figures, traces. What is written is well-formed."""

    def use(path: str) -> None:
        with tempfile.TemporaryDirectory() as made:
            at = Path(made)
            for line in SHOWN[crc32(data) % len(SHOWN)]:
                words = [str(at / word[1:]) if word.startswith("@") else word for word in line.split()]
                command(*words[1:], path, main=driver.main if words[0] == "opt" else front_door.main)
            written = {p.name: p.read_text() for p in at.iterdir()}
        for name in ("json", "passes", "trace"):
            json.loads(written.get(name, "0"))
        for name in ("html", "plain.html"):
            if name in written:
                check_html(written[name])
        ElementTree.fromstring(written.get("r.svg", "<svg/>"))

    in_file("fuzz.mlir", data, use)
