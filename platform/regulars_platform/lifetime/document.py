"""The answer as it is stored: schema regulars.lifetime/1 (docs/lifetime.md).

Money is in ten-thousandths, except the scale gamma of the value model (currency units, as papers
print it). Rates are per week.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from regulars_experiments.gamma_gamma import value_by_frequency
from regulars_experiments.lifetime import value_limits
from regulars_experiments.results import FloatArray, NotEstimable, answer_as_json
from regulars_platform.lifetime.backtest import relative_error
from regulars_platform.lifetime.files import CUSTOMER_SCHEMA
from regulars_platform.lifetime.fitted_json import order_model_json, value_model_json
from regulars_platform.lifetime.forecasts import Expected, Fitted, alive
from regulars_platform.lifetime.groups import Rows, expected_of, expected_tenths
from regulars_platform.lifetime.members import NamedRule
from regulars_platform.lifetime.purchases import Purchases

SCHEMA = "regulars.lifetime/1"
HORIZONS = (90, 365)
CLOSE = 0.05
"""Wrong by at most this share of what came is good enough, however narrow the range was."""
NEAR = 0.15
"""Wrong by at most this share can be planned with if one knows it."""
VAGUE = 0.5
"""A range of more than this share of its middle to either side tells too little to be believed."""
RELATED = 0.2
"""A correlation of frequency and value that is surely beyond this makes the value misleading."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Worked:
    """Everything that the document is made of. expected: by days; empty where not estimable."""

    purchases: Purchases
    fitted: Fitted
    expected: Mapping[int, Expected]
    backtest: Mapping[str, Any]
    segments: tuple[NamedRule, ...]
    members: Mapping[int, Rows]


def lifetime_document(worked: Worked, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The whole answer."""
    fitted, found = worked.fitted, worked.purchases
    document = {
        "schema": SCHEMA,
        "inputs": dict(inputs),
        "seen": _seen(found, fitted),
        "model": order_model_json(fitted.orders),
        "value_model": value_model_json(fitted.values, fitted.kept),
        "correlation": _correlation(fitted),
        "horizons": {str(days): expected_of(one) for days, one in worked.expected.items()},
        "segments": _segments(worked),
        "tenths": _tenths(worked),
        "backtest": dict(worked.backtest),
    }
    return document | {"belief": belief(document)}


def belief(document: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the forecast should be believed, and what speaks against it.

    level: "none" (no forecast), "untested" (no back-test), "holds" (what came lay in its range),
    "vague" (it did, but the range is so wide that it says little), "close" (outside, but off by at
    most 5%: ranges of large shops are narrow), "near" (by at most 15%), "wrong" (by more). doubts:
    codes of what else to know.
    """
    backtest, error = document["backtest"], relative_error(document["backtest"])
    if "not_estimable" in document["model"]:
        return {"level": "none", "doubts": []}
    if backtest.get("inside") is None:
        level = "untested"
    elif backtest["inside"]:
        level = "vague" if _is_vague(backtest["orders"]) else "holds"
    else:
        level = _outside(error)
    doubts = []
    if document["seen"]["days"] < max(HORIZONS):
        doubts.append("short_history")
    if document["model"]["at_bound"]:
        doubts.append("at_bound")
    related = document["correlation"]
    if "low" in related and (related["low"] > RELATED or related["high"] < -RELATED):
        doubts.append("value_goes_with_frequency")
    if backtest.get("value_inside") is False and not _is_close(backtest):
        doubts.append("value_missed")
    return {"level": level, "doubts": doubts}


def customers_frame(worked: Worked) -> pl.DataFrame:
    """What is expected of each customer, columns as in CUSTOMER_SCHEMA."""
    fitted = worked.fitted
    columns: dict[str, FloatArray | None] = dict.fromkeys(CUSTOMER_SCHEMA)
    probability = alive(fitted)
    if not isinstance(probability, NotEstimable):
        columns["alive_probability"] = probability
    for days, one in worked.expected.items():
        group = fitted.grouped.group
        columns[f"expected_orders_{days}"] = one.orders.mean
        columns[f"orders_low_{days}"] = one.outcomes.low[group]
        columns[f"orders_high_{days}"] = one.outcomes.high[group]
        columns[f"any_order_{days}"] = one.outcomes.any_order[group]
        if not isinstance(one.value, NotEstimable):
            columns[f"expected_value_{days}"] = one.value.mean
            low, high = value_limits(one.value, one.outcomes.any_order[group])
            columns[f"value_low_{days}"], columns[f"value_high_{days}"] = low, high
    known = set(fitted.customers.columns)
    return fitted.customers.with_columns(
        pl.Series(name, values, dtype=pl.Float64).fill_nan(None)
        if values is not None
        else pl.lit(None, dtype=pl.Float64).alias(name)
        for name, values in columns.items()
        if name not in known
    ).select(pl.col(name).cast(kind) for name, kind in CUSTOMER_SCHEMA.items())


def _seen(found: Purchases, fitted: Fitted) -> dict[str, Any]:
    customers, histories = fitted.customers, fitted.grouped.histories
    return {
        "first": None if found.first is None else found.first.isoformat(),
        "last": None if found.last is None else found.last.isoformat(),
        "days": 0 if found.first is None else (fitted.end - found.first).days + 1,
        "buyers": found.buyers,
        "one_off_only": found.one_off_only,
        "customers": customers.height,
        "repeaters": histories.repeaters,
        "purchase_days": int(customers["repeats"].sum()) + customers.height,
        "spent": int(customers["spent"].sum()),
        "credit_notes": found.credit_notes,
        "credited": found.credited,
    }


def _correlation(fitted: Fitted) -> dict[str, Any]:
    known = (fitted.repeats > 0) & (fitted.repeat_value > 0)
    return answer_as_json(value_by_frequency(fitted.repeats[known], fitted.repeat_value[known]))


def _segments(worked: Worked) -> list[dict[str, Any]]:
    """Each segment's forecast; customers: those of its members who have one."""
    if not worked.expected:
        return []
    return [
        {
            "id": one.id,
            "name": one.name,
            "customers": len(worked.members[one.id]),
            "horizons": {
                str(days): expected_of(expected, worked.members[one.id])
                for days, expected in worked.expected.items()
            },
        }
        for one in worked.segments
    ]


def _tenths(worked: Worked) -> list[dict[str, Any]]:
    probability = alive(worked.fitted)
    if not worked.expected or isinstance(probability, NotEstimable):
        return []
    spent = worked.fitted.customers["spent"].to_numpy()
    return expected_tenths(worked.expected[max(HORIZONS)], probability, spent)


def _outside(error: float | None) -> str:
    if error is None or abs(error) > NEAR:
        return "wrong"
    return "close" if abs(error) <= CLOSE else "near"


def _is_close(backtest: Mapping[str, Any]) -> bool:
    """Whether the money foretold was good enough."""
    off = abs(backtest["value"]["estimate"] - backtest["value_came"])
    return bool(off <= CLOSE * abs(backtest["value_came"]))


def _is_vague(orders: Mapping[str, Any]) -> bool:
    return bool(orders["high"] - orders["low"] > 2 * VAGUE * orders["estimate"])
