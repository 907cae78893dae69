"""Numbers, money, dates and sentences in the reader's language and the shop's currency and zone."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from babel.dates import format_skeleton
from babel.numbers import format_currency as babel_currency
from babel.numbers import get_currency_name, get_currency_symbol
from flask import Flask, has_request_context
from flask_babel import (
    format_date,
    format_datetime,
    format_decimal,
    get_locale,
    get_timezone,
    gettext,
    to_user_timezone,
)
from markupsafe import Markup

from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.words import Sentence

MINUS = "\u2212"
JOINER = "\u2060"  # has no width


def money(
    ten_thousandths: int | Decimal | float,
    currency: str,
    *,
    whole: bool = False,
    signed: bool = False,
    exact: bool = False,
) -> str:
    """An amount, given in ten-thousandths, as the reader writes money.

    whole: without the smaller coin, for sums where it would only be noise. signed: a plus sign
    before gains, so that they are told from losses without colour. exact: every decimal there is,
    for accounts that have to add up.
    """
    amount = Decimal(ten_thousandths) / MONEY_SCALE
    locale = get_locale()
    pattern = locale.currency_formats["standard"].pattern
    if whole:
        pattern = pattern.replace(".00", "")
    if exact:
        pattern = pattern.replace(".00", ".00##")
    text = str(
        babel_currency(abs(amount), currency, pattern, locale, currency_digits=not (whole or exact))
    )
    shown_zero = not re.search(r"[1-9]", text)
    sign = "" if shown_zero else MINUS if amount < 0 else "+" if signed else ""
    # Chinese lines break anywhere but here: a line may end between a sign and "¥" otherwise
    joined = JOINER if sign and locale.language == "zh" else ""
    return f"{sign}{joined}{text}"


def money_interval(low: float, high: float, currency: str, *, whole: bool = True) -> str:
    """Both ends of an interval in ten-thousandths: "£4,100 to £32,500"."""
    shown_low, shown_high = (money(end, currency, whole=whole) for end in (low, high))
    return spanned(shown_low, shown_high)


def spanned(low: str, high: str) -> str:
    """Both ends of what reaches from one to the other: "5% to 7%"."""
    return str(gettext("%(low)s to %(high)s", low=low, high=high))


def number(value: float | Decimal, digits: int | None = None) -> str:
    """A plain number with the reader's separators, to `digits` decimals where given."""
    pattern = None if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(value, format=pattern)).replace("-", MINUS)


def percent(share: float, digits: int = 1) -> str:
    """A share (0.2) as a percentage (20.0%)."""
    return number(100 * share, digits) + "%"


def signed(figure: str) -> str:
    """A formatted figure with a plus sign where it is a gain: "+7.4%", "−7.4%", "0.0%"."""
    return f"+{figure}" if re.search("[1-9]", figure) and not figure.startswith(MINUS) else figure


def date(moment: dt.datetime | dt.date) -> str:
    """A day, in the shop's time zone."""
    return str(format_date(moment, "medium"))


def short_date(day: dt.date) -> str:
    """A day of a year that is known: "6 Jul"."""
    return str(format_skeleton("MMMd", day, locale=get_locale()))


def days(first: dt.date, last: dt.date) -> str:
    """From a day to a day: "2 Jul 2026 – 8 Jul 2026"; Chinese says nothing twice."""
    if not in_chinese():
        return f"{date(first)} – {date(last)}"
    first, last = (
        to_user_timezone(moment).date() if isinstance(moment, dt.datetime) else moment
        for moment in (first, last)
    )
    if first == last:
        return date(first)
    if first.year != last.year:
        return f"{date(first)}–{date(last)}"
    return f"{date(first)}–{short_date(last) if first.month != last.month else f'{last.day}日'}"


def written_day(text: str) -> str:
    """A day of a document, as 2026-07-08, in the reader's words."""
    return date(dt.date.fromisoformat(text))


def in_chinese() -> bool:
    """Whether the reader's language is Chinese: no blanks between sentences, no full stops."""
    return str(get_locale()).startswith("zh")


def full_stop() -> str:
    """After a link that ends a sentence."""
    return "。" if in_chinese() else "."


def blank() -> str:
    """What stands between two sentences: Chinese has nothing there."""
    return "" if in_chinese() else " "


def date_time(moment: dt.datetime) -> str:
    """A moment to the minute, in the shop's time zone."""
    between = " " if in_chinese() else ", "
    return f"{format_date(moment, 'medium')}{between}{format_datetime(moment, 'HH:mm')}"


def iso(moment: dt.datetime) -> str:
    """For the datetime attribute of <time>."""
    return moment.astimezone(get_timezone()).isoformat(timespec="seconds")


def sentence(said: Sentence | None) -> str:
    """A sentence of the platform in the reader's language, its numbers formatted."""
    if said is None:
        return ""
    template = gettext(said.template)
    if not said.parameters:
        return str(template)
    plain = set(re.findall(r"%\((\w+)\)s", template))
    shown = {name: _told(name, value, plain) for name, value in said.parameters.items()}
    return str(template % shown)


def _told(name: str, value: Any, plain: set[str]) -> Any:
    if name in DAYS_SAID:
        return _day(value)
    if name in MOMENTS_SAID:
        return _moment(value)
    return _shown(value) if name in plain else value


DAYS_SAID = frozenset(
    {"day", "first", "last", "send", "end", "start", "settle", "as_of", "until", "used"}
)
"""Parameters of sentences that may be days, as 2026-01-31."""


MOMENTS_SAID = frozenset({"stored_at"})
"""Parameters of sentences that may be moments, as 2026-01-31 12:00 UTC."""


def _moment(value: Any) -> Any:
    """A moment within a sentence: on a page by the shop's clock, elsewhere with its zone."""
    found = re.fullmatch(r"(20\d\d-\d\d-\d\d \d\d:\d\d) UTC", str(value))
    if found is None or not has_request_context():
        return _shown(value)
    return date_time(dt.datetime.fromisoformat(found[1]).replace(tzinfo=dt.UTC))


def _day(value: Any) -> Any:
    """A day within a sentence: Chinese writes it with its own words, others leave it as it is."""
    if in_chinese() and isinstance(value, str) and re.fullmatch(r"20\d\d-\d\d-\d\d", value):
        return written_day(value)
    return _shown(value)


def _shown(value: Any) -> Any:
    if isinstance(value, Sentence):
        return sentence(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return number(value)


def file_size(size: int) -> str:
    """Bytes in the unit a person would use."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{number(value, 0 if unit == 'B' or value >= 100 else 1)} {unit}"
        value /= 1000
    raise AssertionError("unreachable")


def currency_label(code: str) -> str:
    """ "CNY · Chinese Yuan", for lists to choose from."""
    return f"{code} · {get_currency_name(code, locale=get_locale())}"


def currency_sign(code: str) -> str:
    """The sign before amounts, for form fields: £."""
    return str(get_currency_symbol(code, locale=get_locale()))


def breakable(name: str) -> Markup:
    """A file name that may be broken after its dots, hyphens and underscores."""
    parts = re.split(r"(?<=[._-])", name)
    return Markup("<wbr>").join(parts)  # joining escapes the parts


def install_formats(app: Flask) -> None:
    """Make these the filters of all templates, under their own names."""
    for shown in (money, money_interval, number, percent, date, date_time, iso, sentence):
        app.add_template_filter(shown, shown.__name__)
    app.add_template_filter(file_size, "file_size")
    app.add_template_filter(written_day, "written_day")
    app.jinja_env.globals["in_chinese"] = in_chinese
    app.jinja_env.globals["blank"] = blank
    app.jinja_env.globals["full_stop"] = full_stop
    app.jinja_env.globals["days_between"] = days
    app.add_template_filter(breakable, "breakable")
    app.add_template_filter(currency_sign, "currency_sign")
