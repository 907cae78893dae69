"""A fresh shop for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platform.datasets.builders import ShopBench, open_shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[ShopBench]:
    """A shop in UTC without anything stored."""
    bench = open_shop(tmp_path / "data")
    yield bench
    bench.database.dispose()
