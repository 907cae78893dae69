"""The words of the shop report."""

from collections.abc import Mapping

from flask_babel import gettext, lazy_gettext

from regulars_platform.figures.periods import By, Period
from regulars_platform.figures.stage import Stage
from regulars_web.formats import blank, date, days, in_chinese, number, percent, short_date

FIGURES: Mapping[str, object] = {
    "shop_favourite_people": lazy_gettext("People who added the shop to their favourites"),
    "paid_amount": lazy_gettext("Paid amount"),
    "average_order_value": lazy_gettext("Average order value"),
    "visitors": lazy_gettext("Visitors"),
    "new_visitors": lazy_gettext("New visitors"),
    "returning_visitor_share": lazy_gettext("Share of returning visitors"),
    "paid_buyers": lazy_gettext("Paying buyers"),
    "new_buyers": lazy_gettext("New buyers"),
    "returning_buyers": lazy_gettext("Returning buyers"),
    "returning_buyer_share": lazy_gettext("Share of returning buyers"),
}

KINDS: Mapping[By, object] = {
    "day": lazy_gettext("Day"),
    "week": lazy_gettext("7 days"),
    "month": lazy_gettext("Month"),
}

COURSES: Mapping[By, object] = {
    "day": lazy_gettext("Day by day"),
    "week": lazy_gettext("7 days by 7 days"),
    "month": lazy_gettext("Month by month"),
}


def platforms_word(chinese: str) -> str:
    """What the platforms call a figure, beside our own word; in Chinese they are the same."""
    return "" if in_chinese() else chinese


def days_words(period: Period) -> str:
    """ "19 Jan 2026", "13 Jan – 19 Jan 2026"."""
    if period.days == 1:
        return date(period.first)
    if in_chinese():
        return days(period.first, period.last)
    same_year = period.first.year == period.last.year
    first = short_date(period.first) if same_year else date(period.first)
    return f"{first} – {date(period.last)}"


def stage_words(stage: Stage) -> str:
    """The stage in a sentence with the figures it rests on."""
    now, before = stage.now, stage.before
    if stage.name == "too_few":
        return str(
            gettext(
                "Only %(buyers)s bought in the last 30 days, too few to say what it lives on.",
                buyers=number(now.buyers),
            )
        )
    facts = {
        "new": number(now.new_buyers),
        "old": number(now.old_buyers),
        "new_before": "–" if before is None else number(before.new_buyers),
        "old_before": "–" if before is None else number(before.old_buyers),
        "share": percent(float(now.old_amount_share or 0), 0),
    }
    said = {
        "unknown": gettext("What the shop lives on shows after two times 30 days of orders."),
        "growing_new": gettext("The shop is growing by new customers."),
        "leaking": gettext("The shop depends on new customers, and fewer of them come."),
        "growing_both": gettext("The shop grows on its regulars, and new customers join them."),
        "regulars": gettext("The shop lives on its regulars."),
        "fading": gettext("The shop lives on its regulars, and fewer of them come back."),
    }[stage.name]
    facts_said = gettext(
        "In 30 days %(new)s new buyers (%(new_before)s before) and %(old)s returning ones "
        "(%(old_before)s before); returning buyers paid %(share)s of the amount.",
        **facts,
    )
    return f"{said}{blank()}{facts_said}"
