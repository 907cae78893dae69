"""What was true in the sample shop, beside what the report said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars_platform.guided.answers import Truth
from regulars_platform.orders.table import MONEY_SCALE
from regulars_web.formats import number
from regulars_web.words.reports import amount, interval, listed, segment_name


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One arm, formatted. truth: in all; each: per customer told; said and its interval: of the
    report, None where it could not say; inside: whether the interval holds the truth; pays, loses:
    segments that truly paid and those that did not, "" where there are none.
    """

    arm: str
    customers: str
    earned: bool
    truth: str
    each: str
    said: str | None
    interval: str | None
    inside: bool
    pays: str
    loses: str


def tell(truths: Sequence[Truth], document: Mapping[str, Any]) -> list[Told]:
    """The truth of each arm beside its group in a report's document."""
    groups = {group["arm"]: group for group in document["overall"]}
    return [_tell(truth, groups.get(truth.arm), document) for truth in truths]


def _tell(truth: Truth, group: Mapping[str, Any] | None, document: Mapping[str, Any]) -> Told:
    currency = document["plan"]["currency"]
    each = truth.net_per_customer / MONEY_SCALE
    total = each * truth.told
    net: Mapping[str, Any] = {} if group is None else group["net"]
    said = range_ = None
    inside = False
    if group is not None and "estimate" in net:
        low, high = net["low"] * group["n"], net["high"] * group["n"]
        said = amount(net["estimate"] * group["n"], currency, whole=True)
        range_ = interval(low, high, currency, whole=True)
        inside = low <= total <= high
    by_gain = sorted(truth.segments, key=lambda part: -part[2])
    return Told(
        arm=truth.arm,
        customers=number(truth.told),
        earned=total >= 0,
        truth=amount(abs(total), currency, whole=True),
        each=amount(abs(each), currency),
        said=said,
        interval=range_,
        inside=inside,
        pays=_named(by_gain, pay=True),
        loses=_named(by_gain, pay=False),
    )


def _named(segments: Sequence[tuple[str, int, float]], *, pay: bool) -> str:
    if len(segments) < 2:
        return ""
    return listed([segment_name(name) for name, _, gain in segments if (gain > 0) is pay])
