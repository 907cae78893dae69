"""What the campaign's people had spent on an order before, in bins, beside the offers' thresholds.

Counted in the ledger alone, as of the draw: whoever spent a threshold's worth before would have
reached it without being told. Bins of fewer than ten are not told apart from each other.
"""

from collections.abc import Sequence
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from regulars_platform.campaigns.plan import Plan
from regulars_platform.offers.kinds import MessageOnly
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.privacy import LEAST_SHOWN
from regulars_platform.reports.thresholds import order_values

COUNTED = "counted"
"""Among a report's inputs where past values are in its document; reports without it are older."""

_MOST_BINS, _FEWEST_BINS = 24, 4
_EACH = 25  # people whom a bin should hold on average
_TAILS = (0.5, 99.5)  # percent; what lies outside is counted, not drawn

Amounts = npt.NDArray[np.int64]


def past_values_json(ledger: pl.DataFrame, plan: Plan) -> dict[str, Any]:
    """As the report's document has it; money in ten-thousandths, so that edges are exact."""
    found = order_values(ledger).get_column("value")
    known = (found.drop_nulls() * MONEY_SCALE).round().cast(pl.Int64)
    values: Amounts = known.filter(known > 0).to_numpy()
    marks = [
        {"arm": arm.name, "threshold": threshold, "reaching": int((values >= threshold).sum())}
        for arm in plan.arms
        if not isinstance(arm.offer, MessageOnly) and arm.offer.multiple is None
        if (threshold := arm.offer.threshold)
    ]
    edges = bin_edges(values, [int(str(mark["threshold"])) for mark in marks])
    inside: list[int] = np.histogram(values, edges)[0].tolist() if edges else []
    return {
        "units": len(found),
        "without_value": len(found) - len(values),
        "thresholds": marks,
        "edges": edges,
        "counts": [shown_count(count) for count in inside],
        "below": shown_count(int((values < edges[0]).sum())) if edges else 0,
        "above": shown_count(int((values > edges[-1]).sum())) if edges else 0,
    }


def shown_count(count: int) -> int | None:
    """A count; None where so few are in it that they might be known."""
    return None if 0 < count < LEAST_SHOWN else count


def bin_edges(values: Amounts, thresholds: Sequence[int]) -> list[int]:
    """Edges of equal bins of round width around nearly all values; the first threshold is one.

    values, thresholds, edges: ten-thousandths. Empty where there are no values.
    """
    if not len(values):
        return []
    low, high = (float(end) for end in np.percentile(values, _TAILS))
    wanted = min(max(len(values) // _EACH, _FEWEST_BINS), _MOST_BINS)
    width = round_width(max(high - low, 1.0) / wanted)
    origin = min(thresholds, default=0) % width
    first = origin + floor((low - origin) / width) * width
    last = origin + max(ceil((high - origin) / width), 1) * width
    # nobody spent less than nothing: the first bin may be a narrower one
    return sorted({max(edge, 0) for edge in range(first, max(last, first + width) + 1, width)})


def round_width(least: float) -> int:
    """The next of 1, 2, 5, 10, 20, ... hundredths of a currency unit."""
    step = MONEY_SCALE // 100
    while True:
        for times in (1, 2, 5):
            if step * times >= least:
                return step * times
        step *= 10
