"""Several campaigns of one shop, one after the other: learnt, remembered, promised, realised."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from statsmodels.stats.meta_analysis import combine_effects

from regulars_experiments.results import Estimate
from regulars_platform.memory.cells import past_campaigns
from regulars_platform.memory.promises import find_forecast, promises_of_shop
from regulars_platform.memory.service import read_learnings
from regulars_platform.memory.tables import LearningRow
from regulars_platform.reports.service import Report, recompute
from tests.platform.memory.season import CUSTOMERS, MONTHS, Season


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Season, list[Report]]]:
    """Four months in which the offer brings a tenth more buyers, and one in which it drives away
    nearly all."""
    made = Season(tmp_path_factory.mktemp("season"))
    reports = [made.run(month, 0.1) for month in MONTHS[:-1]]
    reports.append(made.run(MONTHS[-1], -0.35))
    yield made, reports
    made.database.dispose()


def cell(report: Report, segment: str | None) -> Mapping[str, Any]:
    cells = report.document["memory"]["cells"]
    found: Mapping[str, Any] = next(one for one in cells if one["segment"] == segment)
    return found


def group(report: Report, segment: str) -> Mapping[str, Any]:
    groups = report.document["segments"]
    found: Mapping[str, Any] = next(one for one in groups if one["segment"] == segment)
    return found


def test_each_campaign_remembers_those_before_it_and_none_after(
    season: tuple[Season, list[Report]],
) -> None:
    _, reports = season
    remembered = [len(cell(report, None)["campaigns"]) for report in reports]
    assert remembered == [0, 1, 2, 3, 4]
    # the same people under another name each month
    segments = [
        cell(report, f"often {month}") for report, month in zip(reports, MONTHS, strict=True)
    ]
    assert [len(one["campaigns"]) for one in segments] == [0, 1, 2, 3, 4]
    assert len({one["segment_key"] for one in segments}) == 1


def test_a_first_campaign_has_no_memory_and_its_advice_is_its_own(
    season: tuple[Season, list[Report]],
) -> None:
    _, reports = season
    first = cell(reports[0], None)
    assert (first["expected"], first["with_memory"], first["drift_z"]) == (None, None, None)
    assert first["advice_alone"] is None


def test_memory_narrows_what_is_believed_where_campaigns_agree(
    season: tuple[Season, list[Report]],
) -> None:
    _, reports = season
    fourth = cell(reports[3], "often 5")
    alone, both = fourth["alone"], fourth["with_memory"]
    assert both["high"] - both["low"] < 0.9 * (alone["high"] - alone["low"])
    assert not fourth["drifted"]


def test_a_campaign_that_contradicts_the_past_is_flagged_and_hardly_pulled(
    season: tuple[Season, list[Report]],
) -> None:
    _, reports = season
    last = cell(reports[-1], None)
    assert last["drifted"]
    assert last["drift_z"] < -2.5
    assert last["expected"]["low"] > last["alone"]["high"]
    assert last["with_memory"]["mean"] == pytest.approx(last["alone"]["mean"], rel=0.1)


def test_evidence_is_that_of_the_campaign_alone_and_advice_follows_memory(
    season: tuple[Season, list[Report]],
) -> None:
    _, reports = season
    report = reports[3]
    decision = group(report, "often 5")["decision"]
    believed = cell(report, "often 5")["with_memory"]
    # expected net of all rounds is the mean with memory times customers and rounds
    customers = group(report, "often 5")["customers"]
    rounds = report.document["plan"]["horizon_rounds"]
    assert decision["expected_net"] == pytest.approx(
        believed["mean"] * customers * rounds, rel=1e-6
    )
    assert decision["chance_positive"] == pytest.approx(believed["chance_positive"], rel=1e-6)


def test_later_campaigns_change_no_earlier_report(
    season: tuple[Season, list[Report]],
) -> None:
    made, reports = season
    with made.database.unit_of_work() as session:
        for report in reports[1:3]:  # with memory, and others after them
            assert recompute(session, made.settings, shop_id=1, report_id=report.id)
    # asked again on the same day, it is the same report: June is not in the memory of March
    again = made.evaluate(reports[1].campaign_id, MONTHS[1])
    assert again.document["memory"] == reports[1].document["memory"]


def test_what_is_remembered_is_what_the_reports_said_pooled(
    season: tuple[Season, list[Report]],
) -> None:
    made, reports = season
    learnings = made.learnings()
    assert {one.campaign for one in learnings} == {f"Month {month}" for month in MONTHS}
    everybody = [one for one in learnings if one.segment is None]
    found = past_campaigns(
        [one.lesson for one in learnings], [everybody[0].lesson.cell], dt.date(2026, 8, 1)
    )
    nets = [report.document["overall"][0]["net"] for report in reports]
    known = combine_effects(
        np.array([net["estimate"] for net in nets]),
        np.array([net["standard_error"] for net in nets]) ** 2,
        method_re="dl",
        use_t=True,
    )
    pooled = found.pooled(0.95).mean.answer(0)
    assert isinstance(pooled, Estimate)
    assert pooled.estimate == pytest.approx(known.mean_effect_re)
    assert [one.campaign_id for one in found.campaigns[0]] == [r.campaign_id for r in reports]


def test_reports_from_before_there_was_a_memory_are_learnt_from_alike(
    season: tuple[Season, list[Report]],
) -> None:
    made, _ = season
    before = made.learnings()
    with made.database.unit_of_work() as session:
        session.execute(delete(LearningRow))
    with made.database.reading() as session:  # one that only reads learns, and keeps nothing
        assert read_learnings(session, made.settings, 1) == before
    with made.database.unit_of_work() as session:
        assert session.scalars(select(LearningRow.id)).all() == []
    assert made.learnings() == before
    with made.database.unit_of_work() as session:
        assert session.scalars(select(LearningRow.id)).all()


def test_the_first_promise_is_the_usual_guess_and_the_fifth_comes_from_four_campaigns(
    season: tuple[Season, list[Report]],
) -> None:
    made, reports = season
    with made.database.unit_of_work() as session:
        made_by = promises_of_shop(session, 1)
    promises = [made_by[report.campaign_id][0] for report in reports]
    assert [promise.campaigns for promise in promises] == [0, 1, 2, 3, 4]
    assert promises[0].remembered == 0
    assert promises[-1].remembered == promises[-1].units == CUSTOMERS * 0.6
    widths = [promise.high - promise.low for promise in promises]
    assert widths[-1] < widths[0] / 2
    # what was promised of April to June lies near what the months before had brought
    past = [r.document["overall"][0]["net"]["estimate"] for r in reports[:4]]
    assert promises[-1].expected == pytest.approx(720 * np.mean(past), rel=0.5)
    assert promises[0].leak_share is not None


def test_a_promise_is_in_the_report_as_it_was_frozen_and_cannot_be_changed(
    season: tuple[Season, list[Report]],
) -> None:
    made, reports = season
    with made.database.unit_of_work() as session:
        frozen = find_forecast(session, reports[0].campaign_id)
    assert json.loads(json.dumps(reports[0].document["inputs"]["forecast"])) == frozen
    for statement in ("UPDATE forecasts SET document = '{}'", "DELETE FROM forecasts"):
        with (
            pytest.raises(IntegrityError, match="forecast of a launched campaign"),
            made.database.engine.begin() as connection,
        ):
            connection.exec_driver_sql(statement)
