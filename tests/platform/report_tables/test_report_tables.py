"""Tables of a report: exact numbers of the stored document under names that stay."""

import csv
import io
import json
from typing import Any

import pytest

from regulars_platform.report_tables.registry import (
    TABLES,
    find_table,
    shared_table,
    table_csv,
    table_json,
)
from regulars_platform.report_tables.table import Decided, Sources

NET = {"estimate": 1.653954466, "low": 1.0, "high": 2.25, "standard_error": 0.3, "p_value": 0.01}
UNKNOWN = {"not_estimable": "too few buyers", "code": "too_few_buyers"}


def group(segment: str | None, **other: Any) -> dict[str, Any]:
    """A group of 8,111 told."""
    return {
        "arm": "Free",
        "segment": segment,
        "n": 8111,
        "n_control": 3478,
        "customers": 11589,
        "hidden": False,
        "control_margin": 5.5,
        "net": NET,
        "bars": [{"name": "goods", **NET}, {"name": "net", **NET}],
        "adjusted_p": None,
        "evidence": "proved_better",
    } | other


def document(**other: Any) -> dict[str, Any]:
    """The least that a report of any age has."""
    return {
        "plan": {"arms": [{"name": "Free"}]},
        "checks": {
            "sample_ratio": {
                "observed": [3478, 8111],
                "expected": [3476.7, 8112.3],
                "p_value": 0.97,
                "method": "chi-square",
                "flagged": False,
            },
            "balance": [
                {"arm": "Free", "p_value": 0.9, "flagged": False, "differences": {"spend": 0.01}}
            ],
            "matches": [],
        },
        "overall": [group(None)],
        "segments": [
            group("New"),
            {"arm": "Free", "segment": "Few", "n": 4, "n_control": 2, "hidden": True},
        ],
        "heterogeneity": [],
        "metrics": [],
        "inputs": {"plan_sha256": "ab", "files": [1, 2], "forecast": None},
    } | other


def read(table: Any) -> list[dict[str, str]]:
    """The rows of a CSV."""
    text = b"".join(table_csv(table)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_numbers_are_those_of_the_document_and_in_all_they_are_times_the_customers() -> None:
    table = find_table("waterfall", Sources(document=document()))
    assert table is not None
    row = read(table)[0]

    assert row["part"] == "goods"
    assert row["each"] == "1.653954466"
    assert float(row["in_all"]) == pytest.approx(1.653954466 * 8111, rel=1e-9)
    assert row["each_p"] == "0.01"
    assert row["segment"] == ""


def test_what_cannot_be_told_is_an_empty_cell_with_its_reason() -> None:
    found = document(overall=[group(None, net=UNKNOWN)])
    table = find_table("arms", Sources(document=found))
    assert table is not None
    row = read(table)[0]

    assert row["net"] == row["net_low"] == row["net_in_all"] == ""
    assert row["net_not_estimable"] == "too_few_buyers"


def test_a_segment_too_small_to_be_shown_has_its_sizes_alone() -> None:
    table = find_table("segments", Sources(document=document()))
    assert table is not None
    few = read(table)[1]

    assert few["hidden"] == "true"
    assert {name for name, value in few.items() if value} == {
        "arm",
        "segment",
        "told",
        "held_out",
        "hidden",
    }


@pytest.mark.parametrize("name", TABLES)
def test_the_oldest_documents_have_every_table_or_none_of_it(name: str) -> None:
    table = find_table(name, Sources(document=document()))

    if table is not None:
        assert all(len(row) == len(table.columns) for row in table.rows)
        json.loads(table_json(table, {"report": 1}))


def test_names_that_a_spreadsheet_would_run_are_disarmed_in_csv_and_whole_in_json() -> None:
    found = document(segments=[group("=HYPERLINK(1)")])
    table = find_table("segments", Sources(document=found))
    assert table is not None

    assert read(table)[0]["segment"] == "'=HYPERLINK(1)"
    rows = json.loads(table_json(table, {}))["rows"]
    assert rows[0]["segment"] == "=HYPERLINK(1)"


def test_strangers_get_neither_decisions_nor_names_of_files_nor_counts_of_few() -> None:
    counted: dict[str, Any] = {
        "arms": [],
        "split_households": None,
        "not_reached": {"Free": 7, "holdout": 10},
        "suppressed_since": {},
    }
    match = {
        "import_id": 2,
        "orders": 50,
        "known": 50,
        "in_campaign": 40,
        "p_value": None,
        "flagged": False,
        "before": [{"arm": "Free", "customers": 30, "found": 20}],
    }
    found = document(contamination=counted)
    found["checks"]["matches"] = [match]
    decided = Decided(
        arm="Free",
        segment=None,
        choice="keep",
        reason="it paid",
        decided_by="Mei",
        decided_at="2026-01-01T00:00:00+00:00",
        report=1,
    )
    sources = Sources(document=found, decisions=[decided], files={2: "secret.csv"})

    own, shared = (find(name, sources) for find in (find_table, shared_table) for name in ["files"])
    assert own is not None
    assert shared is not None
    assert read(own)[0]["file"] == "secret.csv"
    assert read(shared)[0]["file"] == ""
    assert find_table("decisions", sources) is not None
    assert shared_table("decisions", sources) is None
    assert shared_table("inputs", sources) is None
    ledger = shared_table("contamination", sources)
    assert ledger is not None
    assert [row["count"] for row in read(ledger)] == ["", "10"]


def test_a_name_that_is_no_table_is_none() -> None:
    assert find_table("customers", Sources(document=document())) is None
    assert find_table("__class__", Sources(document=document())) is None
