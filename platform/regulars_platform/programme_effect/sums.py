"""Answers of several campaigns added up, each times the customers it is about."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from regulars_experiments.results import Answer, Estimate, NotEstimable, Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One campaign or programme. each: per customer; of `customers` of them. waiting: further ones
    who were told and do not count before their window is over."""

    name: str
    kind: str
    id: int
    customers: int
    each: Answer
    waiting: int = 0

    @property
    def whole(self) -> Answer:
        """In all."""
        if isinstance(self.each, Estimate) and self.customers > 0:
            return self.each.scaled(self.customers)
        return self.each


@dataclass(frozen=True, kw_only=True, slots=True)
class Sum:
    """What parts come to. untold: names of those that have no estimate and are not in it."""

    whole: Answer
    parts: tuple[Part, ...]
    untold: tuple[str, ...]


def add_up(parts: Iterable[Part]) -> Sum:
    """Limits by MOVER (Zou & Donner 2008, eq. 2: the squares of the distances add up): each part
    has a draw of its own, so their errors are independent."""
    every = tuple(parts)
    known = [(part, part.whole) for part in every]
    told = [whole for _, whole in known if isinstance(whole, Estimate)]
    untold = tuple(part.name for part, whole in known if not isinstance(whole, Estimate))
    if not told:
        nothing = NotEstimable(reason=Reason.TOO_FEW_UNITS)
        return Sum(whole=nothing, parts=every, untold=untold)
    total = sum(one.estimate for one in told)
    below = math.hypot(*(one.estimate - one.low for one in told))
    above = math.hypot(*(one.high - one.estimate for one in told))
    errors = [one.standard_error for one in told]
    squares = [error for error in errors if error is not None]
    whole = Estimate(
        estimate=total,
        standard_error=math.hypot(*squares) if len(squares) == len(errors) else None,
        low=total - below,
        high=total + above,
        p_value=None,
    )
    return Sum(whole=whole, parts=every, untold=untold)
