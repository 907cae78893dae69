"""Whom of a plan's customers past campaigns have met, and what follows from it."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from regulars_experiments.pooling import Posterior
from regulars_platform.campaigns.plan import EVERYONE_ELSE, NamedRule
from regulars_platform.memory.beliefs import lean, weigh
from regulars_platform.memory.cells import past_campaigns
from regulars_platform.memory.likeness import (
    MOST_MET,
    Likeness,
    Met,
    ShopMemory,
    measure_likeness,
)
from regulars_platform.memory.models import Lesson
from regulars_platform.segments.rules import EVERYBODY, Rule, parse_rule
from tests.platform.memory.build import CELL, lesson

OWN, FAMILY = "own", CELL[1]


def rule(feature: str, op: str, value: str) -> Rule:
    return parse_rule({"feature": feature, "op": op, "value": value})


OFTEN = NamedRule(name="often", rule=rule("orders", ">=", "2"))
RICH = NamedRule(name="rich", rule=rule("average_order_value", ">=", "80"))


def met(segment: str | None = None, **other: object) -> Met:
    usual: dict[str, object] = {
        "key": f"key of {segment}",
        "campaign": "Spring",
        "segment": segment,
        "ends_on": dt.date(2026, 5, 1),
        "audience": EVERYBODY,
        "segments": (RICH, OFTEN),
    }
    return Met(**(usual | other))  # type: ignore[arg-type]


# 12 customers: orders 1, 2, 3, 1, 2, ... and the last four of them rich
SHOP = pl.DataFrame(
    {
        "customer_id": [f"c{i:02d}" for i in range(12)],
        "orders": [1 + i % 3 for i in range(12)],
        "average_order_value": [50.0] * 8 + [100.0] * 4,
    }
)


def drawn(segment: pl.Expr | None = None, *, where: pl.Expr) -> pl.DataFrame:
    named = pl.lit(EVERYONE_ELSE) if segment is None else segment
    return SHOP.filter(where).select("customer_id", named.alias("segment"))


def test_likeness_counts_customers_in_both_of_the_plans_and_of_those_met() -> None:
    regulars = drawn(where=pl.col("orders") >= 2)  # 8, of whom 3 are rich
    found = measure_likeness(SHOP.lazy(), regulars, [met(), met("rich"), met("often")])
    everybody, rich, often = found[None]
    assert (everybody.share, everybody.coverage) == (1.0, 8 / 12)
    assert (rich.share, rich.coverage) == (3 / 8, 3 / 4)
    # who is rich and often was met as rich: the first that fits
    assert (often.share, often.coverage) == (5 / 8, 1.0)
    assert found[EVERYONE_ELSE] == found[None]


def test_only_the_audience_of_the_past_campaign_was_met() -> None:
    everybody = drawn(where=pl.lit(True))
    rich_only = met("often", audience=RICH.rule, segments=(OFTEN,))
    (found,) = measure_likeness(SHOP.lazy(), everybody, [rich_only])[None]
    assert (found.share, found.coverage) == (3 / 12, 1.0)


def test_people_of_whom_nobody_is_drawn_are_left_out() -> None:
    poor = drawn(where=pl.col("average_order_value") < 80)
    assert measure_likeness(SHOP.lazy(), poor, [met("rich")]) == {None: (), EVERYONE_ELSE: ()}
    assert measure_likeness(SHOP.lazy(), poor.clear(), [met("rich")]) == {}


def test_of_people_met_often_the_latest_before_the_day_count_and_not_too_many() -> None:
    june, may = (dt.date(2026, month, 1) for month in (6, 5))
    memory = ShopMemory(met=(met(ends_on=june, campaign="June"), met(ends_on=may)))
    assert [one.campaign for one in memory.met_before(dt.date(2026, 7, 1))] == ["June"]
    assert [one.campaign for one in memory.met_before(june)] == ["Spring"]
    many = tuple(met(key=str(i), ends_on=may + dt.timedelta(days=i)) for i in range(MOST_MET + 3))
    kept = ShopMemory(met=many).met_before(dt.date(2027, 1, 1))
    assert [one.key for one in kept] == [str(i) for i in range(3, MOST_MET + 3)]


@pytest.mark.parametrize(("share", "coverage"), [(1.0, 0.3), (0.8, 1.0), (0.9, 0.6)])
def test_strangeness_is_how_far_the_means_of_such_groups_lie_apart(
    share: float, coverage: float
) -> None:
    both, ours, theirs = np.random.default_rng(5).normal(0, 1, (3, 400_000))
    apart = share * both + (1 - share) * ours - coverage * both - (1 - coverage) * theirs
    assert 2 * like(share, coverage).strangeness == pytest.approx(apart.var(), rel=0.01)


def like(share: float, coverage: float, key: str = "other") -> Likeness:
    return Likeness(key=key, campaign="Spring", segment=None, share=share, coverage=coverage)


def key_leant_on(likenesses: list[Likeness], *known: str) -> str:
    return lean((OWN, FAMILY), likenesses, {(key, FAMILY) for key in known}).cell[0]


def test_a_group_leans_on_its_own_rule_and_else_on_the_nearest_people() -> None:
    near, far = like(1.0, 0.9, "near"), like(1.0, 0.4, "far")
    assert key_leant_on([near, far], "near", "far") == "near"
    assert key_leant_on([near, far], "far") == "far"
    assert key_leant_on([near, far], "near", OWN) == OWN
    assert key_leant_on([like(1.0, 0.9, OWN), near], "near", OWN) == OWN
    # the same rule in another audience met few of them
    assert key_leant_on([like(0.2, 0.9, OWN), near], "near", OWN) == "near"


def test_a_group_of_whom_fewer_than_four_in_five_were_met_leans_on_nobody() -> None:
    assert key_leant_on([like(0.79, 1.0)], "other") == OWN
    assert key_leant_on([like(0.80, 1.0)], "other") == "other"


def weighed(past: list[Lesson], strangeness: float, mean: float, sd: float) -> tuple[float, float]:
    guess = Posterior(weights=np.ones(1), means=np.array([[mean]]), deviations=np.array([[sd]]))
    found = past_campaigns(past, [CELL], dt.date(2026, 6, 1))
    means, deviations = weigh(guess, found, np.array([strangeness]))
    return float(means[0]), float(deviations[0])


def test_one_campaign_that_the_guess_could_not_have_foretold_is_believed() -> None:
    # nine of its errors and eight of the guess's deviations away from nothing
    mean, deviation = weighed([lesson(5.2, 0.6, "2026-05-01")], 0.0, mean=-0.6, sd=0.7)
    assert mean == pytest.approx(5.2, rel=0.1)
    assert 1.0 < deviation < 5.2


def test_the_less_alike_people_are_the_wider_and_the_nearer_to_the_guess() -> None:
    past = [lesson(1.5, 0.2, "2026-05-01")]
    found = [weighed(past, strange, mean=0.5, sd=1.0) for strange in (0.0, 0.1, 0.5, 1.0)]
    means, deviations = zip(*found, strict=True)
    assert list(means) == sorted(means, reverse=True)
    assert list(deviations) == sorted(deviations)
    assert means[-1] < 1.0 < means[0]


def test_without_a_past_campaign_there_is_the_guess() -> None:
    assert weighed([], 0.0, mean=0.4, sd=0.8) == (0.4, 0.8)
