"""Ready-made rules with what each asks for: a threshold, a number of days."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from flask_babel import gettext, lazy_gettext

from regulars_platform.fields import FieldReader
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.segments import presets
from regulars_platform.segments.rules import Rule
from regulars_platform.words import N_
from regulars_web import formats
from regulars_web.pages.customers.shown import currency_text

Numbers = Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One number that is asked for. kind: money (read as ten-thousandths), percent or count."""

    name: str
    label: str
    kind: str
    usual: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadyMade:
    """A ready-made rule: what it is for, what it asks for, how it is made and called."""

    key: str
    title: str
    text: str
    questions: tuple[Question, ...]
    build: Callable[[Numbers], Rule]
    name: Callable[[Numbers, str], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """What came of asking: a rule and a name for it, or problems by question."""

    key: str
    given: Mapping[str, str]
    rule: Rule | None = None
    name: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)


def _fits(numbers: Numbers) -> Rule:
    return presets.fits_threshold(
        Decimal(numbers["threshold"]) / MONEY_SCALE,
        lowest=Decimal(numbers["lowest"]) / 100,
        highest=Decimal(numbers["highest"]) / 100,
    )


def _fits_name(numbers: Numbers, currency: str) -> str:
    amount = currency_text(numbers["threshold"] / MONEY_SCALE, currency)
    return str(gettext("Fits the threshold %(amount)s", amount=amount))


_DAYS = lazy_gettext("Days")

READY_MADE = {
    made.key: made
    for made in (
        ReadyMade(
            key="fits",
            title=lazy_gettext("Fits the threshold"),
            text=lazy_gettext(
                "For an offer from an amount upwards, such as free shipping: those who usually "
                "spend somewhat less or slightly more on an order. Far below, it is out of reach; "
                "far above, most get it anyway."
            ),
            questions=(
                Question(
                    name="threshold",
                    label=lazy_gettext("Threshold of the offer"),
                    kind="money",
                    usual="",
                ),
                Question(
                    name="lowest",
                    label=lazy_gettext("Average order from, in % of the threshold"),
                    kind="percent",
                    usual=str(int(presets.FITS_FROM * 100)),
                ),
                Question(
                    name="highest",
                    label=lazy_gettext("to, in % of the threshold"),
                    kind="percent",
                    usual=str(int(presets.FITS_TO * 100)),
                ),
            ),
            build=_fits,
            name=_fits_name,
        ),
        ReadyMade(
            key="dormant",
            title=lazy_gettext("Dormant"),
            text=lazy_gettext("Bought before, but not for a long time."),
            questions=(
                Question(
                    name="days",
                    label=lazy_gettext("Days without an order"),
                    kind="count",
                    usual="180",
                ),
            ),
            build=lambda numbers: presets.dormant(days=numbers["days"]),
            name=lambda numbers, _currency: gettext(
                "Dormant for %(days)s days", days=formats.number(numbers["days"])
            ),
        ),
        ReadyMade(
            key="recent",
            title=lazy_gettext("Recent buyers"),
            text=lazy_gettext("Bought within the last days."),
            questions=(Question(name="days", label=_DAYS, kind="count", usual="30"),),
            build=lambda numbers: presets.recent_buyers(days=numbers["days"]),
            name=lambda numbers, _currency: gettext(
                "Bought within %(days)s days", days=formats.number(numbers["days"])
            ),
        ),
        ReadyMade(
            key="once",
            title=lazy_gettext("One-time buyers"),
            text=lazy_gettext("Bought exactly once."),
            questions=(),
            build=lambda _numbers: presets.one_time_buyers(),
            name=lambda _numbers, _currency: gettext("One-time buyers"),
        ),
        ReadyMade(
            key="frequent",
            title=lazy_gettext("Frequent buyers"),
            text=lazy_gettext("Bought several times, and not too long ago."),
            questions=(
                Question(
                    name="orders", label=lazy_gettext("Orders at least"), kind="count", usual="3"
                ),
                Question(
                    name="days",
                    label=lazy_gettext("Last order within days"),
                    kind="count",
                    usual="365",
                ),
            ),
            build=lambda numbers: presets.frequent_buyers(
                orders=numbers["orders"], days=numbers["days"]
            ),
            name=lambda numbers, _currency: gettext(
                "At least %(orders)s orders, the last within %(days)s days",
                orders=formats.number(numbers["orders"]),
                days=formats.number(numbers["days"]),
            ),
        ),
    )
}
"""By key, in the order in which the page offers them."""


def answer(made: ReadyMade, asked: Mapping[str, str], currency: str) -> Answered:
    """Read the numbers that a ready-made rule asks for."""
    given = {question.name: asked.get(question.name, question.usual) for question in made.questions}
    reader = FieldReader(given)
    numbers: dict[str, int] = {}
    for question in made.questions:
        if question.kind == "money":
            value = reader.money(question.name, least=None)
        else:
            value = reader.whole(question.name, low=1, high=10_000)
        if value is not None:
            numbers[question.name] = value
    if numbers.get("lowest", 0) > numbers.get("highest", 10_000):
        reader.refuse("lowest", N_("The lower end lies above the upper end: swap them."))
    if reader.problems:
        problems = {
            problem.field or "": " ".join(
                formats.sentence(said) for said in (problem.problem, problem.hint) if said
            )
            for problem in reader.problems
        }
        return Answered(key=made.key, given=given, problems=problems)
    return Answered(
        key=made.key, given=given, rule=made.build(numbers), name=made.name(numbers, currency)
    )
