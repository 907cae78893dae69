"""The repurchase rate beside the shop's goal, and what existing customers alone bring in.

The goal is the section `goals` of the shop's practice: {"repurchase_rate": [from, to]} in percent.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import numpy as np
import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.errors import RegularsError
from regulars_platform.figures.coming_back import coming_back
from regulars_platform.figures.counts import Counts, count
from regulars_platform.figures.periods import days_until
from regulars_platform.figures.visits import Cut, Source
from regulars_platform.shops.practice import HasPractice, keep_section, read_section
from regulars_platform.words import N_, Sentence

GOALS, RATE = "goals", "repurchase_rate"
YEAR_DAYS = 365


class GoalError(RegularsError):
    """A goal that is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """A repurchase rate from `low` to `high`, percent."""

    low: Decimal = Decimal(30)
    high: Decimal = Decimal(50)


@dataclass(frozen=True, kw_only=True, slots=True)
class Repurchase:
    """buyers: customers of the 365 days; again: those with purchases on two days of it or more.

    Neither counts goods that one buys once; once: customers who bought nothing else. year: what
    they paid, by whether they had bought before; whole: orders reach over all of it.
    """

    buyers: int
    again: int
    once: int
    year: Counts | None

    @property
    def rate(self) -> Fraction | None:
        """again / buyers."""
        return Fraction(self.again, self.buyers) if self.buyers else None


def read_goal(shop: HasPractice) -> Goal:
    """The shop's own, or 30 to 50 percent."""
    kept = (read_section(shop, GOALS) or {}).get(RATE)
    return Goal() if kept is None else Goal(low=Decimal(kept[0]), high=Decimal(kept[1]))


def parse_goal(low: str, high: str) -> Goal:
    """A goal from what somebody typed; GoalError says what is wrong with it."""
    found = [_percent(text) for text in (low, high)]
    first, last = found
    if first is None or last is None or first > last:
        raise GoalError(
            Sentence(N_("“%(low)s to %(high)s” is no goal."), {"low": low[:20], "high": high[:20]}),
            Sentence(N_("Two percentages from 0 to 100, the lower one first, such as 30 and 50.")),
            field="goal",
        )
    return Goal(low=first, high=last)


def keep_goal(session: Session, shop: HasPractice, shop_id: int, goal: Goal) -> None:
    """Keep it as the shop's own, beside its other goals."""
    others = read_section(shop, GOALS) or {}
    keep_section(session, shop_id, GOALS, {**others, RATE: [str(goal.low), str(goal.high)]})


def repurchase_on(source: Source, day: dt.date, cut: Cut | None = None) -> Repurchase:
    """Over the 365 days up to `day`. A segment is taken as of the first of them."""
    year = days_until(day, YEAR_DAYS)
    asked = "all" if cut is None else cut.key

    def build() -> pl.DataFrame:
        members = None if cut is None else source.members(cut, year.first)
        found = coming_back(source).within(year, members)
        days = np.bincount(found.code, minlength=1)
        buyers = int(np.count_nonzero(days))
        numbers = {
            "buyers": [buyers],
            "again": [int(np.count_nonzero(days > 1))],
            "once": [source.visits.within(year, members).customers() - buyers],
        }
        return pl.DataFrame(numbers, schema=dict.fromkeys(numbers, pl.Int64))

    row = source.kept("repurchase", f"{day}-{asked}-{source.files_key}", build).row(0, named=True)
    return Repurchase(year=count(source, [year], cut)[0], **row)


def _percent(text: str) -> Decimal | None:
    try:
        found = Decimal(text.strip().removesuffix("%").strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found <= 100 else None
