"""How good the dates are, in words that hide nothing."""

from flask import Flask

from regulars_web.pages.cycle.words import backtest_sentence


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
