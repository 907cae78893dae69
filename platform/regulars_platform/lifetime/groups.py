"""Expected orders and value of groups of customers: everybody, or tenths."""

from typing import Any

import numpy as np
import numpy.typing as npt

from regulars_experiments.results import (
    Answer,
    Estimate,
    FloatArray,
    NotEstimable,
    answer_as_json,
)
from regulars_platform.lifetime.forecasts import Expected
from regulars_platform.orders.table import MONEY_SCALE

TENTHS = 10
Rows = npt.NDArray[np.intp]


def equal_parts(values: FloatArray) -> list[Rows]:
    """Rows in ten parts of equal size, the largest values first; fewer rows, fewer parts."""
    order = np.argsort(-values, kind="stable")
    return [part for part in np.array_split(order, TENTHS) if len(part)]


def expected_of(expected: Expected, rows: Rows | None = None) -> dict[str, Any]:
    """orders (whole) and value (ten-thousandths) of some customers, as answers in JSON."""
    orders = expected.orders if rows is None else expected.orders.rows(rows)
    found: Answer
    if isinstance(expected.value, NotEstimable):
        found = expected.value
    else:
        value = expected.value if rows is None else expected.value.rows(rows)
        found = scaled_answer(value.total(), MONEY_SCALE)
    return {
        "orders": answer_as_json(orders.total(whole=True)),
        "value": answer_as_json(found),
    }


def expected_tenths(
    expected: Expected, alive: FloatArray, spent: npt.NDArray[np.int64]
) -> list[dict[str, Any]]:
    """Customers by expected value (by orders where there is none), the highest first.

    share: of everything that is expected. spent: theirs so far, ten-thousandths.
    """
    ranked = expected.orders if isinstance(expected.value, NotEstimable) else expected.value
    whole = float(ranked.mean.sum())
    return [
        {
            "customers": len(rows),
            "alive": float(alive[rows].mean()),
            "share": float(ranked.mean[rows].sum()) / whole if whole > 0 else 0.0,
            "spent": int(spent[rows].sum()),
            **expected_of(expected, rows),
        }
        for rows in equal_parts(ranked.mean)
    ]


def scaled_answer(answer: Answer, factor: float) -> Answer:
    """The same in another unit."""
    return answer.scaled(factor) if isinstance(answer, Estimate) else answer
