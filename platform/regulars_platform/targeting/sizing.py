"""What the report taught of the keepers, and how many of them to hold out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regulars_experiments.effects import normal_quantile
from regulars_experiments.holdouts import HoldoutSizes


@dataclass(frozen=True, kw_only=True, slots=True)
class Belief:
    """Net profit of telling one of the keepers (customer or household), currency units."""

    mean: float
    sd: float


def belief_of_groups(groups: Sequence[Mapping[str, Any]], confidence: float) -> Belief | None:
    """From groups of a report: their pooled values weighed by size, errors taken as independent.

    confidence: of the report's intervals. None where no group has a value.
    """
    known = [(group, _value(group)) for group in groups]
    found = [(group["n"] + group["n_control"], value) for group, value in known if value]
    total = sum(size for size, _ in found)
    if not total:
        return None
    z = 2 * normal_quantile(confidence)
    mean = sum(size * value["mean"] for size, value in found) / total
    errors = [size * (value["high"] - value["low"]) / z for size, value in found]
    return Belief(mean=mean, sd=math.sqrt(sum(error**2 for error in errors)) / total)


def belief_of_rule(value: Mapping[str, Any], share: float) -> Belief | None:
    """From a rule's honest value per unit of the audience; share: whom it tells."""
    if "estimate" not in value or not share > 0:
        return None
    return Belief(mean=value["estimate"] / share, sd=value["standard_error"] / share)


@dataclass(frozen=True, kw_only=True, slots=True)
class KeeperSizes:
    """The engine's sizes; least: share of the keepers (0 to 1) below which the holdout would have
    too few buyers for the next report to say anything."""

    sizes: HoldoutSizes
    least: float


def _value(group: Mapping[str, Any]) -> Mapping[str, float] | None:
    if group["hidden"]:
        return None
    if group["pooled"] is not None:
        pooled: Mapping[str, float] = group["pooled"]
        return pooled
    net = group["net"]
    if "estimate" not in net:
        return None
    return {"mean": net["estimate"], "low": net["low"], "high": net["high"]}
