"""The limit on the next round: its form on the report, and under which one an answer stands."""

from dataclasses import dataclass

from flask_babel import gettext

from regulars_platform.campaigns.plan import Plan
from regulars_platform.fields import WHOLE, money_text, percent_text
from regulars_platform.targeting.limits import CUSTOMERS, MONEY, NONE, PERCENT, Limit
from regulars_web.formats import currency_sign, money, number, percent


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitForm:
    """What the form offers, and what was asked for last.

    choices: (value, words); chosen, amount: as they stand in the fields. words: the limit under
    which the answer shown stands, "" without one. answered: whether that is the one asked for.
    """

    choices: tuple[tuple[str, str], ...]
    chosen: str
    amount: str
    words: str
    answered: bool


def limit_form(plan: Plan, *, wanted: Limit | None, shown: Limit | None) -> LimitForm:
    """wanted: asked for last; shown: of the answer on the page."""
    households = plan.unit == "household"
    sign = currency_sign(plan.currency)
    return LimitForm(
        choices=(
            (NONE, str(gettext("No limit"))),
            (
                CUSTOMERS,
                str(gettext("Households") if households else gettext("Customers")),
            ),
            (
                PERCENT,
                str(
                    gettext("Percent of the households")
                    if households
                    else gettext("Percent of the customers")
                ),
            ),
            (MONEY, str(gettext("Money for telling them all, %(unit)s", unit=sign))),
        ),
        chosen=NONE if wanted is None else wanted.kind,
        amount=_typed(wanted),
        words=limit_words(shown, plan),
        answered=wanted == shown,
    )


def limit_words(limit: Limit | None, plan: Plan) -> str:
    """As the beginning of a sentence; "" where there is none."""
    if limit is None:
        return ""
    if limit.kind == MONEY:
        return str(
            gettext(
                "With at most %(amount)s for telling in all",
                amount=money(limit.amount, plan.currency),
            )
        )
    households = plan.unit == "household"
    if limit.kind == PERCENT:
        share = limit.amount / WHOLE
        told = percent(share, 0 if limit.amount % 100 == 0 else 2)
        return str(
            gettext("With at most %(share)s of the households told", share=told)
            if households
            else gettext("With at most %(share)s of the customers told", share=told)
        )
    return str(
        gettext("With at most %(n)s households told", n=number(limit.amount))
        if households
        else gettext("With at most %(n)s customers told", n=number(limit.amount))
    )


def _typed(limit: Limit | None) -> str:
    if limit is None:
        return ""
    if limit.kind == MONEY:
        return money_text(limit.amount)
    return percent_text(limit.amount) if limit.kind == PERCENT else str(limit.amount)
