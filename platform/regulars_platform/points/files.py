"""The tables of points as files."""

from collections.abc import Iterator, Sequence

from regulars_platform.csv_files import csv_pieces
from regulars_platform.points.ledger import Month
from regulars_platform.points.movements import LINES
from regulars_platform.points.overview import PointsOverview


def ledger_csv(months: Sequence[Month]) -> Iterator[bytes]:
    """Every month: opening, the lines, closing."""
    rows = (
        (one.first_day.strftime("%Y-%m"), one.opening, *one.lines.values(), one.closing)
        for one in months
    )
    return csv_pieces(("month", "opening", *LINES, "closing"), rows)


def differences_csv(page: PointsOverview) -> Iterator[bytes]:
    """Every customer whose told balance is another."""
    header = ("customer_id", "ledger", "told", "difference")
    return csv_pieces(header, page.differs.iter_rows())
