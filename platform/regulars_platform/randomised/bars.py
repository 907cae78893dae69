"""The bars of the waterfall: what the net is made of, with intervals that go as far."""

from dataclasses import dataclass

from regulars_experiments.comparison import Comparison
from regulars_experiments.methods import money, peek_safe
from regulars_experiments.metrics import Combination
from regulars_experiments.profit import ProfitColumns, exact_difference
from regulars_experiments.results import (
    Answer,
    FloatArray,
    Intervals,
    Reason,
    first_reason,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One bar of the waterfall; costs are negative."""

    name: str
    amount: Answer


def margin_at_every_look(
    comparison: Comparison, value: Combination, planned: FloatArray, confidence: float
) -> Intervals:
    """What the goods earned; planned: customers at the planned end, per cell."""
    return peek_safe(money(value, confidence, comparison), planned, confidence)[0]


def bars_of(
    goods: Intervals,
    comparison: Comparison,
    columns: ProfitColumns,
    confidence: float,
    reach: FloatArray,
) -> list[tuple[Bar, ...]]:
    """Per cell; reach: the normal quantile at which the costs have their limits.

    goods: the first bar. What the offer cost is not known without error
    only because nobody used it so far: there it is not estimable, and adds nothing.
    """
    named = {"goods": goods}
    for name, column in (("offer", columns.offer_cost), ("contact", columns.contact_cost)):
        if column is not None:
            sides = comparison.summaries({column: -1})
            named[name] = exact_difference(*sides, confidence=confidence, reach=reach)
            if name == "offer":
                nobody = (sides[0].mean_square == 0) & (sides[1].mean_square == 0)
                first_reason(named[name].undefined, nobody, Reason.NO_VARIATION)
    answers = {name: intervals.answers() for name, intervals in named.items()}
    return [
        tuple(Bar(name=name, amount=cells[place]) for name, cells in answers.items())
        for place in range(len(reach))
    ]
