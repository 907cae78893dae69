"""What the shop lives on, in words: a rule over the last 30 days beside the 30 before."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from regulars_platform.figures.counts import Counts

DAYS = 30
FEWEST = 30
MORE, LESS = Fraction(11, 10), Fraction(9, 10)

StageName = Literal[
    "too_few", "unknown", "growing_new", "leaking", "growing_both", "regulars", "fading"
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """name: the stage; now: 30 days; before: the 30 before them, None where not known."""

    name: StageName
    now: Counts
    before: Counts | None


def stage_of(now: Counts, before: Counts | None) -> Stage:
    """The stage, by the share of new buyers and how both kinds of buyers have changed.

    Half of the buyers new or more: growing by new customers, unless they are fewer than nine tenths
    of those before (leaking). Else: new ones up by a tenth: growing by both; old ones fewer than
    nine tenths of those before: fading; otherwise living on regulars.
    """
    return Stage(name=_name(now, before), now=now, before=before)


def _name(now: Counts, before: Counts | None) -> StageName:
    if now.buyers < FEWEST:
        return "too_few"
    if before is None or not before.buyers:
        return "unknown"
    if 2 * now.new_buyers >= now.buyers:
        return "leaking" if now.new_buyers < LESS * before.new_buyers else "growing_new"
    if now.new_buyers >= MORE * before.new_buyers:
        return "growing_both"
    return "fading" if now.old_buyers < LESS * before.old_buyers else "regulars"
