"""An upload that arrives in pieces, and how much of such uploads is let in."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from regulars_platform.incoming.errors import UploadSettingError

UploadId = NewType("UploadId", str)

GIB = 1 << 30


class Purpose(StrEnum):
    """What the file is brought for."""

    ORDERS = "orders"
    DATASET = "dataset"


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """How much is let in. largest: bytes of one file; at_once: uploads of a shop that have begun
    and not ended; days: how long an unfinished one waits for its next piece; spare: bytes that
    stay free on the disk."""

    largest: int = 50 * GIB
    at_once: int = 20
    days: int = 7
    spare: int = 256 << 20

    @property
    def patience(self) -> dt.timedelta:
        """How long an unfinished upload is kept after its last piece."""
        return dt.timedelta(days=self.days)


def read_allowance(environment: Mapping[str, str]) -> Allowance:
    """`REGULARS_UPLOAD_GIB`, `REGULARS_UPLOADS_AT_ONCE` and `REGULARS_UPLOAD_DAYS`, where set.

    Raises UploadSettingError for what is no whole number of at least 1.

    >>> read_allowance({"REGULARS_UPLOAD_GIB": "2"}).largest
    2147483648
    """
    usual = Allowance()
    return Allowance(
        largest=_read(environment, "REGULARS_UPLOAD_GIB", usual.largest // GIB) * GIB,
        at_once=_read(environment, "REGULARS_UPLOADS_AT_ONCE", usual.at_once),
        days=_read(environment, "REGULARS_UPLOAD_DAYS", usual.days),
    )


def _read(environment: Mapping[str, str], name: str, usual: int) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and int(text[:9]) >= 1 and len(text) <= 6):
        raise UploadSettingError.of(name, text)
    return int(text)


@dataclass(frozen=True, kw_only=True, slots=True)
class IncomingUpload:
    """One upload. size: bytes of the whole file; offset: bytes of it that are safely here;
    modified: when the file was last changed where it came from (ms since 1970, as browsers say
    it); expires_at: when it is thrown away unless another piece comes; import_id: set once it is
    whole and taken in."""

    id: UploadId
    shop_id: int
    user_id: int
    purpose: Purpose
    kind: str | None
    filename: str
    modified: int | None
    size: int
    offset: int
    created_at: dt.datetime
    expires_at: dt.datetime
    import_id: int | None

    @property
    def is_whole(self) -> bool:
        """Whether every byte is here."""
        return self.offset >= self.size

    @property
    def percent(self) -> int:
        """How much of it has arrived, 0 to 100."""
        return 100 * self.offset // self.size if self.size else 100
