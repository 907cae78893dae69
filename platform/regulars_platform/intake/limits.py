"""How far the intake goes along with a file."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """line_bytes: longest physical line; columns: most columns; plain_bytes: largest file once
    unpacked; batch: records read at a time; part: records worked on at a time (these two bound
    the memory); shown_rows: first rows to show; sampled_rows: rows that columns are guessed from.
    """

    line_bytes: int = 1 << 20
    columns: int = 2_000
    plain_bytes: int = 50 << 30
    batch: int = 50_000
    part: int = 200_000
    shown_rows: int = 20
    sampled_rows: int = 1_000


LIMITS = Limits()
