"""Numbers of an evaluation as they are shown: the same digits in the terminal and on the page."""

import math
from typing import Any

from regulars_web.spoken import gettext

_LEAST_LOSS = 0.0001
_LEAST_P = 1e-300


def decimals_of(values: list[float], digits: int) -> int:
    """One number of decimals for all: `digits` of the largest, and no value but 0 shown as 0.

    >>> decimals_of([0.6812, -0.2, 1.55], 3), decimals_of([12_345.6], 4)
    (2, 0)
    >>> decimals_of([0.004, 23], 4)
    3
    """
    top = max((abs(value) for value in values), default=0.0)
    if top == 0:
        return 0
    decimals = min(max(digits - 1 - math.floor(math.log10(top)), 0), 12)
    least = min(abs(value) for value in values if value)
    while decimals < 12 and round(least, decimals) == 0 and least > top * 1e-6:
        decimals += 1
    return decimals


def number(value: float, decimals: int, *, signed: bool = False) -> str:
    """With thousands separators and a true minus sign; zero has no sign.

    >>> number(-1234.5, 1), number(0.5, 2, signed=True), number(-0.001, 1, signed=True)
    ('−1,234.5', '+0.50', '0.0')
    """
    text = f"{abs(value):,.{decimals}f}"
    if not text.strip("0.,"):
        return text
    return ("−" if value < 0 else "+" if signed else "") + text


def plain(value: float) -> str:
    """A number by itself, to four digits."""
    return number(value, 0 if float(value).is_integer() else decimals_of([value], 4))


def figures(answer: dict[str, Any], kind: str = "mean", *, signed: bool = True) -> dict[str, str]:
    """Estimate and limits with the same digits; `unit` stands behind. kind: of the metric.

    answer: with `estimate` (or `mean`), `low` and `high`; a missing one is left out. Differences
    of a conversion are told in percentage points.

    >>> figures({"estimate": 0.00681, "low": -0.002, "high": 0.0155}, "conversion")
    {'estimate': '+0.68', 'low': '−0.20', 'high': '+1.55', 'unit': ' points'}
    """
    factor, digits, unit = (100, 3, gettext(" points")) if kind == "conversion" else (1, 4, "")
    names = {"estimate": answer.get("estimate", answer.get("mean"))}
    names |= {name: answer[name] for name in ("low", "high")}
    known = {name: factor * value for name, value in names.items() if value is not None}
    decimals = decimals_of(list(known.values()), digits)
    shown = {name: number(value, decimals, signed=signed) for name, value in known.items()}
    return {**shown, "unit": unit}


def times(answer: dict[str, Any], customers: int) -> dict[str, Any]:
    """The same answer for that many customers."""
    return {name: answer[name] * customers for name in ("estimate", "low", "high")}


def mean(value: float, kind: str) -> str:
    """What a group has per customer: a conversion as a share."""
    if kind == "conversion":
        return number(100 * value, decimals_of([100 * value], 3)) + "%"
    return number(value, decimals_of([value], 4))


def parts(bars: list[dict[str, Any]], customers: int = 1) -> dict[str, str]:
    """The bars of a waterfall by name, with the same digits; what is not known is left out."""
    known = {b["name"]: b["estimate"] * customers for b in bars if "not_estimable" not in b}
    decimals = decimals_of(list(known.values()), 4)
    return {name: number(value, decimals, signed=True) for name, value in known.items()}


def unused(bar: dict[str, Any]) -> bool:
    """Whether it is the offer's bar where nobody used the offer."""
    return bar["name"] == "offer" and bar.get("code") == "no_variation"


def percent(value: float) -> str:
    """A relative effect."""
    return number(100 * value, 1, signed=True) + "%"


def p_words(p_value: float) -> str:
    """Never nothing at all."""
    return f"p = {p_value:.2g}" if p_value >= _LEAST_P else "p < 1e-300"


def chance(share: float) -> str:
    """Never certain."""
    if share > 0.99:
        return gettext("over %(share)s", share="99%")
    return gettext("under %(share)s", share="1%") if share < 0.01 else f"{share:.0%}"


def loss(value: float) -> str:
    """Money per customer, never nothing at all."""
    if value < _LEAST_LOSS:
        return gettext("under %(amount)s", amount="0.0001")
    return number(value, decimals_of([value], 3))
