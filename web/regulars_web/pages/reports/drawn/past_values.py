"""What the campaign's people spent before, the threshold drawn in and the leak shaded."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from regulars_platform.privacy import LEAST_SHOWN
from regulars_web.charts import round_values
from regulars_web.drawing.specification import (
    Box,
    Cell,
    Column,
    Label,
    Mark,
    Numbers,
    Plot,
    Reading,
    Scale,
    Tick,
    Upright,
)
from regulars_web.formats import money, number, percent

_SLIT = 0.04  # of a bin, left free to either side


def past_values_plot(document: Mapping[str, Any]) -> Plot | None:
    """None in reports that do not keep the values, or whose offers have no one threshold."""
    found = document.get("past_values")
    if found is None or not found["edges"] or not found["thresholds"]:
        return None
    first = min(found["thresholds"], key=lambda mark: mark["threshold"])
    top = max(*(count or 0 for count in found["counts"]), 1)
    said = _said(document, found, first)
    edges, currency = found["edges"], document["plan"]["currency"]
    return Plot(
        name="past-values",
        title=str(gettext("What they spent on an order before, and the threshold")),
        said=said,
        rest=said,
        note=str(
            gettext(
                "Average order value of everybody drawn, on the day of the plan. Grey: those whose "
                "usual order reaches the offer without being told. That is where a subsidy leaks."
            )
        ),
        numbers=_numbers(document, found),
        x=Scale(
            low=edges[0],
            high=edges[-1],
            ticks=tuple(
                Tick(value=edge, text=_money(edge, currency))
                for edge in sorted({edges[0], edges[len(edges) // 2], edges[-1]})
            ),
        ),
        y=Scale(
            low=0,
            high=top * 1.12,
            ticks=tuple(Tick(value=at, text=number(at, 0)) for at in round_values(0, top)),
        ),
        marks=tuple(_marks(document, found, first, top)),
        readings=tuple(
            Reading(left=low, right=high, words=_reading(document, low, high, count))
            for low, high, count in zip(edges[:-1], edges[1:], found["counts"], strict=True)
        ),
        height=190,
    )


def _marks(
    document: Mapping[str, Any], found: Mapping[str, Any], first: Mapping[str, Any], top: int
) -> list[Mark]:
    edges, currency = found["edges"], document["plan"]["currency"]
    marks: list[Mark] = []
    for low, high, count in zip(edges[:-1], edges[1:], found["counts"], strict=True):
        if count == 0:
            continue
        slit = _SLIT * (high - low)
        tone = "holdout" if low >= first["threshold"] else "treated-soft"
        # so few that their number is not told: a stub
        tall = 0.006 * top if count is None else count
        marks.append(
            Box(left=low + slit, right=high - slit, low=0, high=tall, tone=tone)  # type: ignore[arg-type]
        )
    for threshold in sorted({mark["threshold"] for mark in found["thresholds"]}):
        if edges[0] <= threshold <= edges[-1]:
            after = threshold < (edges[0] + edges[-1]) / 2
            marks.append(Upright(x=threshold, dashed=True))
            marks.append(
                Label(
                    x=threshold,
                    y=top * 1.06,
                    text=_money(threshold, currency),
                    anchor="start" if after else "end",
                )
            )
    return marks


def _said(document: Mapping[str, Any], found: Mapping[str, Any], first: Mapping[str, Any]) -> str:
    known = found["units"] - found["without_value"]
    facts = {
        "n": number(first["reaching"])
        if first["reaching"] is not None
        else gettext("under %(share)s", share=number(LEAST_SHOWN)),
        "share": percent(first["reaching"] / known, 0)
        if first["reaching"] is not None
        else gettext("under %(share)s", share=percent(min(LEAST_SHOWN / known, 1), 0)),
        "threshold": _money(first["threshold"], document["plan"]["currency"]),
    }
    unit = document["plan"]["unit"]
    if unit == "household":
        return str(
            gettext(
                "%(n)s households (%(share)s) spent %(threshold)s or more on an order before, "
                "without being told.",
                **facts,
            )
        )
    if unit == "group":
        return str(
            gettext(
                "%(n)s groups (%(share)s) spent %(threshold)s or more on an order before, "
                "without being told.",
                **facts,
            )
        )
    return str(
        gettext(
            "%(n)s customers (%(share)s) spent %(threshold)s or more on an order before, without "
            "being told.",
            **facts,
        )
    )


def _reading(document: Mapping[str, Any], low: int, high: int, count: int | None) -> str:
    currency = document["plan"]["currency"]
    return str(
        gettext(
            "%(low)s to %(high)s: %(count)s",
            low=_money(low, currency),
            high=_money(high, currency),
            count=_count(count),
        )
    )


def _count(count: int | None) -> str:
    return str(gettext("not told: few people")) if count is None else number(count)


def _money(ten_thousandths: int, currency: str) -> str:
    whole = ten_thousandths % 10_000 == 0
    return money(ten_thousandths, currency, whole=whole)


def _numbers(document: Mapping[str, Any], found: Mapping[str, Any]) -> Numbers:
    currency, edges = document["plan"]["currency"], found["edges"]
    unit = {
        "customer": gettext("Customers"),
        "household": gettext("Households"),
        "group": gettext("Groups"),
    }[document["plan"]["unit"]]
    rows: list[tuple[int | None, int | None, int | None]] = [
        (None, edges[0], found["below"]),
        *zip(edges[:-1], edges[1:], found["counts"], strict=True),
        (edges[-1], None, found["above"]),
    ]
    return Numbers(
        columns=(
            Column(key="from", label=str(gettext("From"))),
            Column(key="to", label=str(gettext("Below"))),
            Column(key="count", label=str(unit)),
        ),
        rows=tuple(
            (
                *(
                    Cell(text="–")
                    if edge is None
                    else Cell(text=_money(edge, currency), value=edge / 10_000)
                    for edge in (low, high)
                ),
                Cell(text=_count(count), value=count, known=count is not None),
            )
            for low, high, count in rows
        ),
    )
