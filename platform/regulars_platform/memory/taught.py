"""What a report taught of those for whom the next round was made.

Keepers that a rule names are no segment of the campaign, so no cell of memory speaks of them; the
report does, by the rule's honest value. Kept with the draft, it is what forecasts start from.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.tables import Campaign, NextRoundRow
from regulars_platform.memory.likeness import Met, ShopMemory
from regulars_platform.memory.models import Lesson
from regulars_platform.memory.people import people_of
from regulars_platform.segments.rules import Rule, parse_rule, rule_json


@dataclass(frozen=True, kw_only=True, slots=True)
class Taught:
    """Net profit of telling one of the keepers, its error, and the margin of one held out.

    Currency units per unit. campaign_id, report_id, campaign, ends_on: with the report; audience:
    the keepers; families: keys of the offers that they were told of; n: units told.
    """

    campaign_id: int
    report_id: int
    campaign: str
    audience: Rule
    families: tuple[str, ...]
    ends_on: dt.date
    n: int
    net: float
    error: float
    level: float

    @property
    def key(self) -> str:
        """Of the keepers as people (see `people`)."""
        return people_of(self.audience, {})[None].key

    def as_json(self) -> dict[str, Any]:
        """As it is kept with the draft, which knows campaign and report itself."""
        return {
            "campaign": self.campaign,
            "audience": rule_json(self.audience),
            "families": list(self.families),
            "ends_on": self.ends_on.isoformat(),
            "n": self.n,
            "net": self.net,
            "error": self.error,
            "level": self.level,
        }


def taught_of_keepers(session: Session, shop_id: int) -> list[Taught]:
    """What was taught of the keepers of the shop's next rounds, the oldest first."""
    rows = session.scalars(
        select(NextRoundRow)
        .join(Campaign, Campaign.id == NextRoundRow.campaign_id)
        .where(Campaign.shop_id == shop_id)
        .order_by(NextRoundRow.id)
    )
    return [_read(row, row.taught) for row in rows if row.taught is not None]


def with_taught(memory: ShopMemory, taught: Sequence[Taught]) -> ShopMemory:
    """Memory and that; of several on the same keepers of one campaign the last counts.

    Keepers who are a segment or everybody are in memory already, by the same campaign.
    """
    known = {(lesson.campaign_id, lesson.cell) for lesson in memory.lessons}
    met = {one.key for one in memory.met if not one.keepers}
    lessons = {
        (one.campaign_id, (one.key, family)): _lesson(one, family)
        for one in taught
        for family in one.families
        if (one.campaign_id, (one.key, family)) not in known
    }
    people = {one.key: _met(one) for one in taught if one.key not in met}
    return ShopMemory(
        lessons=(*memory.lessons, *lessons.values()), met=(*memory.met, *people.values())
    )


def _lesson(taught: Taught, family: str) -> Lesson:
    return Lesson(
        campaign_id=taught.campaign_id,
        report_id=taught.report_id,
        cell=(taught.key, family),
        ends_on=taught.ends_on,
        n=taught.n,
        net=taught.net,
        error=taught.error,
        level=taught.level,
    )


def _met(taught: Taught) -> Met:
    return Met(
        key=taught.key,
        campaign=taught.campaign,
        segment=None,
        ends_on=taught.ends_on,
        audience=taught.audience,
        segments=(),
        keepers=True,
    )


def _read(row: NextRoundRow, written: Mapping[str, Any]) -> Taught:
    return Taught(
        campaign_id=row.from_campaign_id,
        report_id=row.report_id,
        campaign=written["campaign"],
        audience=parse_rule(written["audience"]),
        families=tuple(written["families"]),
        ends_on=dt.date.fromisoformat(written["ends_on"]),
        n=written["n"],
        net=written["net"],
        error=written["error"],
        level=written["level"],
    )
