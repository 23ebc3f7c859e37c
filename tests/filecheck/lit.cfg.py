"""lit's configuration: every .mlir file here is a test, run with the tools of the environment that lit itself runs in."""

# pyright: basic

import os
import sys
from pathlib import Path

import lit.formats

TOOLS = ("einfold-opt", "einfold", "filecheck", "xdsl-opt")
"""Commands that RUN lines may name; each stands for the one next to the running Python, whatever PATH says."""

binaries = Path(sys.executable).parent

config.name = "einfold"  # noqa: F821
config.test_format = lit.formats.ShTest(execute_external=False)  # noqa: F821
config.suffixes = [".mlir"]  # noqa: F821
config.excludes = ["Inputs"]  # noqa: F821
config.test_source_root = os.path.dirname(__file__)  # noqa: F821
config.test_exec_root = os.path.join(os.path.dirname(__file__), "Output")  # noqa: F821
config.maxIndividualTestTime = 60  # noqa: F821
config.environment["PATH"] = os.pathsep.join([str(binaries), config.environment["PATH"]])  # noqa: F821

for tool in TOOLS:
    if not (binaries / tool).is_file():
        lit_config.fatal(f"'{tool}' is not installed next to {sys.executable}; install einfold with its 'dev' extra there")  # noqa: F821
    # A name on its own: no part of a path, of a longer name, or of an option.
    config.substitutions.append((rf"(?<![\w./-]){tool}(?![\w./-])", f'"{binaries / tool}"'))  # noqa: F821
