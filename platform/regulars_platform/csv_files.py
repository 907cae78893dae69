"""Tables to hand out: CSV in UTF-8 with a mark (so that spreadsheets read it rightly), lines ended
by CR LF; cells that a spreadsheet would run as a formula are disarmed.
"""

import csv
import io
from collections.abc import Iterable, Iterator

FOR_ANALYSIS = "for analysis, not a contact list"
"""In every row of a table of customers that neither the gate nor any holdout was asked about."""

_ROWS_AT_ONCE = 5_000
# what spreadsheets take for the start of a formula, half and full width
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_pieces(header: Iterable[str], rows: Iterable[tuple[object, ...]]) -> Iterator[bytes]:
    """A CSV in pieces, every text of it made harmless to spreadsheets."""
    buffer = io.StringIO(newline="")
    buffer.write("\ufeff")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
        if number % _ROWS_AT_ONCE == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def harmless(cell: str) -> str:
    """The cell, with an apostrophe before it where a spreadsheet would run it as a formula.

    >>> harmless("=1+1"), harmless("tea"), harmless(" -5")
    ("'=1+1", 'tea', "' -5")
    """
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA_STARTS) else cell
