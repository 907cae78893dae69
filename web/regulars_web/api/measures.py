"""The shop's own measures: when a customer is new, dormant or lost, and which days are events."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.customers.event_days import (
    DEFAULT_EVENT_DAYS,
    keep_event_days,
    parse_event_days,
    read_event_days,
)
from regulars_platform.customers.rhythm import keep_rhythm, parse_rhythm, read_rhythm
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.shops.models import ShopProfile
from regulars_platform.shops.service import get_shop
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area
from regulars_web.api.models import Answer, Model

area = Area("measures", "By which measures customers are told apart; features follow them.")

DayText = Annotated[str, Field(pattern=r"^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$", max_length=10)]
Multiple = Annotated[str, Field(pattern=r"^[0-9]{1,6}(\.[0-9]{1,6})?$")]


class EventDays(Model):
    """From the first to the last day, both included: YYYY-MM-DD, or MM-DD every year."""

    first: DayText
    last: DayText


class Measures(Model):
    """The shop's measures."""

    honeymoon_days: Annotated[int, Field(ge=1, le=99_999)]
    """New for so many days after the first order."""
    dormant_from: Multiple
    """Dormant from so many times their usual interval."""
    lost_from: Multiple
    event_days: Annotated[list[EventDays], Field(max_length=500)]


EXAMPLE = {
    "honeymoon_days": 30,
    "dormant_from": "2",
    "lost_from": "4",
    "event_days": [{"first": "11-01", "last": "11-11"}],
}


@area.get("/measures", scope=Scope.READ_SETTINGS)
def get_measures(call: Call) -> Answer[Measures]:
    """The shop's measures, or the usual ones."""
    return Answer[Measures](data=_shown(call.shop))


@area.put("/measures", scope=Scope.WRITE_SETTINGS, example=EXAMPLE)
def set_measures(call: Call, work: Session, body: Measures) -> Answer[Measures]:
    """Set the shop's measures: everything, or nothing where anything is wrong."""
    problems: list[RegularsError] = []
    try:
        rhythm = parse_rhythm(str(body.honeymoon_days), body.dormant_from, body.lost_from)
    except RegularsError as error:
        problems.append(error)
    try:
        spans = parse_event_days([(span.first, span.last) for span in body.event_days])
    except RegularsError as error:
        problems.append(error)
    if problems:
        raise InvalidInputError(problems)
    keep_rhythm(work, call.shop_id, rhythm)
    keep_event_days(work, call.shop_id, None if spans == DEFAULT_EVENT_DAYS else spans)
    work.flush()
    return Answer[Measures](data=_shown(get_shop(work, call.shop_id)))


def _shown(shop: ShopProfile) -> Measures:
    rhythm = read_rhythm(shop)
    return Measures(
        honeymoon_days=rhythm.honeymoon_days,
        dormant_from=f"{rhythm.dormant_from:g}",
        lost_from=f"{rhythm.lost_from:g}",
        event_days=[EventDays(first=span.first, last=span.last) for span in read_event_days(shop)],
    )
