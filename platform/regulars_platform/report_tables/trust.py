"""Tables of what the result rests on: metrics, checks, contamination, files, inputs, decisions."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from regulars_platform.report_tables.table import Row, Sources, answer


def metrics(sources: Sources) -> list[Row]:
    """The declared metrics of everybody."""
    return [_metric(one) for one in sources.document["metrics"] if one["segment"] is None]


def metrics_by_segment(sources: Sources) -> list[Row]:
    """The declared metrics in each segment."""
    return [_metric(one) for one in sources.document["metrics"] if one["segment"] is not None]


def metrics_other_methods(sources: Sources) -> list[Row]:
    """The same differences by other methods."""
    return [
        {**_place(one), "method": other["method"], **answer("difference", other["difference"])}
        for one in sources.document["metrics"]
        for other in one.get("sensitivity", ())
    ]


def balance(sources: Sources) -> list[Row]:
    """Differences before the start, in standard deviations."""
    return [
        {
            "arm": check["arm"],
            "covariate": name,
            "difference": value,
            "arm_p": check["p_value"],
            "arm_flagged": check["flagged"],
        }
        for check in sources.document["checks"]["balance"]
        for name, value in check["differences"].items()
    ]


def sample_ratio(sources: Sources) -> list[Row]:
    """Units drawn per arm, the holdout first, beside those planned."""
    check = sources.document["checks"]["sample_ratio"]
    names = ["holdout", *(arm["name"] for arm in sources.document["plan"]["arms"])]
    return [
        {
            "arm": name,
            "observed": observed,
            "expected": planned,
            "p": check["p_value"],
            "method": check["method"],
            "flagged": check["flagged"],
        }
        for name, observed, planned in zip(
            names, check["observed"], check["expected"], strict=False
        )
    ]


def heterogeneity(sources: Sources) -> list[Row]:
    """Do the segments differ more than by chance (Cochran's Q)?"""
    return [
        {
            "arm": entry["arm"],
            "q": entry["q"],
            "degrees_of_freedom": entry["degrees_of_freedom"],
            "p": entry["p_value"],
        }
        for entry in sources.document["heterogeneity"]
    ]


def contamination(sources: Sources) -> list[Row]:
    """Who did what the draw did not mean for them: one count a row; of: of so many."""
    return list(_contaminated(sources.document.get("contamination")))


def files(sources: Sources) -> list[Row]:
    """The order files with outcomes, and how alike their customers were found before launch."""
    names = sources.files or {}
    return [
        {
            "import": match["import_id"],
            "file": names.get(match["import_id"]),
            "orders": match["orders"],
            "with_customer": match["known"],
            "in_campaign": match["in_campaign"],
            "arm": before["arm"],
            "customers_in_arm": before["customers"],
            "found_before_launch": before["found"],
            "p": match["p_value"],
            "flagged": match["flagged"],
        }
        for match in sources.document["checks"]["matches"]
        for before in match["before"]
    ]


def inputs(sources: Sources) -> list[Row]:
    """The versions of everything that was read, as JSON where they are more than one value."""
    return [
        {
            "input": name,
            "value": value
            if isinstance(value, str | int | float)
            else json.dumps(value, ensure_ascii=False, sort_keys=True),
        }
        for name, value in sources.document["inputs"].items()
    ]


def decisions(sources: Sources) -> list[Row]:
    """Who decided what, when and why."""
    return [
        {
            "arm": one.arm,
            "segment": one.segment,
            "decision": one.choice,
            "reason": one.reason,
            "decided_by": one.decided_by,
            "decided_at": one.decided_at,
            "report": one.report,
        }
        for one in sources.decisions
    ]


def _place(effect: Mapping[str, Any]) -> dict[str, Any]:
    segment = effect["segment"]
    return {
        "metric": effect["metric"],
        "arm": effect["arm"],
        "segment": None if segment is None else segment["value"],
    }


def _metric(effect: Mapping[str, Any]) -> Row:
    corrected = effect.get("corrected") or {}
    return {
        **_place(effect),
        "role": effect.get("role"),
        "told": effect.get("n_arm"),
        "held_out": effect.get("n_control"),
        "mean_held_out": effect["mean_control"],
        "mean_told": effect["mean_arm"],
        **answer("difference", effect["difference"]),
        **answer("relative", effect["relative"]),
        "p_holm": corrected.get("holm"),
        "p_benjamini_hochberg": corrected.get("benjamini_hochberg"),
        "method": effect["method"],
    }


def _contaminated(found: Mapping[str, Any] | None) -> Iterator[Row]:
    if found is None:
        return
    for arm in found["arms"]:
        for what, of in (
            ("held_out_users", "held_out"),
            ("held_out_orders", None),
            ("told_users", "told"),
            ("borrowed", "told"),
        ):
            yield {
                "what": what,
                "arm": arm["arm"],
                "count": arm[what],
                "of": None if of is None else arm[of],
                "known": arm["known"],
            }
    for what in ("not_reached", "suppressed_since"):
        for name, count in sorted(found[what].items()):
            yield {"what": what, "arm": name, "count": count, "of": None, "known": None}
    split = found["split_households"]
    if split is not None:
        for what in ("households", "customers"):
            yield {
                "what": f"split_{what}",
                "arm": None,
                "count": split[what],
                "of": None,
                "known": None,
            }
