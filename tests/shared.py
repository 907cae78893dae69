"""Real data that lies beside the checkout; tests that need it skip where it is missing."""

from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared_file(name: str) -> Path:
    """The path of a shared data file; skips the test where there is none."""
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"{name} is not there: the folder shared/data is not beside the checkout")
    return path
