"""Everything that was learnt, in all: promised against realised, drift, and the average."""

import datetime as dt
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from regulars_platform.memory.families import family_of_key
from regulars_platform.memory.forecast import GroupPromise, Promise
from regulars_platform.memory.models import Learning
from regulars_platform.memory.overview import everybody, kept, overview, realised
from tests.platform.memory.build import CELL

TODAY = dt.date(2026, 11, 1)


def learning(campaign: int, net: float, ends_on: str, **other: Any) -> Learning:
    """One campaign on everybody: 1,000 told; the interval is net -1 to net +2."""
    day = dt.date.fromisoformat(ends_on)
    usual: dict[str, Any] = {
        "campaign_id": campaign,
        "report_id": campaign,
        "campaign": f"Campaign {campaign}",
        "arm": "Free shipping",
        "segment": None,
        "segment_key": CELL[0],
        "people": {"rule": {"all": []}, "without": []},
        "family": family_of_key(CELL[1]),
        "offer": {"kind": "free_shipping"},
        "starts_on": day - dt.timedelta(days=27),
        "ends_on": day,
        "state": "closed",
        "n": 1000,
        "n_control": 250,
        "level": 8.0,
        "net": net,
        "error": 0.2,
        "low": net - 1,
        "high": net + 2,
    }
    return Learning(**(usual | other))


def promise(expected: float, **other: Any) -> Promise:
    usual: dict[str, Any] = {
        "arm": "Free shipping",
        "units": 1000,
        "remembered": 0,
        "campaigns": 0,
        "expected": expected,
        "low": expected - 500,
        "high": expected + 500,
        "chance_of_loss": 0.1,
        "leak_share": None,
        "leak_cost": None,
        "groups": (GroupPromise(segment="often", units=400, expected=expected / 2),),
    }
    return Promise(**(usual | other))


def test_campaigns_are_added_up_with_the_squares_of_their_distances() -> None:
    total = realised([learning(1, 2.0, "2026-01-31"), learning(2, -0.5, "2026-03-31")])
    assert total.net == pytest.approx(1500)
    assert total.low == pytest.approx(1500 - 1000 * math.sqrt(2))
    assert total.high == pytest.approx(1500 + 2000 * math.sqrt(2))


def test_arms_of_one_campaign_share_a_holdout_so_their_distances_add_up() -> None:
    arms = [learning(1, 2.0, "2026-01-31"), learning(1, 1.0, "2026-01-31", arm="Message")]
    total = realised(arms)
    assert (total.net, total.low, total.high) == pytest.approx((3000, 1000, 7000))


def test_what_was_promised_is_compared_only_where_something_was() -> None:
    learnt = [learning(1, 2.0, "2026-01-31"), learning(2, 1.0, "2026-03-31")]
    found = kept(learnt, {2: [promise(4000.0)]})
    assert found is not None
    assert (found.promised, found.realised.net, found.campaigns) == (4000.0, 1000.0, 1)
    assert found.share == pytest.approx(0.25)
    assert kept(learnt, {}) is None
    losing = kept(learnt, {2: [promise(-100.0)]})
    assert losing is not None
    assert losing.share is None


def test_a_segment_is_compared_with_what_was_promised_of_it() -> None:
    often = learning(1, 2.0, "2026-01-31", segment="often", n=400)
    found = kept([often], {1: [promise(4000.0)]})
    assert found is not None
    assert found.promised == 2000.0
    assert kept([replace(often, segment="rarely")], {1: [promise(4000.0)]}) is None


def test_a_cell_knows_its_campaigns_and_whether_the_latest_contradicts_the_others() -> None:
    past = [learning(i, 1.0 + i / 20, f"2026-0{i}-28") for i in range(1, 5)]
    (steady,) = overview([*past, learning(5, 1.1, "2026-05-28")], {}, TODAY)
    (changed,) = overview([*past, learning(5, -4.0, "2026-05-28")], {}, TODAY)
    assert (steady.campaigns, steady.drifted, changed.drifted) == (5, False, True)
    assert changed.drift_z is not None
    assert changed.drift_z < -2.5
    assert 1.0 < steady.expected.mean < 1.25
    assert changed.expected.mean < steady.expected.mean
    assert changed.latest.campaign_id == 5
    (alone,) = overview(past[:1], {}, TODAY)
    assert alone.drift_z is None


def test_cells_heard_of_last_come_first_and_segments_are_not_counted_twice() -> None:
    other = learning(2, 0.5, "2026-06-30", segment="often", segment_key="others")
    cells = overview([learning(1, 1.0, "2026-01-31"), other], {}, TODAY)
    assert [cell.key[0] for cell in cells] == ["others", CELL[0]]
    assert len({cell.id for cell in cells}) == 2
    assert [one.campaign_id for one in everybody([learning(1, 1.0, "2026-01-31"), other])] == [1]


def test_a_shop_whose_campaigns_end_in_the_future_is_looked_at_from_their_end() -> None:
    (cell,) = overview([learning(1, 1.0, "2027-01-31")], {}, TODAY)
    assert math.isfinite(cell.expected.mean)


def test_what_campaigns_are_in_general_is_never_vaguer_than_what_is_expected_of_the_next() -> None:
    past = [
        learning(i, net, f"2026-0{i}-28", error=error, segment_key=f"{many} campaigns")
        for many in (1, 2, 5)
        for i, (net, error) in enumerate([(1.0, 0.7), (0.9, 0.6), (2.5, 0.1), (0, 1), (1, 3)], 1)
        if i <= many
    ]
    cells = overview(past, {}, TODAY)
    assert sorted(cell.campaigns for cell in cells) == [1, 2, 5]
    for cell in cells:
        average, expected = cell.average, cell.expected
        assert average.mean == pytest.approx(expected.mean)
        assert expected.low < average.low < average.mean < average.high < expected.high


def test_two_campaigns_that_agree_say_more_than_one_and_need_no_check() -> None:
    one, two = learning(1, 1.0, "2026-01-31", error=0.7), learning(2, 0.9, "2026-05-28", error=0.6)
    (alone,) = overview([one], {}, TODAY)
    (both,) = overview([one, two], {}, TODAY)
    assert both.average.high - both.average.low < alone.average.high - alone.average.low
    assert (alone.check, both.check) == (None, None)


def test_five_campaigns_are_checked_by_pooling_them_without_drift() -> None:
    nets, errors = np.array([0.5, 2.5, 1.2, 0.1, 3.0]), np.array([0.2, 0.3, 0.2, 0.4, 0.3])
    past = [
        learning(i, float(net), f"2026-0{i}-28", error=float(error))
        for i, (net, error) in enumerate(zip(nets, errors, strict=True), 1)
    ]
    known = combine_effects(nets, errors**2, method_re="dl", use_t=True)
    half = 2.7764 * max(known.sd_eff_w_re_hksj, known.sd_eff_w_re)  # t of 4 degrees of freedom
    (four,) = overview(past[:4], {}, TODAY)
    (five,) = overview(past, {}, TODAY)
    assert four.check is None
    assert five.check is not None
    assert five.check.estimate == pytest.approx(known.mean_effect_re)
    assert five.check.high - five.check.estimate == pytest.approx(half, rel=1e-4)


def test_a_cell_earned_by_all_its_campaigns_and_is_compared_over_those_with_a_forecast() -> None:
    past = [learning(1, 2.0, "2026-01-31"), learning(2, 0.5, "2026-03-31")]
    (cell,) = overview(past, {2: [promise(400.0)]}, TODAY)
    assert cell.kept is not None
    assert (cell.campaigns, cell.kept.campaigns) == (2, 1)
    assert (cell.earned.net, cell.kept.realised.net, cell.kept.promised) == (2500, 500, 400)
