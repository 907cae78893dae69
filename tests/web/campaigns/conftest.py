"""A shop with orders, and its owner at the browser."""

from pathlib import Path

import pytest

from regulars_platform.settings import Settings
from tests.platform.customers.build import line, lines
from tests.web.conftest import Browser


def write_orders(shop_dir: Path) -> None:
    """300 customers, c000 to c299, one to three orders each in October 2026; they spend 40 to 99
    on an order, the same every time."""
    rows = [
        line(
            f"{number:03d}-{order}",
            f"c{number:03d}",
            f"2026-10-{5 + 5 * order + number % 5:02d}",
            40 + number % 60,
            shipping=6,
        )
        for number in range(300)
        for order in range(1 + number % 3)
    ]
    lines(*rows).collect().write_delta(shop_dir / "orders")


@pytest.fixture
def planner(settings: Settings, owner: Browser) -> Browser:
    """The owner of a shop that has orders."""
    write_orders(settings.shop_dir(1))
    return owner
