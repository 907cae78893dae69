"""The hours in which a shop sends nothing; messages wait until they are over."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import FieldReader
from regulars_platform.shops.practice import HasPractice, keep_section, read_section
from regulars_platform.words import N_

SECTION = "quiet_hours"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until before `end` on the shop's clock, over midnight where start is later.

    Equal: there are none.
    """

    start: dt.time = dt.time(21)
    end: dt.time = dt.time(9)

    def holds_at(self, moment: dt.datetime, zone: ZoneInfo) -> bool:
        """Whether this moment (aware) lies in them."""
        clock = moment.astimezone(zone).time()
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def over_at(self, moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
        """The first moment (UTC) from this one on that is outside of them."""
        if not self.holds_at(moment, zone):
            return moment
        local = moment.astimezone(zone)
        day = local.date() if local.time() < self.end else local.date() + dt.timedelta(days=1)
        return dt.datetime.combine(day, self.end, tzinfo=zone).astimezone(dt.UTC)


def quiet_hours(shop: HasPractice) -> QuietHours:
    """The shop's; from 21:00 to 9:00 where it never said."""
    kept = read_section(shop, SECTION)
    if not isinstance(kept, Mapping):
        return QuietHours()
    return QuietHours(
        dt.time.fromisoformat(str(kept["from"])), dt.time.fromisoformat(str(kept["to"]))
    )


def keep_quiet_hours(session: Session, shop_id: int, raw: Mapping[str, Any]) -> QuietHours:
    """Keep `from` and `to` (HH:MM) of a form; the same twice: no quiet hours."""
    reader = FieldReader(raw)
    start, end = _time(reader, "from"), _time(reader, "to")
    if start is None or end is None:
        raise InvalidInputError(reader.problems)
    kept = {"from": f"{start:%H:%M}", "to": f"{end:%H:%M}"}
    keep_section(session, shop_id, SECTION, kept)
    return QuietHours(start, end)


def _time(reader: FieldReader, field: str) -> dt.time | None:
    text = str(reader.raw.get(field) or "").strip()
    try:
        return dt.datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 -- a clock, no moment
    except ValueError:
        reader.refuse(field, N_("A time as in 21:00 is expected, %(got)s came."), got=repr(text))
        return None
