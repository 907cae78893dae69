"""What a draft could prove and how many to hold out, from what its customers spent in the past.

The past window is as long as the outcome window and ends on the day that customers are described
as of. The same functions answer `regulars plan` (`power`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from regulars_experiments.design import Baseline, detectable_effect
from regulars_experiments.holdouts import (
    HoldoutQuestion,
    HoldoutSizes,
    Prior,
    Stakes,
    holdout_sizes,
)
from regulars_experiments.money_interval import LEAST_EXPECTED_BUYERS
from regulars_experiments.results import FloatArray, Reason
from regulars_platform.campaigns.plan import TreatmentArm
from regulars_platform.campaigns.power import family_confidence, usual_prior
from regulars_platform.fields import WHOLE
from regulars_platform.memory.forecast import ArmForecast
from regulars_platform.orders.table import MONEY_SCALE

LEAST_SHARE = 0.05
"""Held out at least where more is known than it costs to know: enough to notice a turn."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PastSpend:
    """What groups of customers spent in the past window; shape (groups,), currency units.

    The first group is everybody drawn, the others are the report segments in their order.
    """

    customers: FloatArray
    baseline: Baseline


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreseen:
    """What a comparison with the holdout would prove, four times out of five.

    detectable: gain in gross profit per customer, currency units; None for the reason `why`.
    """

    detectable: float | None
    why: Reason | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What of the draft a forecast needs. margin: middle of the range, as a share; confidence:
    as a share; rounds: further ones for which the answer decides."""

    holdout: int
    arms: tuple[TreatmentArm, ...]
    margin: float
    confidence: float
    rounds: int

    @property
    def smallest_arm(self) -> float:
        """Share of the treated who are in the smallest arm."""
        return min(arm.share for arm in self.arms) / sum(arm.share for arm in self.arms)

    @property
    def confidence_of_arms(self) -> float:
        """That each arm needs by itself for all together to keep the plan's (Holm)."""
        return family_confidence(self.confidence, len(self.arms))

    @property
    def contact_cost(self) -> float:
        """Of contacting one customer, over all arms, currency units."""
        total = sum(arm.share * arm.contact_cost for arm in self.arms)
        return total / sum(arm.share for arm in self.arms) / MONEY_SCALE


def past_spend(
    spend: pl.DataFrame, drawn: pl.DataFrame, segments: Sequence[str], cap: int | None
) -> PastSpend:
    """Moments of what each group spent.

    spend: customer_id, window_spend (ten-thousandths), only customers with orders; drawn:
    customer_id, segment; cap: on what one customer's spend counts, ten-thousandths.
    """
    counted = (
        pl.col("window_spend") if cap is None else pl.col("window_spend").clip(upper_bound=cap)
    )
    amount = counted.cast(pl.Float64) / MONEY_SCALE
    sums = (
        spend.join(drawn.select("customer_id", "segment"), on="customer_id", how="inner")
        .group_by("segment")
        .agg(
            (pl.col("window_spend") != 0).sum().alias("buyers"),
            amount.sum().alias("first"),
            (amount**2).sum().alias("second"),
        )
    )
    by_segment = {row[0]: row[1:] for row in sums.iter_rows()}
    sizes = dict(drawn.group_by("segment").len().iter_rows())
    return spend_moments(
        np.array(
            [(sizes.get(name, 0), *by_segment.get(name, (0, 0.0, 0.0))) for name in segments],
            dtype=np.float64,
        )
    )


def spend_moments(sums: FloatArray) -> PastSpend:
    """sums: of each segment how many, how many of them bought, the sum of what they spent in
    currency units, and that of its squares; shape (segments, 4)."""
    rows = sums.reshape(-1, 4)
    # every customer drawn is in one of the segments, so that everybody is their sum
    n, buyers, first, second = np.vstack([rows.sum(axis=0), rows]).T
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = first / n
        variance = np.maximum(second - n * mean**2, 0) / (n - 1)
        baseline = Baseline(buyers=buyers / n, mean=mean, sd=np.sqrt(variance))
    return PastSpend(customers=n, baseline=baseline)


def foresee_arms(terms: Terms, past: PastSpend, sizes: Sequence[int]) -> tuple[Foreseen, ...]:
    """For each arm against the holdout, corrected for looking at all arms as the report is.

    sizes: customers in the holdout, then in each arm.
    """
    everybody = past.baseline.cell(0)
    treated = np.array(sizes[1:], dtype=np.float64)
    found = detectable_effect(
        everybody, n_control=float(sizes[0]), n_arm=treated, confidence=terms.confidence_of_arms
    )
    return tuple(
        _foreseen(terms, float(difference), reason)
        for difference, reason in zip(found.difference, found.undefined, strict=True)
    )


def foresee_segments(terms: Terms, past: PastSpend) -> tuple[Foreseen, ...]:
    """For the smallest arm in each segment, corrected for looking at every arm in all of them.

    Segments without customers are not in the report, and no test of it.
    """
    inner = slice(1, None)
    tests = len(terms.arms) * int((past.customers[inner] > 0).sum())
    held = past.customers[inner] * terms.holdout / WHOLE
    found = detectable_effect(
        Baseline(
            buyers=past.baseline.buyers[inner],
            mean=past.baseline.mean[inner],
            sd=past.baseline.sd[inner],
        ),
        n_control=held,
        n_arm=(past.customers[inner] - held) * terms.smallest_arm,
        confidence=family_confidence(terms.confidence, max(tests, 1)),
        by_both_tests=tests > 1,
    )
    return tuple(
        _foreseen(terms, float(difference), reason)
        for difference, reason in zip(found.difference, found.undefined, strict=True)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Foretold:
    """Net profit of telling one customer as it is foretold: about normal, currency units."""

    mean: float
    sd: float


def foretold_of(
    forecast: Sequence[ArmForecast] | None, terms: Terms, customers: int
) -> Foretold | None:
    """Of an average arm, the larger weighing more; None where nothing is remembered of any.

    customers: drawn for the draft, told or not.
    """
    arms = forecast or ()
    told = customers * sum(arm.share for arm in terms.arms) / WHOLE
    if not told or not any(arm.remembered for arm in arms):
        return None
    # arms lean on the same past and are judged one by one: their errors are not averaged away
    mean = sum(arm.expected for arm in arms) / told
    return Foretold(mean=mean, sd=sum(arm.deviation for arm in arms) / told)


def foresee_holdouts(
    terms: Terms, past: PastSpend, given_away: float, foretold: Foretold | None
) -> HoldoutSizes | None:
    """The three sizes for what is believed of the offer; None where the past has no spend.

    foretold: None for a usual offer (`usual_prior`). given_away: what the offer gives an average
    treated customer for orders that come anyway, beyond what the holdout gets, currency units.
    """
    mean = float(past.baseline.mean[0])
    if not mean > 0:
        return None
    cost, usual = terms.contact_cost + given_away, usual_prior(mean)
    return holdout_sizes(
        HoldoutQuestion(
            customers=int(past.customers[0]),
            baseline=past.baseline.cell(0),
            # the engine asks for the effect on spend, of which the margin is kept and the cost paid
            prior=usual
            if foretold is None
            else Prior(mean=(foretold.mean + cost) / terms.margin, sd=foretold.sd / terms.margin),
            stakes=Stakes(
                margin=terms.margin,
                contact_cost=cost,
                further_rounds=terms.rounds,
            ),
            arm_share=terms.smallest_arm,
            # finance wants the same proved, whatever is believed
            target=max(usual.sd, cost / terms.margin),
            confidence=terms.confidence_of_arms,
        )
    )


def least_holdout(past: PastSpend) -> float:
    """Share of the customers below which a report could not tell when an offer stops paying."""
    buyers = float(past.baseline.buyers[0] * past.customers[0])
    return max(LEAST_SHARE, min(1.0, LEAST_EXPECTED_BUYERS / buyers) if buyers > 0 else 1.0)


def _foreseen(terms: Terms, difference: float, reason: Reason | None) -> Foreseen:
    return Foreseen(
        detectable=None if reason is not None else difference * terms.margin, why=reason
    )
