"""The shop's own rules of points: what orders earn, what a point is worth, when it lapses.

Kept in the section `points` of the shop's practice.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import FieldReader, money_text, percent_text
from regulars_platform.shops.practice import HasPractice, read_section
from regulars_platform.words import N_

POINTS = "points"
MOST_PER_UNIT = 1000 * 10_000
MOST_VALUE = 1000 * 10_000
LONGEST = 3650


@dataclass(frozen=True, kw_only=True, slots=True)
class PointsRules:
    """per_unit: points for each currency unit of a paid order's goods, in ten-thousandths of a
    point (0: orders earn only what files say); since: the first day on which orders earn.

    value: what a point takes off when it is spent, ten-thousandths of a unit of currency.
    valid_days: a point lapses at the end of the day so many days after it was earned.
    redeemed: the share of points that the shop expects to be spent ever, from and to, in basis
    points; None: as the ledger shows so far.
    """

    per_unit: int = 0
    value: int = 0
    valid_days: int | None = None
    since: dt.date | None = None
    redeemed: tuple[int, int] | None = None

    @property
    def adds_movements(self) -> bool:
        """Whether anything moves that no file tells of."""
        return self.per_unit > 0 or self.valid_days is not None


def read_points_rules(shop: HasPractice) -> PointsRules:
    """The shop's rules; where it kept none, files alone say what moves and a point is worth 0."""
    kept = read_section(shop, POINTS)
    return PointsRules() if not kept else _read(FieldReader(kept))


def parse_points_rules(typed: Mapping[str, Any]) -> PointsRules:
    """Rules from a form's fields. Errors: InvalidInputError, each problem beside its field."""
    reader = FieldReader(typed)
    rules = _read(reader)
    if rules.per_unit > MOST_PER_UNIT:
        reader.refuse("per_unit", N_("At most 1,000 points for each unit of currency fit here."))
    if rules.value > MOST_VALUE:
        reader.refuse("value", N_("A point can be worth at most 1,000."))
    low, high = typed.get("redeemed_low"), typed.get("redeemed_high")
    if bool(low) != bool(high):
        reader.refuse(
            "redeemed_high" if low else "redeemed_low",
            N_("Give both ends of the range, or neither."),
        )
    if rules.redeemed is not None and rules.redeemed[0] > rules.redeemed[1]:
        reader.refuse("redeemed_low", N_("The lower end lies above the upper end: swap them."))
    if reader.problems:
        raise InvalidInputError(reader.problems)
    return rules


def points_rules_json(rules: PointsRules) -> dict[str, Any]:
    """The stored form; `read_points_rules` reads it."""
    low, high = rules.redeemed or (None, None)
    return {
        "per_unit": money_text(rules.per_unit),
        "value": money_text(rules.value),
        "valid_days": rules.valid_days,
        "since": None if rules.since is None else rules.since.isoformat(),
        "redeemed_low": None if low is None else percent_text(low),
        "redeemed_high": None if high is None else percent_text(high),
    }


def _read(reader: FieldReader) -> PointsRules:
    typed = reader.raw
    days = (
        None
        if typed.get("valid_days") in (None, "")
        else reader.whole("valid_days", low=1, high=LONGEST)
    )
    since = None if typed.get("since") in (None, "") else reader.date("since")
    shares = [
        None if typed.get(name) in (None, "") else reader.percent(name)
        for name in ("redeemed_low", "redeemed_high")
    ]
    low, high = shares
    return PointsRules(
        per_unit=reader.money("per_unit", default=0) or 0,
        value=reader.money("value", default=0) or 0,
        valid_days=days,
        since=since,
        redeemed=None if low is None or high is None else (low, high),
    )
