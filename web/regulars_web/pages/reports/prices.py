"""What being wrong would cost in each segment, as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars_web.words.reports import amount, chance, price, segment_name


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceRow:
    """One segment of one arm; money over all further rounds. gain: the test's worth less its cost.

    change: what another threshold is expected to earn more; empty where none is.
    """

    name: str
    arm: str
    chance: str
    keep: str
    stop: str
    worth: str
    cost: str
    gain: str
    change: str


def price_rows(groups: Sequence[Mapping[str, Any]], currency: str) -> tuple[PriceRow, ...]:
    """In the order given; none for groups that are hidden or have no decision."""
    return tuple(
        _row(group, group["decision"], currency)
        for group in groups
        if not group["hidden"] and group["decision"] is not None
    )


def _row(group: Mapping[str, Any], decision: Mapping[str, Any], currency: str) -> PriceRow:
    change = decision.get("value_of_change")
    gain = decision["value_of_test"] - decision["cost_of_test"]
    return PriceRow(
        name=segment_name(group["segment"]),
        arm=group["arm"],
        chance=chance(decision["chance_positive"]),
        keep=price(decision["loss_if_kept_wrongly"], currency),
        stop=price(decision["loss_if_stopped_wrongly"], currency),
        worth=price(decision["value_of_test"], currency),
        cost=price(decision["cost_of_test"], currency),
        gain=amount(gain, currency, whole=True, signed=True),
        change="" if change is None else price(change, currency),
    )
