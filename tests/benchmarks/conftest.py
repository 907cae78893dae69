"""The benchmarks are run from the checkout (`python -m benchmarks.calibration`)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
