"""The two models fitted to a shop's histories, and what they expect of each customer."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from regulars_experiments.bgnbd import BgNbdFit, alive_probability, fit_bgnbd
from regulars_experiments.gamma_gamma import GammaGammaFit, fit_gamma_gamma
from regulars_experiments.kept_orders import KeptShare, kept_share
from regulars_experiments.lifetime import (
    Forecast,
    Outcomes,
    forecast_alike,
    forecast_orders,
    forecast_value,
    outcomes,
)
from regulars_experiments.purchase_histories import GroupedHistories, group_histories
from regulars_experiments.results import FloatArray, NotEstimable, Reason
from regulars_platform.lifetime.purchases import histories_until

WEEK = 7.0
"""Days: rates are per week, as the papers print them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """Histories up to `end` (rows as in `histories_until`) and the models of them.

    repeats, repeat_value: of each customer, as the value model reads them: repeats that are worth
    something after refunds; kept: what share of the repeats that is, None where it is all.
    """

    end: dt.date
    customers: pl.DataFrame
    grouped: GroupedHistories
    orders: BgNbdFit | NotEstimable
    values: GammaGammaFit | NotEstimable
    repeats: FloatArray
    repeat_value: FloatArray
    kept: KeptShare | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What is expected within some days, a row per customer; value in currency units.

    outcomes: what each may do, by group of equal histories.
    """

    days: int
    orders: Forecast
    value: Forecast | NotEstimable
    outcomes: Outcomes


def fit_models(purchases: pl.LazyFrame, end: dt.date) -> Fitted:
    """Both models on everything up to `end`."""
    customers = histories_until(purchases, end)
    repeats = customers["repeats"].cast(pl.Float64).to_numpy()
    kept = customers["kept_repeats"].cast(pl.Float64).to_numpy()
    repeat_value = customers["repeat_value"].to_numpy()
    grouped = group_histories(
        repeats, customers["recency_days"] / WEEK, customers["age_days"] / WEEK
    )
    return Fitted(
        end=end,
        customers=customers,
        grouped=grouped,
        orders=fit_bgnbd(grouped.histories),
        # who kept nothing is left out by the value 0, and still counts as having come back
        values=fit_gamma_gamma(np.where(kept > 0, kept, repeats), repeat_value),
        repeats=kept,
        repeat_value=repeat_value,
        kept=kept_share(kept, repeats),
    )


def expect(fitted: Fitted, days: int) -> Expected | NotEstimable:
    """The next `days` after the end of what was seen."""
    if isinstance(fitted.orders, NotEstimable):
        return fitted.orders
    seen, horizon = fitted.grouped.histories, days / WEEK
    known = outcomes(fitted.orders.model, seen, horizon)
    orders = forecast_orders(fitted.orders, seen, horizon, known).rows(fitted.grouped.group)
    return Expected(days=days, orders=orders, value=_value(fitted, orders), outcomes=known)


def alive(fitted: Fitted) -> FloatArray | NotEstimable:
    """P(still buying) of each customer."""
    if isinstance(fitted.orders, NotEstimable):
        return fitted.orders
    found: FloatArray = alive_probability(fitted.orders.model, fitted.grouped.histories)[
        fitted.grouped.group
    ]
    return found


def _value(fitted: Fitted, orders: Forecast) -> Forecast | NotEstimable:
    match fitted.values:
        case NotEstimable(reason=Reason.ALL_VALUES_ALIKE):
            # no model is needed where every order is worth the same
            return forecast_alike(orders, float(np.max(fitted.repeat_value)), fitted.kept)
        case NotEstimable():
            return fitted.values
    return forecast_value(orders, fitted.values, fitted.repeats, fitted.repeat_value, fitted.kept)
