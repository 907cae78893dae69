"""How good the dates are, in words that hide nothing."""

import datetime as dt

import polars as pl
import pytest
from flask import Flask
from statsmodels.stats.proportion import proportion_confint

from regulars_platform.cycle.service import Cycle
from regulars_web.pages.cycle.words import backtest_sentence, weighed


def counted(**other: object) -> dict[str, object]:
    usual = {"told": 303, "near": 208, "share": [0.8, 0.75, 0.85], "days_late": [-1.0, -3.0, 0.0]}
    return {"all": usual | other}


def test_the_share_is_of_repurchases_and_all_dates_are_said_beside_it(app: Flask) -> None:
    with app.test_request_context():
        assert backtest_sentence(counted()) == (
            "Tried on the past: 80% of the repurchases (75% to 85%) came within a quarter of the "
            "interval that was told. The median one came 1 day early (from 3 days early to on the "
            "day). Of all 303 dates told, 208 came true; on the others customers came earlier, "
            "later or not at all."
        )


def test_days_without_a_range_and_half_days(app: Flask) -> None:
    with app.test_request_context():
        said = backtest_sentence(counted(days_late=[2.5, None, None]))
        assert "The median one came 2.5 days late. Of all" in said


def test_nothing_told_and_nobody_back_are_said(app: Flask) -> None:
    with app.test_request_context():
        assert "cannot be told yet" in backtest_sentence(counted(told=0, share=None))
        assert "of 303 dates told, nobody has come back yet" in backtest_sentence(
            counted(share=None)
        )


def tried(**other: object) -> Cycle:
    return Cycle(
        document={"backtest": counted(**other)},
        inputs={},
        made_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        rows=pl.LazyFrame(),
        products=pl.DataFrame(),
    )


def test_the_headline_says_how_many_can_be_counted_on(app: Flask) -> None:
    low, high = proportion_confint(90, 300, method="wilson")
    with app.test_request_context():
        said = weighed(tried(told=300, near=90), 50)
        assert said == (
            f"Of the dates told on the past 30% came true ({low:.0%} to {high:.0%}): count on "
            "about 15 of them."
        )


@pytest.mark.parametrize(("told", "customers"), [(0, 50), (300, 0)])
def test_it_says_nothing_where_nothing_was_tried_or_nobody_is_due(
    app: Flask, told: int, customers: int
) -> None:
    with app.test_request_context():
        assert weighed(tried(told=told, near=0), customers) == ""
