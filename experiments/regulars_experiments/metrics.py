"""What is compared, and how customers were assigned: an evaluation's plan as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Combination = Mapping[str, Fraction | int]
"""Columns and their exact weights."""

Kind = Literal["mean", "conversion", "ratio"]
Role = Literal["primary", "secondary", "guardrail"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """What is compared. `value` is a weighted sum of columns; a ratio has a `denominator` too.

    mean: money or any number per customer. conversion: a column of 0 and 1. ratio: sum over sum.
    role: primary and secondary metrics are two families of tests, each corrected for its size; a
    guard-rail is watched for harm and corrected for nothing.
    """

    name: str
    kind: Kind
    value: Combination
    denominator: Combination | None = None
    role: Role = "primary"

    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        return (*self.value, *(self.denominator or {}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Winsorising:
    """The limit at which single amounts are capped, declared before the result is seen.

    Either an amount (`limit`, in the metric's unit) or a `percentile` from 0 to 1 over all arms
    together (limits per arm would bias the effect), of everybody or of those above zero only.
    """

    limit: Fraction | None = None
    percentile: float | None = None
    of_buyers: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError for a rule that says nothing or too much."""
        if (self.limit is None) == (self.percentile is None):
            raise ValueError("winsorising needs either a limit or a percentile")
        if self.limit is not None and self.limit <= 0:
            raise ValueError(f"a winsorising limit is above zero, got {self.limit}")
        if self.percentile is not None and not 0 < self.percentile < 1:
            raise ValueError(f"a percentile lies between 0 and 1, got {self.percentile}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Design:
    """How customers were assigned, and what is asked.

    arm: column of the assignment; control: its value for the control group. segments: columns
    whose values are reported one by one. covariates: columns from before the start. stratum:
    column within whose values customers were drawn. planned_customers: how many, control
    included, there will be at the planned end; then differences and lifts are safe to look at
    before, and methods that are not say so.
    pool_segments: also each segment's effect with what the others say.
    """

    arm: str
    control: str
    metrics: tuple[Metric, ...]
    covariates: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    confidence: float = 0.95
    stratum: str | None = None
    winsorising: Winsorising | None = None
    planned_customers: int | None = None
    pool_segments: bool = False
