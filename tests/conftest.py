"""Lets tests import the helpers that stand in this folder (`algebra_terms.py`)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
