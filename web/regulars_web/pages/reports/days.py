"""The effect since launch: a chart, its table, and how much of it is kept."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from regulars_platform.reports.days import MARKS
from regulars_web.drawing.placing import PlacedPlot, PlacedRows, place_plot, place_rows
from regulars_web.formats import date, percent
from regulars_web.pages.reports.drawn.days import days_plot, is_useful, kept_rows
from regulars_web.words.answers import Shown, dash, shown
from regulars_web.words.reports import clauses, confidence, reason_words


@dataclass(frozen=True, kw_only=True, slots=True)
class DayLine:
    """One day as a row of the table: all up to it, and the day alone where that can be told."""

    day: str
    total: Shown
    own: Shown | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DaySection:
    """One arm since launch. finding: whether it lasted. kept: a sentence per early day;
    kept_beside: those that say more than the meter shows.

    unknown: why the table has dashes; empty where it has none. waiting: what is still to come.
    """

    arm: str
    finding: str
    drawing: PlacedPlot | None
    meter: PlacedRows | None
    lines: tuple[DayLine, ...]
    own_days: bool
    unknown: str
    kept: tuple[str, ...]
    kept_beside: tuple[str, ...]
    waiting: str


def day_sections(document: Mapping[str, Any]) -> tuple[DaySection, ...]:
    """Per arm; none in reports from before days were looked at."""
    return tuple(
        _section(document, place)
        for place, arm in enumerate(document.get("days", ()))
        if arm["days"]
    )


def _section(document: Mapping[str, Any], place: int) -> DaySection:
    arm, currency = document["days"][place], document["plan"]["currency"]
    told = next(group["n"] for group in document["overall"] if group["arm"] == arm["arm"])
    days: Sequence[Mapping[str, Any]] = arm["days"]
    dates = [dt.date.fromisoformat(day["date"]) for day in days]
    own_days = any("estimate" in day["daily"] for day in days)
    plot, meter = days_plot(document, place), kept_rows(document, place)

    def money(answer: Mapping[str, Any]) -> Shown:
        if "not_estimable" in answer:
            return dash()
        return shown(answer, currency, times=told, whole=True)

    return DaySection(
        arm=arm["arm"],
        finding=_finding(arm["kept"], days),
        drawing=None if plot is None else place_plot(plot),
        meter=None if meter is None else place_rows(meter),
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
        kept_beside=tuple(
            _kept(document, entry, days)
            for entry in arm["kept"]
            if not _is_all_drawn(document, entry, days)
        ),
        waiting=_waiting(document, arm["kept"]),
    )


def _finding(kept: Sequence[Mapping[str, Any]], days: Sequence[Mapping[str, Any]]) -> str:
    """Whether the effect lasted, by the latest share that says anything; without a number, for
    those stand in the sentences with their intervals."""
    useful = [
        entry["share"] for entry in kept if "estimate" in entry["share"] and is_useful(entry, days)
    ]
    if not useful:
        return str(gettext("Whether the effect lasts cannot be told yet"))
    share = useful[-1]
    if share["high"] < 1:
        return str(gettext("Part of the effect was only brought forward"))
    if share["low"] > 1:
        return str(gettext("The campaign went on bringing in after the first days"))
    return str(gettext("No sign that the effect was only brought forward"))


def _is_all_drawn(
    document: Mapping[str, Any], entry: Mapping[str, Any], days: Sequence[Mapping[str, Any]]
) -> bool:
    """Whether the meter has the share, and it is no longer provisional."""
    settles = entry.get("settles")
    settled = settles is None or settles < document["status"]["evaluated_on"]
    return settled and "estimate" in entry["share"] and is_useful(entry, days)


def _unknown(days: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Why days cannot be told, each reason once."""
    codes = (day[name]["code"] for day in days for name in columns if "code" in day[name])
    return clauses(map(reason_words, dict.fromkeys(codes)))


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
    if not is_useful(entry, days):
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
