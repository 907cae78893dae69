"""The due list in words."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from flask_babel import gettext, lazy_gettext, ngettext, pgettext

from regulars_experiments.effects import wilson
from regulars_platform.cycle.best_channel import ChannelRecord
from regulars_platform.cycle.dates import OWN, PRODUCT
from regulars_platform.cycle.service import Cycle
from regulars_web.formats import money, number, percent

_Z = 1.959963984540054  # of 95%, as the back-test's own ranges

MARKS = {
    "not_sold": lazy_gettext("no longer sold"),
    "not_listed": lazy_gettext("not in the products' file"),
}
BASES = {
    "own": lazy_gettext("the customer's own intervals"),
    "product": lazy_gettext("customers of the product"),
    "unit": lazy_gettext("days that a piece lasts"),
}
BANDS = {
    0: lazy_gettext("never bought before"),
    1: lazy_gettext("bought once"),
    2: lazy_gettext("bought 2 to 4 times"),
    5: lazy_gettext("bought 5 times and more"),
}


def rests_text(row: Mapping[str, Any]) -> str:
    """What a date rests on: "3 intervals of their own"."""
    if row["rests_on"] == OWN:
        return str(
            ngettext(
                "%(count)s interval of their own",
                "%(count)s intervals of their own",
                row["based_on"],
                count=number(row["based_on"]),
            )
        )
    if row["rests_on"] == PRODUCT:
        return str(
            gettext("%(count)s customers who bought it again", count=number(row["based_on"]))
        )
    return str(gettext("days per piece × pieces, from the products' file"))


def channel_text(record: ChannelRecord, currency: str) -> str:
    """One channel's record: "Phone: 12 of 40 ordered within 7 days (18.1% to 45.4%)"."""
    said = str(
        gettext(
            "%(ordered)s of %(contacts)s ordered within 7 days (%(low)s to %(high)s)",
            ordered=number(record.ordered),
            contacts=number(record.contacts),
            low=percent(record.low, 0),
            high=percent(record.high, 0),
        )
    )
    found = said + str(pgettext("between clauses", ", ")) + cost_text(record, currency)
    return found + str(gettext("; ")) + not_told_apart() if record.tied else found


def not_told_apart() -> str:
    """Of a channel whose range reaches into that of another."""
    return str(gettext("not told apart from other channels yet"))


def cost_text(record: ChannelRecord, currency: str) -> str:
    """What a contact costs."""
    if record.cost is None:
        return str(gettext("cost not known"))
    return str(gettext("%(cost)s a contact", cost=money(record.cost, currency)))


def weighed(cycle: Cycle, customers: int) -> str:
    """How many of those who are due can be counted on, by what such dates were worth; "" where
    nobody can say."""
    found = (cycle.document["backtest"] or {}).get("all")
    if not found or not found["told"] or not customers:
        return ""
    near, told = found["near"], found["told"]
    low, high = wilson(np.array([float(near)]), np.array([float(told)]), _Z)
    return str(
        gettext(
            "Of the dates told on the past %(share)s came true (%(low)s to %(high)s): count on "
            "about %(count)s of them.",
            share=percent(near / told, 0),
            low=percent(float(low[0]), 0),
            high=percent(float(high[0]), 0),
            count=number(round(customers * near / told)),
        )
    )


def backtest_sentence(found: Mapping[str, Any]) -> str:
    """How good the dates were, plainly."""
    everything = found["all"]
    if not everything["told"]:
        return str(
            gettext(
                "How good the dates are cannot be told yet: no date that would have been told "
                "earlier has come and gone by now."
            )
        )
    if everything["share"] is None:
        return str(
            gettext(
                "Tried on the past: of %(told)s dates told, nobody has come back yet.",
                told=number(everything["told"]),
            )
        )
    share, low, high = everything["share"]
    return str(
        gettext(
            "Tried on the past: %(share)s of the repurchases (%(low)s to %(high)s) came within a "
            "quarter of the interval that was told. %(late)s Of all %(told)s dates told, %(near)s "
            "came true; on the others customers came earlier, later or not at all.",
            told=number(everything["told"]),
            near=number(everything["near"]),
            share=percent(share, 0),
            low=percent(low, 0),
            high=percent(high, 0),
            late=_late(everything["days_late"]),
        )
    )


def _late(days: list[float | None]) -> str:
    middle, low, high = days
    if middle is None:
        return ""
    if low is None or high is None:
        return str(gettext("The median one came %(days)s.", days=_off(middle)))
    return str(
        gettext(
            "The median one came %(days)s (from %(low)s to %(high)s).",
            days=_off(middle),
            low=_off(low),
            high=_off(high),
        )
    )


def _off(days: float) -> str:
    if days == 0:
        return str(gettext("on the day"))
    count, off = number(abs(days), 0 if float(days).is_integer() else 1), abs(days)
    if days > 0:
        return str(ngettext("%(count)s day late", "%(count)s days late", _plural(off), count=count))
    return str(ngettext("%(count)s day early", "%(count)s days early", _plural(off), count=count))


def _plural(count: float) -> int:
    return 1 if count == 1 else 2
