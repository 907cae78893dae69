"""Tables of what was earned: waterfalls, arms, segments, what being wrong would cost, memory."""

from collections.abc import Mapping
from typing import Any

from regulars_platform.report_tables.table import Row, Sources, answer, limits

Group = Mapping[str, Any]


def waterfall(sources: Sources) -> list[Row]:
    """The bars of each arm, of everybody."""
    return _bars(sources.document["overall"])


def waterfall_segments(sources: Sources) -> list[Row]:
    """The bars of each segment."""
    return _bars(sources.document["segments"])


def arms(sources: Sources) -> list[Row]:
    """Each arm against the holdout, everybody; several arms together in the last row."""
    rows = [_group(group) for group in sources.document["overall"]]
    total = sources.document.get("total")
    if total is not None:
        rows.append(
            {
                "arm": None,
                "segment": None,
                "told": total["n"],
                **answer("net", total["net"]),
                **answer("net_in_all", total["net"], times=total["n"]),
                "evidence": total["evidence"],
            }
        )
    return rows


def segments(sources: Sources) -> list[Row]:
    """Each segment of each arm; those too small to be shown have sizes alone."""
    return [_group(group) for group in sources.document["segments"]]


def prices(sources: Sources) -> list[Row]:
    """What being wrong would cost over the plan's further rounds, by segment and for everybody."""
    document = sources.document
    return [
        {"arm": group["arm"], "segment": group["segment"], **group["decision"]}
        for group in (*document["overall"], *document["segments"])
        if group.get("decision") is not None
    ]


def other_methods(sources: Sources) -> list[Row]:
    """The net by other methods on the same customers."""
    document = sources.document
    return [
        {
            "arm": group["arm"],
            "segment": group["segment"],
            "method": other["method"],
            **answer("net", other["difference"]),
            **answer("net_in_all", other["difference"], times=group["n"]),
        }
        for group in (*document["overall"], *document["segments"])
        for other in group.get("sensitivity", ())
    ]


def memory(sources: Sources) -> list[Row]:
    """What earlier campaigns foretell, this one alone, and both together; per unit told."""
    cells = (sources.document.get("memory") or {}).get("cells", ())
    return [
        {
            "arm": cell["arm"],
            "segment": cell["segment"],
            "family": cell["family"],
            "campaigns": len(cell["campaigns"]),
            **limits("expected", cell["expected"]),
            **limits("alone", cell["alone"]),
            **limits("with_memory", cell["with_memory"]),
            "chance_positive": (cell["with_memory"] or {}).get("chance_positive"),
            "advice": cell["advice"],
            "advice_alone": cell["advice_alone"],
            "drift_z": cell["drift_z"],
            "drifted": cell["drifted"],
        }
        for cell in cells
    ]


def expected(sources: Sources) -> list[Row]:
    """What was forecast of each arm at the launch, in all."""
    forecast = sources.document["inputs"].get("forecast") or {}
    return [
        {
            "arm": arm["arm"],
            "units": arm.get("units"),
            "expected": arm.get("expected"),
            "expected_low": arm.get("low"),
            "expected_high": arm.get("high"),
            "chance_of_loss": arm.get("chance_of_loss"),
            "campaigns": arm.get("campaigns"),
        }
        for arm in forecast.get("arms", ())
    ]


def _bars(groups: list[Group]) -> list[Row]:
    return [
        {
            "arm": group["arm"],
            "segment": group["segment"],
            "part": bar["name"],
            **answer("each", bar),
            **answer("in_all", bar, times=group["n"]),
        }
        for group in groups
        for bar in group.get("bars", ())
    ]


def _group(group: Group) -> Row:
    place: Row = {
        "arm": group["arm"],
        "segment": group["segment"],
        "told": group["n"],
        "held_out": group["n_control"],
        "customers": group.get("customers"),
        "hidden": group["hidden"],
    }
    if group["hidden"]:
        return place
    decision = group.get("decision") or {}
    believed = group.get("believed")
    return {
        **place,
        "held_out_margin": group["control_margin"],
        **answer("net", group["net"]),
        **answer("net_in_all", group["net"], times=group["n"]),
        "adjusted_p": group["adjusted_p"],
        "evidence": group["evidence"],
        **limits("pooled", group.get("pooled")),
        **limits("believed", believed),
        "believed_basis": (believed or {}).get("basis"),
        "chance_positive": decision.get("chance_positive"),
        "advice": decision.get("advice"),
        **answer("leak", group.get("leak")),
        **answer("return_on_cost", group.get("return_on_cost")),
        **answer("net_per_user", group.get("net_per_user")),
        "offer_uses": group.get("offer_uses"),
        "offer_uses_held_out": group.get("offer_uses_control"),
    }
