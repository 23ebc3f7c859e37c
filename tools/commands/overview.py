"""What `einfold` alone shows: its commands by what one wants to do, each with an example that can be copied."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from . import COMMANDS

FILE = "attention.mlir"

GROUPS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "See it work": {"tour": "einfold tour", "examples": f"einfold examples attention > {FILE}"},
        "Ask about a cascade": {
            "check": f"einfold check {FILE}",
            "passes": f"einfold passes {FILE} --rank m",
            "explain": f"einfold explain {FILE} -o attention.md",
            "check-certificate": "einfold examples softmax | einfold passes - --json | einfold check-certificate -",
            "eval": f"einfold eval {FILE} --set p=64,m=64,b=1,h=2 --output out.npz",
        },
        "Put it on a machine": {
            "simulate": f"einfold simulate {FILE} --machine fusemax-cloud",
            "explore": f"einfold explore {FILE} --machine fusemax-cloud",
            "roofline": f"einfold roofline {FILE} --machine fusemax-cloud",
            "machines": "einfold machines",
            "machine": "einfold machine fusemax-cloud",
            "report": f"einfold report {FILE} --machine fusemax-cloud -o report.html",
        },
        "Compare with what is published": {"evaluate": "einfold evaluate fusemax --out evaluation"},
        "Add your own": {"new-pass": "einfold new-pass square-powers", "completion": "source <(einfold completion bash)"},
    }
)
"""Heading -> command -> an example. A command that is in no group is shown under `OTHERS`."""

OTHERS = "And more"


def grouped() -> dict[str, dict[str, str]]:
    """The groups with every command in one of them; without an example, a command's help is one."""
    known = {name for commands in GROUPS.values() for name in commands}
    others = {name: f"einfold {name} --help" for name in COMMANDS if name not in known}
    found = {title: {n: e for n, e in commands.items() if n in COMMANDS} for title, commands in GROUPS.items()}
    return found | ({OTHERS: others} if others else {})


def overview(bold: bool) -> str:
    """The text; `bold`: with headings and names of commands in bold."""

    def strong(text: str) -> str:
        return f"\033[1m{text}\033[0m" if bold else text

    width = max(map(len, COMMANDS))
    lines = ["einfold: a cascade of Einsums to the fewest passes, on a machine, in cycles.", ""]
    for title, commands in grouped().items():
        lines.append(strong(title))
        for name, example in commands.items():
            lines += [f"  {strong(name)}{' ' * (width - len(name))}  {COMMANDS[name].help}", f"  {' ' * width}    $ {example}"]
        lines.append("")
    lines += [
        strong("Rewrite, pass by pass"),
        f"  einfold-opt {FILE} -p einsum-one-pass        (einfold-opt --list-passes lists what there is)",
        "",
        "'einfold COMMAND --help' tells a command's options.",
    ]
    return "\n".join(lines)
