"""Tables along a scale: thresholds, past order values, days, what is given away and padded."""

from collections.abc import Mapping
from typing import Any

from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.report_tables.table import Row, Sources, answer, limits


def thresholds(sources: Sources) -> list[Row]:
    """Each step of each ladder, for everybody (segment empty) and in each segment."""
    ladders = (sources.document.get("thresholds") or {}).get("ladders", ())
    return [
        {
            "ladder": number,
            "by": ladder["by"],
            "segment": group["segment"],
            "arm": arm,
            "step": step,
            "told": found["n"],
            **answer("net", found["net"]),
            **limits("band", found["band"], middle=""),
            **limits("believed", found["believed"]),
            "chance_best": found["chance_best"],
            "expected_loss": found["expected_loss"],
            "price_point": found["price_point"],
            "typical_value": group["typical_value"],
            "recommended": place == group["recommended"],
            **_change(found.get("change")),
        }
        for number, ladder in enumerate(ladders, start=1)
        for group in ladder["groups"]
        for place, (arm, step, found) in enumerate(
            zip(ladder["arms"], ladder["steps"], group["steps"], strict=True)
        )
    ]


def threshold_neighbours(sources: Sources) -> list[Row]:
    """The recommended step of each ladder against those beside it, arm against arm."""
    ladders = (sources.document.get("thresholds") or {}).get("ladders", ())
    return [
        {
            "ladder": number,
            "segment": group["segment"],
            "recommended": None
            if group["recommended"] is None
            else ladder["steps"][group["recommended"]],
            "beside": ladder["steps"][other["step"]],
            **answer("difference", other["difference"]),
            "adjusted_p": other["adjusted_p"],
            "evidence": other["evidence"],
        }
        for number, ladder in enumerate(ladders, start=1)
        for group in ladder["groups"]
        for other in group["neighbours"]
    ]


def past_value_effects(sources: Sources) -> list[Row]:
    """The effect over past order value / threshold, where an arm has one threshold for all."""
    curves = (sources.document.get("thresholds") or {}).get("curves", ())
    return [
        {
            "arm": curve["arm"],
            "threshold": curve["threshold"],
            "ratio_from": found["low"],
            "ratio_below": found["high"],
            "units": found["n"],
            **answer("net", found["net"]),
            **limits("band", found["band"], middle=""),
            **limits("believed", found["believed"]),
            "proved": found["proved"],
            "proved_to_lose": found["proved_to_lose"],
        }
        for curve in curves
        for found in curve["bins"]
    ]


def past_values(sources: Sources) -> list[Row]:
    """How many had spent how much on an order before; counts of few people are empty."""
    found = sources.document.get("past_values") or {}
    edges = [edge / MONEY_SCALE for edge in found.get("edges", ())]
    inside = zip(edges, edges[1:], found.get("counts", ()), strict=False)
    if not edges:
        return []
    return [
        {"value_from": None, "value_below": edges[0], "customers": found["below"]},
        *(
            {"value_from": low, "value_below": high, "customers": count}
            for low, high, count in inside
        ),
        {"value_from": edges[-1], "value_below": None, "customers": found["above"]},
    ]


def leak(sources: Sources) -> list[Row]:
    """What goes to orders that come anyway, measured and as foreseen at the launch."""
    return [
        {
            "arm": each["arm"],
            "orders": each["orders"],
            "qualifying": each["qualifying"],
            "told": each.get("told"),
            "use_rate": each.get("use_rate"),
            **answer("given_away", each.get("given_away")),
            **answer("share", each["share"]),
            "foreseen_share": (each.get("foreseen") or {}).get("share"),
            "foreseen_cost": (each.get("foreseen") or {}).get("cost"),
        }
        for each in sources.document.get("leak") or ()
    ]


def padding(sources: Sources) -> list[Row]:
    """Baskets just above the threshold, and what came back of them."""
    return [
        {
            "arm": each["arm"],
            "width_percent": each["width_percent"],
            "share_held_out": each["share_control"],
            "share_told": each["share_arm"],
            **answer("share_difference", each["share"]),
            "returned_held_out": each["returned_control"],
            "returned_told": each["returned_arm"],
            **answer("returned_difference", each["returned"]),
        }
        for each in sources.document.get("padding") or ()
    ]


def days(sources: Sources) -> list[Row]:
    """Net profit from the launch to the end of each day, and of each day alone; per unit told and
    in all."""
    sizes = {group["arm"]: group["n"] for group in sources.document["overall"]}
    return [
        {
            "arm": arm["arm"],
            "day": day["day"],
            "date": day["date"],
            **answer("cumulative", day["cumulative"]),
            **answer("cumulative_in_all", day["cumulative"], times=sizes.get(arm["arm"], 0)),
            **answer("daily", day["daily"]),
            **answer("daily_in_all", day["daily"], times=sizes.get(arm["arm"], 0)),
        }
        for arm in sources.document.get("days", ())
        for day in arm["days"]
    ]


def kept(sources: Sources) -> list[Row]:
    """How much of the first days' effect is there later."""
    return [
        {
            "arm": arm["arm"],
            "early_days": entry["early_days"],
            "late_days": entry["late_days"],
            **answer("share", entry["share"]),
            "settles": entry.get("settles"),
        }
        for arm in sources.document.get("days", ())
        for entry in arm["kept"]
    ]


def _change(change: Mapping[str, Any] | None) -> Row:
    return {
        f"change_{key}": None if change is None else change[key]
        for key in ("gain", "low", "high", "chance")
    }
