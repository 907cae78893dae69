"""The effect since launch: a chart, its table, and how much of it is kept."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from regulars_platform.reports.days import MARKS
from regulars_web.charts import DayChart, DayInput, LevelMark, build_day_chart
from regulars_web.formats import date, percent, short_date
from regulars_web.pages.reports.shown import Shown, dash, shown
from regulars_web.pages.reports.words import amount, clauses, confidence, reason_words

_LEAST_SHOWN_DAYS = 2
_KEPT_FROM, _KEPT_TO = -1.0, 3.0  # beyond these the limits of a kept share say nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class DayLine:
    """One day as a row of the table: all up to it, and the day alone where that can be told."""

    day: str
    total: Shown
    own: Shown | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DaySection:
    """One arm since launch. levels: money beside the chart. kept: a sentence per early day.

    unknown: why the table has dashes; empty where it has none. waiting: what is still to come.
    """

    arm: str
    chart: DayChart | None
    levels: tuple[LevelMark, ...]
    lines: tuple[DayLine, ...]
    own_days: bool
    unknown: str
    kept: tuple[str, ...]
    waiting: str


def day_sections(document: Mapping[str, Any]) -> tuple[DaySection, ...]:
    """Per arm; none in reports from before days were looked at."""
    sizes = {group["arm"]: group["n"] for group in document["overall"]}
    return tuple(
        _section(document, arm, sizes[arm["arm"]])
        for arm in document.get("days", ())
        if arm["days"]
    )


def _section(document: Mapping[str, Any], arm: Mapping[str, Any], told: int) -> DaySection:
    currency = document["plan"]["currency"]
    days: Sequence[Mapping[str, Any]] = arm["days"]
    dates = [dt.date.fromisoformat(day["date"]) for day in days]
    own_days = any("estimate" in day["daily"] for day in days)
    chart = _chart([day["cumulative"] for day in days], list(map(short_date, dates)), told)

    def money(answer: Mapping[str, Any]) -> Shown:
        if "not_estimable" in answer:
            return dash()
        return shown(answer, currency, times=told, whole=True)

    return DaySection(
        arm=arm["arm"],
        chart=chart,
        levels=()
        if chart is None
        else tuple(
            LevelMark(y=y, text=amount(value, currency, whole=True))
            for value, y in zip(chart.scale, chart.levels, strict=True)
        ),
        lines=tuple(
            DayLine(
                day=date(on),
                total=money(day["cumulative"]),
                own=money(day["daily"]) if own_days else None,
            )
            for on, day in zip(dates, days, strict=True)
        ),
        own_days=own_days,
        unknown=_unknown(days, ("cumulative", "daily") if own_days else ("cumulative",)),
        kept=tuple(_kept(document, entry, days) for entry in arm["kept"]),
        waiting=_waiting(document, arm["kept"]),
    )


def _unknown(days: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Why days cannot be told, each reason once."""
    codes = (day[name]["code"] for day in days for name in columns if "code" in day[name])
    return clauses(map(reason_words, dict.fromkeys(codes)))


def _chart(
    answers: Sequence[Mapping[str, Any]], names: Sequence[str], told: int
) -> DayChart | None:
    inputs = [
        DayInput(
            value=answer["estimate"] * told, low=answer["low"] * told, high=answer["high"] * told
        )
        if "estimate" in answer
        else DayInput(value=None)
        for answer in answers
    ]
    if sum(day.value is not None for day in inputs) < _LEAST_SHOWN_DAYS:
        return None
    return build_day_chart(inputs, names)


def _is_useful(entry: Mapping[str, Any], days: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the share says anything: its limits are near, or the early effect is proved.

    A share of what may be nothing has limits that reach anywhere.
    """
    share, early = entry["share"], entry["early_days"]
    if share["low"] >= _KEPT_FROM and share["high"] <= _KEPT_TO:
        return True
    start = days[early - 1]["cumulative"] if early <= len(days) else {}
    return "estimate" in start and (start["low"] > 0 or start["high"] < 0)


def _kept(
    document: Mapping[str, Any], entry: Mapping[str, Any], days: Sequence[Mapping[str, Any]]
) -> str:
    """How much of the first days' effect is left, or why that cannot be told."""
    facts: dict[str, Any] = {"early": entry["early_days"], "late": entry["late_days"]}
    share = entry["share"]
    if "estimate" not in share:
        return str(
            gettext(
                "How much of what the first %(early)s days brought is left after %(late)s days "
                "cannot be told: %(reason)s.",
                reason=reason_words(share["code"]),
                **facts,
            )
        )
    if not _is_useful(entry, days):
        return str(
            gettext(
                "How much of it is left after %(late)s days cannot be told: what the first "
                "%(early)s days brought is not clear of zero.",
                **facts,
            )
        )
    facts |= {
        "confidence": confidence(document),
        "range": gettext(
            "%(low)s to %(high)s", low=percent(share["low"], 0), high=percent(share["high"], 0)
        ),
        "share": percent(share["estimate"], 0),
    }
    told = gettext(
        "Of what the first %(early)s days brought, %(share)s is there after %(late)s days "
        "(%(confidence)s: %(range)s)",
        **facts,
    )
    settles = entry.get("settles")
    if settles is None or settles < document["status"]["evaluated_on"]:
        return str(gettext("%(told)s.", told=told))
    day = date(dt.date.fromisoformat(settles))
    return str(gettext("%(told)s; provisional until %(day)s.", told=told, day=day))


def _waiting(document: Mapping[str, Any], kept: Sequence[Mapping[str, Any]]) -> str:
    """The next mark that the orders do not reach yet; empty in reports that knew no marks."""
    if not any("settles" in entry for entry in kept):
        return ""
    status, plan = document["status"], document["plan"]
    start = dt.date.fromisoformat(plan["send_date"])
    until = dt.date.fromisoformat(status["data_until"] or status["evaluated_on"])
    for mark in MARKS:
        day = start + dt.timedelta(days=mark - 1)
        if day > until:
            return str(
                gettext(
                    "Day %(mark)s is %(day)s; orders reach %(until)s. Upload later orders and "
                    "evaluate again to see what is left by then.",
                    mark=mark,
                    day=date(day),
                    until=date(until),
                )
            )
    return ""
