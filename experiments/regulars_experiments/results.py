"""What a computation answers: an estimate with its uncertainty, or the reason why there is none.

Undefined is not zero. A cell without buyers, with one customer, or without variation has no
interval, and says so by being another type.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
ReasonArray = npt.NDArray[np.object_]


class Reason(StrEnum):
    """Why something cannot be computed."""

    TOO_FEW_UNITS = "too_few_units"
    NO_VARIATION = "no_variation"
    NO_BUYERS = "no_buyers"
    TOO_FEW_BUYERS = "too_few_buyers"
    CONTROL_NOT_POSITIVE = "control_not_positive"
    UNBOUNDED = "unbounded"
    NO_DENOMINATOR = "no_denominator"
    NO_SPREAD_IN_COVARIATE = "no_spread_in_covariate"
    TOO_FEW_FOR_COVARIATES = "too_few_for_covariates"
    TOO_EARLY_TO_LOOK = "too_early_to_look"
    NOT_A_RATIO = "not_a_ratio"
    TOO_FEW_CAMPAIGNS = "too_few_campaigns"
    NOT_DETECTABLE = "not_detectable"
    SENDING_DOES_NOT_PAY = "sending_does_not_pay"
    NOT_YES_OR_NO = "not_yes_or_no"
    NO_TOTAL_EFFECT = "no_total_effect"
    TOO_FEW_REPEATERS = "too_few_repeaters"
    TOO_FEW_KEPT = "too_few_kept"
    ALL_HISTORIES_ALIKE = "all_histories_alike"
    ALL_VALUES_ALIKE = "all_values_alike"
    NO_MEAN_VALUE = "no_mean_value"
    NO_VALUE_RANGE = "no_value_range"


REASONS: Mapping[Reason, str] = {
    Reason.TOO_FEW_UNITS: "fewer than two customers in one of the two groups",
    Reason.NO_VARIATION: "nobody differs in either group, so there is no error to estimate",
    Reason.NO_BUYERS: "nobody in one of the two groups has any of it",
    Reason.TOO_FEW_BUYERS: (
        "fewer than 30 buyers are expected in the smaller group, too few for a valid interval"
    ),
    Reason.CONTROL_NOT_POSITIVE: "the control group's mean is not above zero",
    Reason.UNBOUNDED: (
        "the control group's mean cannot be told from zero, so the ratio to it has no bounds"
    ),
    Reason.NO_DENOMINATOR: "the denominator of the ratio is zero in one of the two groups",
    Reason.NO_SPREAD_IN_COVARIATE: "the covariate is the same for everybody",
    Reason.TOO_FEW_FOR_COVARIATES: (
        "one of the two groups has too few customers for that many covariates"
    ),
    Reason.TOO_EARLY_TO_LOOK: "too few buyers so far for an interval that allows looking early",
    Reason.NOT_A_RATIO: "what it is divided by is not clearly above zero, so there is no ratio",
    Reason.TOO_FEW_CAMPAIGNS: "too few past campaigns to tell",
    Reason.NOT_DETECTABLE: "the customers are too few to prove an effect of that size",
    Reason.SENDING_DOES_NOT_PAY: (
        "sending is expected to cost more than it brings, whatever is held out: not sending is best"
    ),
    Reason.NOT_YES_OR_NO: "the measure exists only for outcomes of 0 and 1",
    Reason.NO_TOTAL_EFFECT: (
        "the effect on everybody is not above zero, so there is nothing to divide by"
    ),
    Reason.TOO_FEW_REPEATERS: "fewer than 30 customers have bought again so far",
    Reason.TOO_FEW_KEPT: (
        "fewer than 30 customers have bought again for any money that was not given back"
    ),
    Reason.ALL_HISTORIES_ALIKE: (
        "all customers who bought again did so alike, so nothing tells the frequent from the rare"
    ),
    Reason.ALL_VALUES_ALIKE: (
        "orders are worth the same to everybody, so nothing tells one customer's from another's"
    ),
    Reason.NO_MEAN_VALUE: "a few orders are so large that the mean of customers has no end",
    Reason.NO_VALUE_RANGE: "a few orders are so large that the range of the sum has no end",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """An estimate in the unit of its metric.

    standard_error: None where the method gives limits without one. low, high: the interval at the
    confidence asked for. p_value: two-sided, by inverting the same interval; None where there is
    no hypothesis of zero to test.
    """

    estimate: float
    standard_error: float | None
    low: float
    high: float
    p_value: float | None

    def scaled(self, factor: float) -> "Estimate":
        """The same estimate in another unit (`factor` > 0)."""
        return Estimate(
            estimate=self.estimate * factor,
            standard_error=None if self.standard_error is None else self.standard_error * factor,
            low=self.low * factor,
            high=self.high * factor,
            p_value=self.p_value,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class NotEstimable:
    """There is no number, for this reason."""

    reason: Reason

    @property
    def words(self) -> str:
        """The reason in English."""
        return REASONS[self.reason]


Answer = Estimate | NotEstimable


@dataclass(frozen=True, kw_only=True, slots=True)
class Intervals:
    """Answers for many cells at once; all arrays have the shape of the cells, (cells,).

    undefined: object array, a Reason where the cell has no answer, else None. The other arrays
    hold NaN there. method: what was used in each cell.
    """

    estimate: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray
    undefined: ReasonArray
    method: npt.NDArray[np.object_]

    def answer(self, cell: int) -> Answer:
        """One cell's answer."""
        return self.part(slice(cell, cell + 1) if cell != -1 else slice(cell, None)).answers()[0]

    def part(self, places: slice) -> "Intervals":
        """Some of the cells."""
        return Intervals(
            **{field.name: getattr(self, field.name)[places] for field in fields(self)}
        )

    def answers(self) -> list[Answer]:
        """Every cell's answer."""
        columns = (self.estimate, self.standard_error, self.low, self.high, self.p_value)
        return [
            NotEstimable(reason=reason)
            if reason is not None
            else Estimate(
                estimate=estimate,
                standard_error=None if math.isnan(error) else error,
                low=low,
                high=high,
                p_value=None if math.isnan(p_value) else p_value,
            )
            for reason, estimate, error, low, high, p_value in zip(
                self.undefined, *(column.tolist() for column in columns), strict=True
            )
        ]


def build_intervals(
    *,
    estimate: FloatArray,
    standard_error: FloatArray,
    low: FloatArray,
    high: FloatArray,
    p_value: FloatArray,
    undefined: ReasonArray,
    method: str | npt.NDArray[np.object_],
) -> Intervals:
    """Intervals with NaN wherever a cell is undefined, so that no stray number can leak out."""
    bad = undefined != np.array(None)
    hidden = [
        np.where(bad, np.nan, values) for values in (estimate, standard_error, low, high, p_value)
    ]
    if isinstance(method, str):
        method = np.full(estimate.shape, method, dtype=object)
    return Intervals(
        estimate=hidden[0],
        standard_error=hidden[1],
        low=hidden[2],
        high=hidden[3],
        p_value=hidden[4],
        undefined=undefined,
        method=method,
    )


def no_reasons(shape: tuple[int, ...]) -> ReasonArray:
    """An array of "nothing is wrong" to be filled by `first_reason`."""
    return np.full(shape, None, dtype=object)


def first_reason(undefined: ReasonArray, where: npt.NDArray[np.bool_], reason: Reason) -> None:
    """Note `reason` in the cells of `where` that have none yet."""
    undefined[where & (undefined == np.array(None))] = reason


def answer_as_json(answer: Answer) -> dict[str, Any]:
    """The one shape in which an answer is written to JSON."""
    match answer:
        case Estimate():
            return {
                "estimate": answer.estimate,
                "standard_error": answer.standard_error,
                "low": answer.low,
                "high": answer.high,
                "p_value": answer.p_value,
            }
        case NotEstimable():
            return {"not_estimable": answer.words, "code": answer.reason.value}


def numbers(values: FloatArray) -> list[float | None]:
    """Plain floats; None for NaN."""
    return [None if math.isnan(value) else value for value in values.tolist()]
