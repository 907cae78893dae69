"""Whatever a file holds: lines read = stored + repeated + rejected, in count and in money."""

import csv
import io
import tempfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars_platform.intake.limits import LIMITS
from regulars_platform.intake.models import OverlapChoice
from tests.platform.intake.builders import HEADER, open_shop

ORDER = st.sampled_from(["1", "2", "3", "", "1.2E+18", '="4"', "'5", "1"])
CUSTOMER = st.sampled_from(["a", "b", "", "186****05", "1.3E+10"])
DATE = st.sampled_from(["2020-01-02", "2020-01-03 10:00", "", "2020-02-30"])
PRODUCT = st.sampled_from(["tea", "cup, blue", "", 'pot "x"', "two\nlines"])
QUANTITY = st.sampled_from(["1", "2", "", "x"])
AMOUNT = st.sampled_from(["5", "7.25", "-3.10", "", "much", "1.00001", "9999999999999"])
CELL = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\r\t"), max_size=6
)
GOOD = st.tuples(ORDER, CUSTOMER, DATE, PRODUCT, QUANTITY, AMOUNT).map(list)
RAGGED = st.lists(st.one_of(ORDER, AMOUNT, PRODUCT), min_size=2, max_size=9)
WILD = st.lists(CELL, min_size=6, max_size=6)
ROWS = st.lists(st.one_of(GOOD, GOOD, GOOD, RAGGED, WILD), min_size=1, max_size=25)
ANCHOR = ["0", "a", "2020-05-05", "tea", "1", "5.55"]
"""One good line, so that no column is unreadable as a whole."""


def write(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER.split(","))
    writer.writerows([ANCHOR, *rows])
    return out.getvalue().encode()


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(ROWS, ROWS)
def test_two_messy_files_add_up(first: list[list[str]], second: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # tiny batches and parts, so that every order is spread over several of them
        shop = open_shop(Path(folder), limits=replace(LIMITS, batch=4, part=5))
        for rows in (first, second, second):
            tallies = shop.bring_in(write(rows), overlap=OverlapChoice.LEAVE_OUT)
            assert tallies.adds_up
            assert sum(tallies.reasons.values()) == tallies.rejected.lines
        assert tallies.stored.lines == 0
        stored = shop.stored()
        assert stored.select("order_id", "line_key").is_duplicated().sum() == 0
        everything = [ANCHOR, *first, *second]
        total = sum(money(row[5]) for row in everything if len(row) == 6)
        assert abs(int(stored["amount"].sum())) <= total
        shop.database.dispose()


def money(cell: str) -> int:
    """The size of an amount, were every readable one counted: an upper bound."""
    try:
        return int(abs(Decimal(cell)) * 10_000)
    except (ArithmeticError, ValueError):  # not a number, in either sense
        return 0


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(GOOD, min_size=1, max_size=30), st.integers(1, 9), st.integers(1, 9))
def test_the_size_of_the_pieces_does_not_matter(
    rows: list[list[str]], batch: int, part: int
) -> None:
    content = write(rows)
    results = []
    for limits in (LIMITS, replace(LIMITS, batch=batch, part=part)):
        with tempfile.TemporaryDirectory() as folder:
            shop = open_shop(Path(folder), limits=limits)
            tallies = shop.bring_in(content)
            results.append((tallies, shop.stored().to_dicts()))
            shop.database.dispose()
    assert results[0] == results[1]
