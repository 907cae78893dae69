"""Where a customer stands in their own rhythm: new, active, dormant or lost.

Settings of a shop: the section `honeymoon_days` (a whole number), and `rhythm` with the multiples
of the usual interval after which somebody is dormant and lost.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from regulars_platform.customers.errors import PracticeError
from regulars_platform.shops.practice import HasPractice, keep_section, read_section
from regulars_platform.words import N_

RHYTHM, HONEYMOON = "rhythm", "honeymoon_days"
STAGES = (N_("new"), N_("active"), N_("dormant"), N_("lost"))
"""The values of the feature `rhythm`."""

MAX_DAYS = 3650
MAX_MULTIPLE = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Rhythm:
    """New: the first order is at most `honeymoon_days` days ago.

    Everybody else by the days since the last order beside their usual interval: active below
    `dormant_from` times it, dormant below `lost_from` times, lost from there on.
    """

    honeymoon_days: int = 30
    dormant_from: float = 2.0
    lost_from: float = 4.0


DEFAULT_RHYTHM = Rhythm()


def read_rhythm(shop: HasPractice) -> Rhythm:
    """The shop's own, or the default."""
    kept = read_section(shop, RHYTHM) or {}
    days = read_section(shop, HONEYMOON)
    usual = DEFAULT_RHYTHM
    return Rhythm(
        honeymoon_days=usual.honeymoon_days if days is None else int(days),
        dormant_from=float(kept.get("dormant_from", usual.dormant_from)),
        lost_from=float(kept.get("lost_from", usual.lost_from)),
    )


def parse_rhythm(honeymoon_days: str, dormant_from: str, lost_from: str) -> Rhythm:
    """A rhythm from what somebody typed; PracticeError says what is wrong with it."""
    days = honeymoon_days.strip()
    if not (days.isdecimal() and len(days) < 6 and 1 <= int(days) <= MAX_DAYS):
        raise PracticeError.honeymoon(honeymoon_days, MAX_DAYS)
    dormant, lost = _multiple(dormant_from), _multiple(lost_from)
    if dormant is None or lost is None or not 1 <= dormant < lost:
        raise PracticeError.rhythm(dormant_from, lost_from)
    return Rhythm(honeymoon_days=int(days), dormant_from=dormant, lost_from=lost)


def keep_rhythm(session: Session, shop_id: int, rhythm: Rhythm) -> None:
    """Keep it as the shop's own."""
    keep_section(session, shop_id, HONEYMOON, rhythm.honeymoon_days)
    multiples = {"dormant_from": str(rhythm.dormant_from), "lost_from": str(rhythm.lost_from)}
    keep_section(session, shop_id, RHYTHM, multiples)


def stages(
    first_days: NDArray[np.int64],
    ratio: NDArray[np.float64],
    has: NDArray[np.bool_],
    rhythm: Rhythm,
) -> pl.Series:
    """The stage of every customer; null without a purchase, or where nobody's interval is known."""
    new = has & (first_days <= rhythm.honeymoon_days)
    known = has & ~np.isnan(ratio)
    stage = np.select(
        [new, known & (ratio < rhythm.dormant_from), known & (ratio < rhythm.lost_from), known],
        [0, 1, 2, 3],
        default=4,
    )
    names = pl.Series([*STAGES, None], dtype=pl.String)
    return names.gather(pl.Series(stage, dtype=pl.UInt32))


def _multiple(text: str) -> float | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return float(number) if number.is_finite() and 0 < number <= MAX_MULTIPLE else None
