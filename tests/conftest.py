"""Lets tests import the helpers that stand in this folder (`algebra_terms.py`)."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from hypothesis import settings

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")  # the same examples in every run; elsewhere each run draws new ones
