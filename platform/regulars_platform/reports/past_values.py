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
        {
            "arm": arm.name,
            "threshold": threshold,
            "reaching": shown_count(int((values >= threshold).sum())),
        }
        for arm in plan.arms
        if not isinstance(arm.offer, MessageOnly) and arm.offer.multiple is None
        if (threshold := arm.offer.threshold)
    ]
    thresholds = [int(str(mark["threshold"])) for mark in marks]
    edges = bin_edges(values, thresholds)
    below, *inside, above = told_apart(values, edges, min(thresholds, default=0))
    return {
        "units": len(found),
        "without_value": len(found) - len(values),
        "thresholds": marks,
        "edges": edges,
        "counts": inside,
        "below": below,
        "above": above,
    }


def told_apart(values: Amounts, edges: Sequence[int], threshold: int) -> list[int | None]:
    """Below the edges, between each two, above them: counts; None for few people.

    How many lie on either side of the threshold is told, so a single None, or several of few people
    in all, would follow from the others: there the smallest count beside them is kept back as well.
    """
    if not edges:
        return [0, 0]
    inside: list[int] = np.histogram(values, edges)[0].tolist()
    counts = [int((values < edges[0]).sum()), *inside, int((values > edges[-1]).sum())]
    lows = [0, *edges[:-1], edges[-1]]
    sides = [
        [at for at, low in enumerate(lows) if (low < threshold) is side] for side in (True, False)
    ]
    if any(sum(counts[at] for at in side) < LEAST_SHOWN for side in sides):
        sides = [[*sides[0], *sides[1]]]  # then the side is not told either, only how many in all
    hidden: set[int] = set()
    for side in sides:
        cells = [at for at in side if counts[at]]
        few = {at for at in cells if counts[at] < LEAST_SHOWN}
        beside = sorted(set(cells) - few, key=lambda at: counts[at])
        while few and beside and (len(few) < 2 or sum(counts[at] for at in few) < LEAST_SHOWN):
            few.add(beside.pop(0))
        hidden |= few
    return [None if at in hidden else count for at, count in enumerate(counts)]


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
