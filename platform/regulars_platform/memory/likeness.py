"""Whom of a plan's customers past campaigns have met, whatever rule or audience named them.

The next round of a campaign is made for some of its customers, so its rules are others and its
people are not. What counts is who is in it: of the customers as they are today, how many of the
plan's would a past campaign have met, and how many of those does the plan have.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from regulars_platform.campaigns.plan import NamedRule
from regulars_platform.campaigns.population import segment_expression
from regulars_platform.memory.models import Lesson
from regulars_platform.segments.rules import Rule, rule_expression

MOST_MET = 40
"""Of so many people, those met last, the likeness is measured."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Met:
    """People of whom a campaign taught something, as its plan has them.

    key: of what was learnt of them (see `people`); segment: None for everybody of the audience;
    keepers: they are those whom the campaign's report would keep.
    """

    key: str
    campaign: str
    segment: str | None
    ends_on: dt.date
    audience: Rule
    segments: tuple[NamedRule, ...]
    keepers: bool = False

    def expression(self) -> pl.Expr:
        """Whether a customer is one of them, over the feature frame; never null."""
        inside = rule_expression(self.audience)
        if self.segment is None:
            return inside
        return inside & (segment_expression(self.segments) == self.segment)


@dataclass(frozen=True, kw_only=True, slots=True)
class Likeness:
    """How like a group of a plan is to people who were met. Those: see `Met`.

    share: of the group's customers, those who are such people; coverage: of all such people, those
    who are in the group. Both 0 to 1, of customers as they are described for the plan.
    """

    key: str
    campaign: str
    segment: str | None
    share: float
    coverage: float
    keepers: bool = False

    @property
    def strangeness(self) -> float:
        """How far what was learnt may miss the group: 0 for the same people, 1 for all others.

        The group D and the people L are made of three parts: B in both, A only in D, C only in L.
        If the mean effects x of parts have the variance v, then those of D and L differ by
        x(D) - x(L) = (share - coverage) x(B) + (1 - share) x(A) - (1 - coverage) x(C)
        with the variance v ((share - coverage)^2 + (1 - share)^2 + (1 - coverage)^2): 2 v times
        what this returns.

        >>> def likeness(share: float, coverage: float) -> Likeness:
        ...     return Likeness(key="", campaign="", segment=None, share=share, coverage=coverage)
        >>> likeness(1.0, 1.0).strangeness, likeness(1.0, 0.5).strangeness
        (0.0, 0.25)
        """
        squares = (
            (self.share - self.coverage) ** 2 + (1 - self.share) ** 2 + (1 - self.coverage) ** 2
        )
        return squares / 2


Likenesses = Mapping[str | None, tuple[Likeness, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class ShopMemory:
    """What a shop remembers for a forecast: lessons, and the people of whom they speak."""

    lessons: tuple[Lesson, ...] = ()
    met: tuple[Met, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule by which people of the past are known; a frame needs their columns."""
        return tuple(
            rule
            for one in self.met
            for rule in (one.audience, *(segment.rule for segment in one.segments))
        )

    def met_before(self, day: dt.date) -> list[Met]:
        """Of each key the latest, of campaigns whose window was over by `day`."""
        latest: dict[str, Met] = {}
        for one in sorted(self.met, key=lambda one: one.ends_on):
            if one.ends_on < day:
                # taken out first, so that the order is that of the latest
                latest.pop(one.key, None)
                latest[one.key] = one
        return list(latest.values())[-MOST_MET:]


NO_MEMORY = ShopMemory()


def measure_likeness(
    features: pl.LazyFrame, drawn: pl.DataFrame, met: Sequence[Met]
) -> dict[str | None, tuple[Likeness, ...]]:
    """By segment of the drawn customers, None for everybody drawn; people of whom none is drawn
    are left out.

    features: of all customers of the shop; drawn: customer_id, segment.
    """
    if not met or drawn.is_empty():
        return {}
    flags = [one.expression().alias(f"met_{place}") for place, one in enumerate(met)]
    counted = (
        features.select("customer_id", *flags)
        .join(drawn.lazy().select("customer_id", "segment"), on="customer_id", how="left")
        .group_by("segment", maintain_order=True)
        .agg(pl.len(), pl.col("^met_.*$").sum())
        .collect()
    )
    whole = [int(counted[f"met_{place}"].sum()) for place in range(len(met))]
    inside = counted.filter(pl.col("segment").is_not_null())
    rows: list[tuple[str | None, Sequence[int]]] = [(row[0], row[1:]) for row in inside.iter_rows()]
    rows.append((None, inside.drop("segment").sum().row(0)))
    return {
        segment: tuple(likenesses_of(met, customers, both, whole))
        for segment, (customers, *both) in rows
    }


def likenesses_of(
    met: Sequence[Met], customers: int, both: Sequence[int], whole: Sequence[int]
) -> Iterable[Likeness]:
    """Of a group of so many customers to the people met; both: who are in both, whole: how many
    such people there are in all. People of whom the group has nobody are left out."""
    for one, shared, people in zip(met, both, whole, strict=True):
        if shared:
            yield Likeness(
                key=one.key,
                campaign=one.campaign,
                segment=one.segment,
                share=shared / customers,
                coverage=shared / people,
                keepers=one.keepers,
            )
