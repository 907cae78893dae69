"""The threshold curves: net profit over the steps of a ladder, or over past order value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from regulars_web.charts import round_values
from regulars_web.drawing.specification import (
    Box,
    Course,
    Dot,
    Mark,
    Numbers,
    Plot,
    Reading,
    Scale,
    Tick,
)
from regulars_web.words.reports import amount, interval

_BAND, _OWN = 0.42, 0.035  # of a step, to either side of its middle
Step = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveWords:
    """What stands around a curve; name: of the drawing."""

    name: str
    title: str
    said: str
    note: str


def curve_plot(
    steps: Sequence[Step],
    names: Sequence[str],
    ticks: Sequence[Tick],
    chosen: Sequence[bool],
    words: CurveWords,
    numbers: Numbers,
    currency: str,
) -> Plot | None:
    """steps: net, band and believed of each, as the document has them; names: in words.

    None where fewer than two steps have an interval of their own.
    """
    if sum("estimate" in step["net"] for step in steps) < 2:
        return None
    low, high = _ends(steps)
    readings = [
        None if (read := _reading(step, names[at], currency)) is None else (at, read)
        for at, step in enumerate(steps)
    ]
    best = next((at for at, one in enumerate(chosen) if one), None)
    return Plot(
        name=words.name,
        title=words.title,
        said=words.said,
        note=words.note,
        rest=next((found[1] for found in readings if found and found[0] == best), ""),
        numbers=numbers,
        x=Scale(low=0.0, high=float(len(steps)), ticks=tuple(ticks)),
        y=Scale(
            low=low,
            high=high,
            ticks=tuple(
                Tick(value=value, text=amount(value, currency)) for value in round_values(low, high)
            ),
        ),
        marks=tuple(_marks(steps, chosen)),
        readings=tuple(
            Reading(left=found[0], right=found[0] + 1, words=found[1])
            for found in readings
            if found is not None
        ),
    )


def _ends(steps: Sequence[Step]) -> tuple[float, float]:
    ends = [0.0]
    for step in steps:
        for part in (step["band"], step["net"], step["believed"]):
            if part is not None and "low" in part:
                ends += [part["low"], part["high"]]
    return min(ends), max(ends)


def _marks(steps: Sequence[Step], chosen: Sequence[bool]) -> list[Mark]:
    marks: list[Mark] = []
    for at, (step, best) in enumerate(zip(steps, chosen, strict=True)):
        middle = at + 0.5
        for limits, half, tone in (
            (step["band"], _BAND, "treated-soft" if best else "holdout-soft"),
            (step["net"], _OWN, "treated" if best else "holdout"),
        ):
            if limits is not None and "low" in limits:
                marks.append(
                    Box(
                        left=middle - half,
                        right=middle + half,
                        low=limits["low"],
                        high=limits["high"],
                        tone=tone,  # type: ignore[arg-type]
                    )
                )
    believed = [
        (at + 0.5, step["believed"]["mean"], chosen[at])
        for at, step in enumerate(steps)
        if step["believed"] is not None
    ]
    if len(believed) > 1:
        marks.append(Course(points=tuple((x, y) for x, y, _ in believed), tone="ink"))
    marks += [Dot(x=x, y=y, tone="ink", large=best) for x, y, best in believed]
    return marks


def _reading(step: Step, name: str, currency: str) -> str | None:
    net, believed = step["net"], step["believed"]
    if believed is None:
        return None
    facts = {
        "step": name,
        "believed": amount(believed["mean"], currency, signed=True),
        "limits": interval(believed["low"], believed["high"], currency),
    }
    if "estimate" not in net:
        return str(gettext("%(step)s: believed %(believed)s each (%(limits)s)", **facts))
    return str(
        gettext(
            "%(step)s: believed %(believed)s each (%(limits)s); by itself %(net)s (%(range)s)",
            net=amount(net["estimate"], currency, signed=True),
            range=interval(net["low"], net["high"], currency),
            **facts,
        )
    )
