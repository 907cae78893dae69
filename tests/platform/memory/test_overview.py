"""Everything that was learnt, in all: promised against realised, drift, and the average."""

import datetime as dt
import math
from dataclasses import replace
from typing import Any

import pytest

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
