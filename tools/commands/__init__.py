"""The subcommands of `einfold`: a table of names, and a module for each, imported when it is called.

A module offers `configure(parser)`, which adds its options, and `run(args)`, which returns the exit code and may raise `Failure`.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Protocol, cast


class CommandModule(Protocol):
    """What a module of this folder offers."""

    def configure(self, parser: ArgumentParser) -> None: ...

    def run(self, args: Namespace) -> int: ...


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand: its line in `einfold --help`, and the module of this folder that does it."""

    help: str
    module: str

    def load(self) -> CommandModule:
        return cast(CommandModule, import_module(f".{self.module}", __name__))


COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "tour": Command("attention from three passes to one: rewritten, proved equal, placed on a machine and simulated", "tour"),
        "examples": Command("list the cascades that come with einfold, or print one to start from", "examples"),
        "passes": Command("count the passes over a rank, and say which dependence costs each of them", "passes"),
        "check-certificate": Command("check, independently, the certificates in what `passes --json` wrote", "check_certificate"),
        "explain": Command("tell how a one-pass form is derived, as at a whiteboard: Markdown or LaTeX", "explain"),
        "eval": Command("compute values with the reference interpreter", "eval"),
        "simulate": Command("place a cascade on a machine and simulate it: cycles, bytes, utilisation, the bottleneck", "simulate"),
        "roofline": Command("a cascade's forms against what a machine attains at most, and what each keeps on the chip", "roofline"),
        "report": Command("one page about a cascade, offline in a browser: equations, passes, proofs, placement, timeline, costs", "report"),
        "explore": Command("search a schedule for a cascade on a machine; or sweep a space of machines: its Pareto front", "explore"),
        "machines": Command("list the machines that come with einfold", "machines"),
        "machine": Command("show a machine, by name or from a YAML file: a block diagram and its tables", "machine"),
        "evaluate": Command("run a published evaluation from its files: tables, deviations, headline means", "evaluate"),
        "new-pass": Command("write a working pass and its test, to start from", "new_pass"),
        "completion": Command("the script that makes bash, zsh or fish complete commands, options and passes", "completion"),
        "check": Command("read and verify files of IR", "check"),
    }
)
"""Subcommand -> what it is, in the order in which the help lists them."""
