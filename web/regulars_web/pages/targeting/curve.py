"""The gain curve in money: what contacting the first so many earns, best customers first."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext

from regulars_web.charts import round_values
from regulars_web.drawing.specification import (
    Band,
    Cell,
    Column,
    Course,
    Dot,
    Label,
    Mark,
    Numbers,
    Plot,
    Reading,
    Scale,
    Tick,
    Upright,
)
from regulars_web.formats import percent
from regulars_web.words.reports import amount, interval

_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_RANDOM_NAME = 0.98  # where along the random line its name stands


def gain_plot(document: Mapping[str, Any]) -> Plot | None:
    """document: of whom to keep (regulars.targeting/1). The plan to follow stands at the share
    told by the choices that were valued, off the curve of any one ranking. None with too few
    points."""
    currency, policy = document["currency"], document["uplift"]["policy"]
    known = [point for point in document["gain_curve"] if point["gain"] is not None]
    if len(known) < 2:
        return None
    low, high = _ends(known, policy)
    best = max(known, key=lambda point: point["gain"])
    return Plot(
        name="gain",
        title=str(gettext("Gain by the share contacted, best customers first")),
        said=_reading(best, currency),
        rest=_reading(best, currency),
        numbers=_numbers(known, currency),
        x=Scale(
            low=0.0,
            high=1.0,
            ticks=tuple(Tick(value=share, text=percent(share, 0)) for share in _SHARES),
        ),
        y=Scale(
            low=low,
            high=high,
            ticks=tuple(
                Tick(value=value, text=amount(value, currency)) for value in round_values(low, high)
            ),
        ),
        marks=tuple(_marks(known, policy)),
        readings=tuple(_readings(known, currency)),
    )


def _ends(known: Sequence[Mapping[str, Any]], policy: Mapping[str, Any]) -> tuple[float, float]:
    ends = [0.0]
    for point in known:
        ends += [point[name] for name in ("gain", "low", "high") if point[name] is not None]
    if policy["value"] is not None:
        ends += [policy["low"], policy["high"]]
    return min(ends), max(ends)


def _marks(known: Sequence[Mapping[str, Any]], policy: Mapping[str, Any]) -> list[Mark]:
    limited = [p for p in known if p["low"] is not None and p["high"] is not None]
    last = known[-1]
    whole = last["random"] if last["random"] is not None else last["gain"]
    marks: list[Mark] = []
    if len(limited) > 1:
        points = tuple((p["share"], p["low"], p["high"]) for p in limited)
        marks.append(Band(points=points, tone="treated-soft"))
    marks += [
        Course(points=((0.0, 0.0), (1.0, whole)), tone="holdout", dashed=True),
        Course(points=((0.0, 0.0), *((p["share"], p["gain"]) for p in known)), tone="treated"),
        Label(
            x=_RANDOM_NAME,
            y=_RANDOM_NAME * whole,
            text=str(gettext("random order")),
            anchor="end",
            lift=-1.1,
        ),
    ]
    if policy["value"] is None:
        return marks
    share = policy["honest_share"]
    return [
        *marks,
        Upright(x=share, dashed=True, tone="holdout"),
        Upright(x=share, low=policy["low"], high=policy["high"]),
        Dot(x=share, y=policy["value"], tone="ink", large=True),
        Label(
            x=share,
            y=policy["value"],
            text=str(gettext("plan to follow: the first %(share)s", share=percent(share, 0))),
            anchor="end" if share > 0.5 else "start",
            lift=1.1,
        ),
    ]


def _readings(known: Sequence[Mapping[str, Any]], currency: str) -> list[Reading]:
    """Each point is read from half way to its neighbours."""
    shares = [point["share"] for point in known]
    middles = [(one + other) / 2 for one, other in itertools.pairwise(shares)]
    return [
        Reading(left=left, right=right, words=_reading(point, currency))
        for point, left, right in zip(known, [0.0, *middles], [*middles, 1.0], strict=True)
    ]


def _reading(point: Mapping[str, Any], currency: str) -> str:
    facts = {
        "share": percent(point["share"], 0),
        "gain": amount(point["gain"], currency, signed=True),
    }
    if point["low"] is None or point["high"] is None:
        return str(gettext("The first %(share)s contacted: %(gain)s each", **facts))
    return str(
        gettext(
            "The first %(share)s contacted: %(gain)s each (%(range)s)",
            range=interval(point["low"], point["high"], currency),
            **facts,
        )
    )


def _numbers(known: Sequence[Mapping[str, Any]], currency: str) -> Numbers:
    return Numbers(
        columns=(
            Column(key="share", label=str(gettext("Contacted"))),
            Column(key="gain", label=str(gettext("Gain each"))),
            Column(key="random", label=str(gettext("Random order"))),
        ),
        rows=tuple(
            (
                Cell(text=percent(point["share"], 0), value=point["share"]),
                Cell(
                    text=amount(point["gain"], currency, signed=True),
                    range=""
                    if point["low"] is None or point["high"] is None
                    else interval(point["low"], point["high"], currency),
                    value=point["gain"],
                    low=point["low"],
                    high=point["high"],
                ),
                Cell(
                    text="–"
                    if point["random"] is None
                    else amount(point["random"], currency, signed=True),
                    value=point["random"],
                ),
            )
            for point in known
        ),
    )
