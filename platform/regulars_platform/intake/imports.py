"""One order file on its way into the shop."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from regulars_platform.intake.models import (
    ImportId,
    ImportState,
    Look,
    OrderField,
    OverlapChoice,
    ReadingOptions,
)
from regulars_platform.intake.tallies import Tallies
from regulars_platform.words import Sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderImport:
    """One uploaded order file and how far it is."""

    id: ImportId
    shop_id: int
    user_id: int | None
    filename: str
    size: int
    sha256: str
    state: ImportState
    received_at: dt.datetime
    stored_at: dt.datetime | None
    look: Look | None
    mapping: Mapping[OrderField, str] | None
    options: ReadingOptions
    tallies: Tallies | None
    overlap_choice: OverlapChoice | None
    table_version: int | None
    problem: Sentence | None
    hint: Sentence | None
