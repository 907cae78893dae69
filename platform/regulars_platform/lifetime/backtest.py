"""The models on the first part of the history, beside what then came: the only proof there is."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from regulars_experiments.bgnbd import BgNbdFit, expected_orders
from regulars_experiments.lifetime import forecast_orders
from regulars_experiments.results import (
    Answer,
    Estimate,
    FloatArray,
    NotEstimable,
    answer_as_json,
)
from regulars_platform.lifetime.fitted_json import order_model_json, value_model_json
from regulars_platform.lifetime.forecasts import WEEK, Expected, Fitted, expect, fit_models
from regulars_platform.lifetime.groups import equal_parts, scaled_answer
from regulars_platform.orders.table import MONEY_SCALE

LONGEST = 365
"""Days held out at most; a shorter history gives up its second half."""
MOST_HISTORIES = 20_000
"""Up to so many distinct ones every week of the course has a range; beyond, the last alone."""
LEAST_DAYS = 14


@dataclass(frozen=True, kw_only=True, slots=True)
class Came:
    """What the customers known at the split did afterwards, rows as theirs; value in money."""

    orders: FloatArray
    value: FloatArray
    by_day: dict[int, int]


def held_out_days(first: dt.date, last: dt.date) -> int:
    """Half of the days from the first purchase to the last, both counted, or 365 if that is less.

    >>> held_out_days(dt.date(1997, 1, 1), dt.date(1998, 6, 30))
    273
    """
    return min(((last - first).days + 1) // 2, LONGEST)


def run_backtest(purchases: pl.LazyFrame, first: dt.date, last: dt.date) -> dict[str, Any]:
    """Fitted without the last part, compared with it; the document's "backtest".

    Only customers who had bought by the split are foretold and counted. inside: whether what came
    lies in the range, None where there is none.
    """
    days = held_out_days(first, last)
    split = last - dt.timedelta(days=days)
    told: dict[str, Any] = {
        "fitted_until": split.isoformat(),
        "until": last.isoformat(),
        "days": days,
    }
    if days < LEAST_DAYS:
        return told | {"too_short": LEAST_DAYS}
    fitted = fit_models(purchases, split)
    told |= {
        "customers": fitted.customers.height,
        "repeaters": fitted.grouped.histories.repeaters,
        "model": order_model_json(fitted.orders),
        "value_model": value_model_json(fitted.values, fitted.kept),
    }
    expected = expect(fitted, days)
    came = _what_came(purchases, fitted)
    told |= {"came": int(came.orders.sum()), "value_came": round(float(came.value.sum()))}
    if isinstance(expected, NotEstimable):
        return told | {"orders": answer_as_json(expected)}
    return told | _compared(fitted, expected, came)


def _compared(fitted: Fitted, expected: Expected, came: Came) -> dict[str, Any]:
    orders = expected.orders.total(whole=True)
    value: Answer = (
        expected.value
        if isinstance(expected.value, NotEstimable)
        else scaled_answer(expected.value.total(), MONEY_SCALE)
    )
    return {
        "orders": answer_as_json(orders),
        "inside": _inside(orders, float(came.orders.sum())),
        "value": answer_as_json(value),
        "value_inside": _inside(value, float(came.value.sum())),
        "weeks": list(_weeks(fitted, expected, came, orders)),
        "tenths": _tenths(expected, came),
    }


def _what_came(purchases: pl.LazyFrame, fitted: Fitted) -> Came:
    known = fitted.customers.lazy().select("customer_id")
    later = purchases.filter(pl.col("day") > fitted.end).join(known, on="customer_id", how="semi")
    by_customer, by_day = pl.collect_all(
        [
            known.join(
                later.group_by("customer_id").agg(
                    pl.len().alias("orders"), pl.col("value").sum().alias("value")
                ),
                on="customer_id",
                how="left",
                maintain_order="left",
            ),
            later.group_by("day").len(),
        ]
    )
    return Came(
        orders=by_customer["orders"].fill_null(0).cast(pl.Float64).to_numpy(),
        value=by_customer["value"].fill_null(0).cast(pl.Float64).to_numpy(),
        by_day={(day - fitted.end).days: count for day, count in by_day.iter_rows()},
    )


def _weeks(
    fitted: Fitted, expected: Expected, came: Came, whole: Answer
) -> list[Mapping[str, Any]]:
    """Orders since the split, week by week, foretold and come."""
    assert isinstance(fitted.orders, BgNbdFit)  # noqa: S101 -- else nothing was expected
    seen = fitted.grouped.histories
    rows: list[Mapping[str, Any]] = []
    for week in range(1, -(-expected.days // 7) + 1):
        day = min(7 * week, expected.days)
        if day == expected.days:
            answer = whole
        elif len(seen.age) <= MOST_HISTORIES:
            forecast = forecast_orders(fitted.orders, seen, day / WEEK)
            answer = forecast.total(seen.customers, whole=True)
        else:
            mean = float(seen.customers @ expected_orders(fitted.orders.model, seen, day / WEEK))
            rows.append(_week(week, day, mean, None, came))
            continue
        assert isinstance(answer, Estimate)  # noqa: S101 -- the spread of a count is finite
        rows.append(_week(week, day, answer.estimate, (answer.low, answer.high), came))
    return rows


def _week(
    week: int, day: int, mean: float, limits: tuple[float, float] | None, came: Came
) -> dict[str, Any]:
    low, high = limits or (None, None)
    return {
        "week": week,
        "days": day,
        "expected": mean,
        "low": low,
        "high": high,
        "came": sum(count for place, count in came.by_day.items() if place <= day),
    }


def _tenths(expected: Expected, came: Came) -> list[dict[str, Any]]:
    """Customers by what was expected of them, the most first."""
    return [
        {
            "customers": len(rows),
            "orders": answer_as_json(expected.orders.rows(rows).total(whole=True)),
            "came": int(came.orders[rows].sum()),
        }
        for rows in equal_parts(expected.orders.mean)
    ]


def _inside(answer: Answer, came: float) -> bool | None:
    return bool(answer.low <= came <= answer.high) if isinstance(answer, Estimate) else None


def relative_error(backtest: Mapping[str, Any]) -> float | None:
    """By how much too many orders were foretold, as a share of what came; None where unknown.

    >>> round(relative_error({"came": 1882, "orders": {"estimate": 1653.4}}), 3)
    -0.121
    """
    estimate = backtest.get("orders", {}).get("estimate")
    if estimate is None or not backtest["came"]:
        return None
    return float(np.float64(estimate) / backtest["came"] - 1)
