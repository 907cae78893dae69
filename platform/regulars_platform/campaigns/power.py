"""What a campaign could prove and how many to hold out: schema `regulars.plan/1`.

Described in docs/plan-json.md. Fields are only ever added; a field that changes its meaning changes
the schema's number. The form's live side asks the same functions (`launching.preview`).
"""

import math
from dataclasses import dataclass
from typing import Any

from regulars_experiments.design import (
    Baseline,
    Detectable,
    baseline_of_buyers,
    chance_of_proof,
    detectable_effect,
    detectable_share,
)
from regulars_experiments.holdouts import (
    HoldoutQuestion,
    HoldoutSize,
    HoldoutSizes,
    Prior,
    Stakes,
    holdout_sizes,
    size_of_test_and_roll,
)
from regulars_experiments.money_interval import LEAST_EXPECTED_BUYERS
from regulars_experiments.results import REASONS, NotEstimable, Reason

SCHEMA = "regulars.plan/1"
USUAL_SPREAD = 0.1  # of spend: how far effects of offers lie apart where nobody has tried


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanQuestion:
    """What is known beforehand. Money in any one unit.

    rate: share of customers who buy in the window. mean, sd: of what one buyer spends in it.
    holdout: share held out. segments: how many of equal size. prior_mean, prior_sd: of the
    offer's effect on spend per customer. target: gain in spend per customer that finance wants
    proved, as a share of it. horizon: further rounds. None: see `usual_prior` and `holdout_sizes`.
    """

    customers: int
    rate: float
    mean: float
    sd: float
    holdout: float
    segments: int | None = None
    prior_mean: float | None = None
    prior_sd: float | None = None
    margin: float | None = None
    contact_cost: float = 0.0
    horizon: float = 4.0
    target: float | None = None
    confidence: float = 0.95
    power: float = 0.8


def usual_prior(
    mean_per_customer: float, prior_mean: float | None = None, prior_sd: float | None = None
) -> Prior:
    """What is believed of an offer: what was given, else +5% of spend, give or take 10%.

    A mean of half the deviation says that two offers in three bring something, which is why they
    are made and why they are tested. (With a mean of 0 a holdout of half the list would cost
    nothing.)

    >>> usual_prior(20.0)
    Prior(mean=1.0, sd=2.0)
    """
    if prior_sd is None:
        prior_sd = USUAL_SPREAD * mean_per_customer
    return Prior(mean=prior_sd / 2 if prior_mean is None else prior_mean, sd=prior_sd)


def family_confidence(confidence: float, tests: int) -> float:
    """Of one of several tests (arms, segments) so that all together keep `confidence`:
    Bonferroni's, which is the most cautious step of Holm's correction (Holm 1979)."""
    return 1 - (1 - confidence) / tests


def plan_document(asked: PlanQuestion) -> dict[str, Any]:
    """The whole answer. Raises ValueError for numbers that cannot be."""
    baseline = baseline_of_buyers(asked.rate, asked.mean, asked.sd)
    mean = float(baseline.mean[0])
    held = round(asked.customers * asked.holdout)
    treated = asked.customers - held
    prior = usual_prior(mean, asked.prior_mean, asked.prior_sd)
    stakes = Stakes(
        margin=1.0 if asked.margin is None else asked.margin,
        contact_cost=asked.contact_cost,
        further_rounds=asked.horizon,
    )
    sizes = holdout_sizes(
        HoldoutQuestion(
            customers=asked.customers,
            baseline=baseline,
            prior=prior,
            stakes=stakes,
            target=None if asked.target is None else asked.target * mean,
            confidence=asked.confidence,
            power=asked.power,
        )
    )
    whole = detectable_effect(
        baseline,
        n_control=held,
        n_arm=treated,
        confidence=asked.confidence,
        power=asked.power,
    )
    return {
        "schema": SCHEMA,
        "customers": asked.customers,
        "holdout": {"share": asked.holdout, "customers": held},
        "treated": treated,
        "confidence": asked.confidence,
        "power": asked.power,
        "baseline": {
            "rate": asked.rate,
            "mean_of_buyers": asked.mean,
            "sd_of_buyers": asked.sd,
            "mean_per_customer": mean,
            "sd_per_customer": float(baseline.sd[0]),
            "expected_holdout_buyers": held * asked.rate,
        },
        **_mde(whole, asked.customers, treated, asked.margin),
        "mde_buyers": _mde_buyers(asked, held, treated),
        "target_chance": _target_chance(asked, baseline, sizes.target, held),
        "segments": _segments(asked, baseline, held),
        "assumed": _assumed(asked, prior, stakes) | {"target": sizes.target},
        "holdout_sizes": _sizes(sizes, asked),
        "test_and_roll": _test_and_roll(asked.customers, baseline, prior),
    }


def _assumed(asked: PlanQuestion, prior: Prior, stakes: Stakes) -> dict[str, Any]:
    return {
        "prior_mean": prior.mean,
        "prior_sd": prior.sd,
        "prior_given": asked.prior_sd is not None or asked.prior_mean is not None,
        "margin": stakes.margin,
        "contact_cost": stakes.contact_cost,
        "horizon": stakes.further_rounds,
    }


def _mde(
    found: Detectable, customers: float, treated: float, margin: float | None
) -> dict[str, Any]:
    """mde_relative, mde_per_customer and in all; null with the reason. treated: those told."""
    reason = found.undefined[0]
    each = None if reason is not None else float(found.difference[0])
    profit = None if each is None or margin is None else each * margin
    fields: dict[str, Any] = {
        "mde_relative": None if each is None else float(found.relative[0]),
        "mde_per_customer": each,
        "mde_money": None if each is None else each * customers,
        "mde_money_treated": None if each is None else each * treated,
        "mde_profit": None if profit is None else profit * customers,
        "mde_profit_treated": None if profit is None else profit * treated,
    }
    return fields if reason is None else fields | _why(reason)


def _why(reason: Reason) -> dict[str, str]:
    return {"not_estimable": REASONS[reason], "code": reason.value}


def _mde_buyers(asked: PlanQuestion, held: int, treated: int) -> float | None:
    enough = min(held, treated) * asked.rate >= LEAST_EXPECTED_BUYERS
    if not (asked.rate < 1 and enough):
        return None
    return detectable_share(
        asked.rate,
        n_control=held,
        n_arm=treated,
        confidence=asked.confidence,
        power=asked.power,
    )


def _target_chance(
    asked: PlanQuestion, baseline: Baseline, target: float, held: int
) -> float | None:
    """Of proving the target with the holdout asked for."""
    found = chance_of_proof(
        baseline,
        target / float(baseline.mean[0]),
        n_control=held,
        n_arm=asked.customers - held,
        confidence=asked.confidence,
    )
    return None if math.isnan(found[0]) else float(found[0])


def _segments(asked: PlanQuestion, baseline: Baseline, held: int) -> dict[str, Any] | None:
    if asked.segments is None:
        return None
    count = asked.segments
    confidence = family_confidence(asked.confidence, count)
    customers = asked.customers / count

    def found(level: float, *, family: bool) -> dict[str, Any]:
        effect = detectable_effect(
            baseline,
            n_control=held / count,
            n_arm=customers - held / count,
            confidence=level,
            power=asked.power,
            by_both_tests=family,
        )
        return _mde(effect, customers, customers - held / count, asked.margin)

    return {
        "count": count,
        "customers": customers,
        "confidence": confidence,
        **found(confidence, family=count > 1),
        "alone": {"confidence": asked.confidence, **found(asked.confidence, family=False)},
    }


def _sizes(found: HoldoutSizes, asked: PlanQuestion) -> dict[str, Any]:
    def one(answer: HoldoutSize | NotEstimable) -> dict[str, Any]:
        if isinstance(answer, NotEstimable):
            nothing = dict.fromkeys(
                (
                    "customers",
                    "share",
                    "withheld",
                    "mde_relative",
                    "mde_per_customer",
                    "mde_money",
                    "mde_money_treated",
                )
            )
            return nothing | _why(answer.reason)
        each = answer.difference
        return {
            "customers": answer.customers,
            "share": answer.share,
            "withheld": answer.withheld,
            "mde_relative": answer.relative,
            "mde_per_customer": each,
            "mde_money": None if each is None else each * asked.customers,
            "mde_money_treated": None
            if each is None
            else each * (asked.customers - answer.customers),
        }

    return {
        "learn_most": one(found.learn_most),
        "earn_most": one(found.earn_most),
        "convince_finance": one(found.convince_finance),
    }


def _test_and_roll(customers: int, baseline: Baseline, prior: Prior) -> dict[str, Any]:
    """Two equal test groups first, the better for the rest of the list."""
    spread = float(baseline.sd[0])
    each = (
        size_of_test_and_roll(
            customers=customers, response_sd=spread, prior_sd=prior.sd / math.sqrt(2)
        )
        if spread > 0
        else 1.0
    )
    return {"customers_per_group": max(1, round(each))}
