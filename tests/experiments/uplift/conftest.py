"""One thread for models: two on a busy machine wait for each other."""

from collections.abc import Iterator

import pytest

from regulars_experiments.uplift.training import limited


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    with limited(1):
        yield
