"""How far the intake goes along with a file."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """line_bytes: longest physical line; columns: most columns; plain_bytes: largest file once
    unpacked; batch: records read at a time; part: records worked on at a time (these two bound
    the memory); shown_rows: first rows to show; sampled_rows: rows that columns are guessed from.

    A workbook is held in memory as a whole: workbook_bytes: most it may unpack to; workbook_rows:
    so many rows make a sheet full; workbook_cells: most cells of a sheet, empty ones counted;
    workbook_text: most bytes of text in its cells, repeated ones counted.
    """

    line_bytes: int = 1 << 20
    columns: int = 2_000
    plain_bytes: int = 50 << 30
    batch: int = 50_000
    part: int = 200_000
    shown_rows: int = 20
    sampled_rows: int = 1_000
    workbook_bytes: int = 512 << 20
    workbook_rows: int = 1_048_576
    workbook_cells: int = 20_000_000
    workbook_text: int = 1 << 30


LIMITS = Limits()
