"""`einfold completion SHELL`: the script that makes a shell complete commands, options, passes and their options.

source <(einfold completion bash)       in ~/.bashrc, or once to try it
source <(einfold completion zsh)        in ~/.zshrc, after compinit
einfold completion fish | source        in ~/.config/fish/config.fish
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from ..diagnostics import Diagnostic, Failure
from ..driver.shells import SCRIPTS


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("shell", metavar="SHELL", nargs="?", choices=sorted(SCRIPTS), help=f"one of {', '.join(sorted(SCRIPTS))}")
    parser.add_argument("--answer", metavar="LINE", help="for the scripts: what could be typed next on this line, one a line")
    parser.add_argument("--replaced", metavar="WORD", default="", help="for the scripts: the part of the last word that the shell replaces")
    parser.add_argument("--json", action="store_true", help="print one JSON object: the answers, or the script")


def run(args: Namespace) -> int:
    if args.answer is not None:
        from ..driver.completion import answers

        found = answers(args.answer, args.replaced)
        print(json.dumps({"answers": found}) if args.json else "\n".join(found), end="\n" if found or args.json else "")
        return 0
    if args.shell is None:
        raise Failure(Diagnostic("error", f"name a shell: {', '.join(sorted(SCRIPTS))}", "einfold completion"))
    print(json.dumps({"shell": args.shell, "script": SCRIPTS[args.shell]}, indent=2) + "\n" if args.json else SCRIPTS[args.shell], end="")
    return 0
