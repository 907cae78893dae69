"""The effect since launch, day by day, and how much of the first days' is kept."""

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from flask_babel import gettext

from regulars_web.charts import round_values
from regulars_web.drawing.specification import (
    Box,
    Cell,
    Column,
    Course,
    Dot,
    Label,
    Mark,
    Numbers,
    Plot,
    Point,
    Reading,
    Row,
    Rows,
    Scale,
    Span,
    Tick,
    Upright,
)
from regulars_web.formats import date, percent, short_date
from regulars_web.pages.reports.drawn.cells import named, shown_cell
from regulars_web.words.answers import Shown, dash, shown
from regulars_web.words.reports import amount, confidence, interval

LEAST_SHOWN_DAYS = 2
_WIDTH = 0.4  # of a day's bar, to either side
_KEPT_FROM, _KEPT_TO = -1.0, 3.0  # beyond these the limits of a kept share say nothing


def days_plot(document: Mapping[str, Any], place: int) -> Plot | None:
    """Net profit in all from launch to the end of each day; None with fewer than two known days.

    place: of the arm among the document's days.
    """
    arm = document["days"][place]
    days: Sequence[Mapping[str, Any]] = arm["days"]
    if sum("estimate" in day["cumulative"] for day in days) < LEAST_SHOWN_DAYS:
        return None
    told = next(group["n"] for group in document["overall"] if group["arm"] == arm["arm"])
    currency = document["plan"]["currency"]
    known = [
        (day["day"], *(day["cumulative"][name] * told for name in ("low", "estimate", "high")))
        for day in days
        if "estimate" in day["cumulative"]
    ]
    low = min(0.0, *(point[1] for point in known))
    high = max(0.0, *(point[3] for point in known))
    last = known[-1]
    title = str(gettext("Net profit since launch, day by day"))
    several = len(document["overall"]) > 1
    return Plot(
        name=named("days", place),
        title=f"{title}{gettext(': ')}{arm['arm']}" if several else title,
        said=_reading(days[last[0] - 1], last, currency),
        rest=_reading(days[last[0] - 1], last, currency),
        numbers=_numbers(days, told, currency),
        x=Scale(low=0.5, high=len(days) + 0.5, ticks=_ticks(days)),
        y=Scale(
            low=low,
            high=high,
            ticks=tuple(
                Tick(value=value, text=amount(value, currency, whole=True))
                for value in round_values(low, high)
            ),
        ),
        marks=tuple(_marks(known, arm["kept"], (low, high), len(days))),
        readings=tuple(
            Reading(
                left=point[0] - 0.5,
                right=point[0] + 0.5,
                words=_reading(days[point[0] - 1], point, currency),
            )
            for point in known
        ),
    )


def _marks(
    known: Sequence[tuple[Any, ...]],
    kept: Sequence[Mapping[str, Any]],
    ends: tuple[float, float],
    days: int,
) -> list[Mark]:
    marks: list[Mark] = [
        Box(left=day - _WIDTH, right=day + _WIDTH, low=low, high=high, tone="treated-soft")
        for day, low, _, high in known
    ]
    # a line through days that stand side by side; a day that cannot be told leaves a gap
    for _, run in groupby(enumerate(known), key=lambda pair: pair[1][0] - pair[0]):
        points = tuple((float(day), value) for _, (day, _, value, _) in run)
        if len(points) > 1:
            marks.append(Course(points=points, tone="treated"))
    values = {day: value for day, _, value, _ in known}
    for early in {entry["early_days"] for entry in kept} & values.keys():
        if early < days:
            marks.append(Upright(x=early, low=min(ends[0], 0.0), high=values[early], dashed=True))
            text = str(gettext("day %(day)s", day=early))
            marks.append(Label(x=early, y=ends[0], text=text, lift=0.6))
    marks.append(Dot(x=known[-1][0], y=known[-1][2], tone="treated", large=True))
    return marks


def _reading(day: Mapping[str, Any], point: Sequence[float], currency: str) -> str:
    return str(
        gettext(
            "By %(day)s (day %(number)s): %(net)s (%(range)s)",
            day=date(dt.date.fromisoformat(day["date"])),
            number=day["day"],
            net=amount(point[2], currency, whole=True, signed=True),
            range=interval(point[1], point[3], currency, whole=True),
        )
    )


def _ticks(days: Sequence[Mapping[str, Any]]) -> tuple[Tick, ...]:
    """The first day, the middle one, the last."""
    chosen = sorted({0, (len(days) - 1) // 2, len(days) - 1})
    return tuple(
        Tick(value=days[at]["day"], text=short_date(dt.date.fromisoformat(days[at]["date"])))
        for at in chosen
    )


def _numbers(days: Sequence[Mapping[str, Any]], told: int, currency: str) -> Numbers:
    own = any("estimate" in day["daily"] for day in days)

    def money(answer: Mapping[str, Any]) -> Shown:
        if "not_estimable" in answer:
            return dash()
        return shown(answer, currency, times=told, whole=True)

    columns = [
        Column(key="day", label=str(gettext("Day")), numeric=False),
        Column(key="since_launch", label=str(gettext("Since launch"))),
    ]
    if own:
        columns.append(Column(key="alone", label=str(gettext("This day alone"))))
    names = ("cumulative", "daily") if own else ("cumulative",)
    return Numbers(
        columns=tuple(columns),
        rows=tuple(
            (
                Cell(text=date(dt.date.fromisoformat(day["date"])), value=day["date"]),
                *(shown_cell(money(day[name]), day[name], times=told) for name in names),
            )
            for day in days
        ),
    )


def kept_rows(document: Mapping[str, Any], place: int) -> Rows | None:
    """The share of the first days' effect that is there later; None where no share is known."""
    arm = document["days"][place]
    known = [
        entry
        for entry in arm["kept"]
        if "estimate" in entry["share"] and is_useful(entry, arm["days"])
    ]
    if not known:
        return None
    shares = [entry["share"] for entry in known]
    # limits that reach anywhere say nothing, and would make the rest too small to be seen
    low = max(min(0.0, *(share["low"] for share in shares)), _KEPT_FROM)
    high = min(max(1.0, *(share["high"] for share in shares)), _KEPT_TO)
    early = known[0]["early_days"]
    return Rows(
        name=named("kept", place),
        title=str(gettext("Kept of what the first %(early)s days brought", early=early)),
        said="",
        note=str(
            gettext(
                "With intervals at %(confidence)s. Under %(whole)s: later purchases were only "
                "brought forward; above: the campaign went on bringing in.",
                whole=percent(1, 0),
                confidence=confidence(document),
            )
        ),
        numbers=_kept_numbers(known),
        scale=Scale(
            low=low,
            high=high,
            ticks=(Tick(value=0.0, text=percent(0, 0)), Tick(value=1.0, text=percent(1, 0))),
        ),
        rows=tuple(_kept_row(entry) for entry in known),
    )


def _kept_numbers(known: Sequence[Mapping[str, Any]]) -> Numbers:
    return Numbers(
        columns=(
            Column(key="day", label=str(gettext("Day"))),
            Column(key="kept", label=str(gettext("Kept"))),
        ),
        rows=tuple(
            (
                Cell(text=str(entry["late_days"]), value=entry["late_days"]),
                Cell(
                    text=percent(entry["share"]["estimate"], 0),
                    range=_share_range(entry["share"]),
                    value=entry["share"]["estimate"],
                    low=entry["share"]["low"],
                    high=entry["share"]["high"],
                ),
            )
            for entry in known
        ),
    )


def _kept_row(entry: Mapping[str, Any]) -> Row:
    share = entry["share"]
    return Row(
        label=str(gettext("after %(days)s days", days=entry["late_days"])),
        text=percent(share["estimate"], 0),
        range=_share_range(share),
        spans=(Span(low=share["low"], high=share["high"], tone="treated-soft"),),
        points=(
            Point(value=share["estimate"], tone="treated"),
            Point(value=1.0, tone="holdout", tick=True),
        ),
    )


def is_useful(entry: Mapping[str, Any], days: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a kept share says anything: its limits are near, or the early effect is proved.

    A share of what may be nothing has limits that reach anywhere.
    """
    share, early = entry["share"], entry["early_days"]
    if share["low"] >= _KEPT_FROM and share["high"] <= _KEPT_TO:
        return True
    start = days[early - 1]["cumulative"] if early <= len(days) else {}
    return "estimate" in start and (start["low"] > 0 or start["high"] < 0)


def _share_range(share: Mapping[str, Any]) -> str:
    low, high = percent(share["low"], 0), percent(share["high"], 0)
    return str(gettext("%(low)s to %(high)s", low=low, high=high))
