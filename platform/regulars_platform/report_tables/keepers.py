"""Tables of whom to keep, from the document of whom to keep (regulars.targeting/1)."""

from typing import Any

from regulars_platform.report_tables.table import Document, Row, Sources


def gain_curve(sources: Sources) -> list[Row]:
    """Gain per unit of the audience when the first share is told, with a band for all shares."""
    return [
        {name: point.get(name) for name in ("share", "gain", "low", "high", "random")}
        for point in _worked_out(sources).get("gain_curve", ())
    ]


def candidates(sources: Sources) -> list[Row]:
    """All ways of choosing, and what each is honestly worth per unit of the audience."""
    return [
        {
            "kind": row["kind"],
            "name": row["name"],
            "share_told": row["share"],
            **_contrast("value", row["value"]),
            "naive_value": row["naive_value"],
            "optimism": row["optimism"],
            **_contrast("behind_the_best", row["behind_the_best"]),
            "evidence": row["value"]["verdict"],
            "within_one_standard_error": row["within_one_standard_error"],
            "chosen": row["chosen"],
        }
        for row in _uplift(sources).get("leaderboard", ())
    ]


def against(sources: Sources) -> list[Row]:
    """The plan to follow against contacting everyone, nobody, and others."""
    found = (_uplift(sources).get("policy") or {}).get("against", {})
    return [
        {"against": name, **_contrast("earns_more", row), "evidence": row["verdict"]}
        for name, row in found.items()
    ]


def rules(sources: Sources) -> list[Row]:
    """The lines of each rule: how many they are, and whom they tell (0: nobody)."""
    return [
        {
            "rule": rule["kind"],
            "line": number,
            "action": line["action"],
            "customers": line["customers"],
            "share": line["share"],
        }
        for rule in _worked_out(sources).get("rules", ())
        for number, line in enumerate(rule["lines"], start=1)
    ]


def _worked_out(sources: Sources) -> Document:
    found = sources.targeting
    return found if found is not None and found.get("status") == "worked_out" else {}


def _uplift(sources: Sources) -> Document:
    found: Document = _worked_out(sources).get("uplift", {})
    return found


def _contrast(name: str, found: Any) -> Row:
    cells = {name: "value", f"{name}_low": "low", f"{name}_high": "high"}
    return {column: None if found is None else found.get(key) for column, key in cells.items()}
