"""Lets the property tests import the generators that stand beside them (`cascades.py`)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
