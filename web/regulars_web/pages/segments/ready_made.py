"""Ready-made rules to start from. The threshold asks for numbers; the rest is changed after."""

from collections.abc import Mapping
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

FITS = "fits"
_USUAL = {
    "threshold": "",
    "lowest": str(int(presets.FITS_FROM * 100)),
    "highest": str(int(presets.FITS_TO * 100)),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadyMade:
    """A rule that needs no numbers to begin with; its title is the first proposal for a name."""

    key: str
    title: str
    text: str
    rule: Rule


READY_MADE = {
    made.key: made
    for made in (
        ReadyMade(
            key="dormant",
            title=lazy_gettext("Dormant"),
            text=lazy_gettext("bought before, but not for half a year"),
            rule=presets.dormant(),
        ),
        ReadyMade(
            key="once",
            title=lazy_gettext("One-time buyers"),
            text=lazy_gettext("bought exactly once"),
            rule=presets.one_time_buyers(),
        ),
        ReadyMade(
            key="frequent",
            title=lazy_gettext("Frequent buyers"),
            text=lazy_gettext("at least 3 orders, the last within a year"),
            rule=presets.frequent_buyers(),
        ),
        ReadyMade(
            key="recent",
            title=lazy_gettext("Recent buyers"),
            text=lazy_gettext("bought within the last 30 days"),
            rule=presets.recent_buyers(),
        ),
    )
}
"""By key, in the order in which the page offers them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    """What the builder of a new segment starts with.

    rule: None for an empty one. threshold: the fields of "fits the threshold" as typed (threshold
    in currency units, both ends in percent of it), problems beside them.
    """

    threshold: Mapping[str, str] = field(default_factory=lambda: _USUAL)
    rule: Rule | None = None
    name: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)


def choose_start(asked: Mapping[str, str], currency: str) -> Start:
    """From the arguments of the address: preset, and the numbers that it asks for."""
    key = asked.get("preset", "")
    if key == FITS:
        return _fit_threshold(asked, currency)
    made = READY_MADE.get(key)
    return Start() if made is None else Start(rule=made.rule, name=str(made.title))


def _fit_threshold(asked: Mapping[str, str], currency: str) -> Start:
    typed = {name: asked.get(name, usual) for name, usual in _USUAL.items()}
    reader = FieldReader(typed)
    threshold = reader.money("threshold", least=None)
    lowest = reader.whole("lowest", low=1, high=1000)
    highest = reader.whole("highest", low=1, high=1000)
    if lowest is not None and highest is not None and lowest > highest:
        reader.refuse("lowest", N_("The lower end lies above the upper end: swap them."))
    if reader.problems or threshold is None or lowest is None or highest is None:
        return Start(
            threshold=typed,
            problems={
                problem.field or "": " ".join(
                    formats.sentence(said) for said in (problem.problem, problem.hint) if said
                )
                for problem in reader.problems
            },
        )
    units = Decimal(threshold) / MONEY_SCALE
    shown = currency_text(float(units), currency, whole=units == units.to_integral_value())
    return Start(
        threshold=typed,
        rule=presets.fits_threshold(
            units, lowest=Decimal(lowest) / 100, highest=Decimal(highest) / 100
        ),
        name=str(gettext("Fits the threshold %(amount)s", amount=shown)),
    )
