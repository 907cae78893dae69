"""Who the customers of a group are, beside all customers: gender, age, region, spend, arrival.

A cell of few people says something of persons, so it is not shown by itself: small cells are put
together until they are large enough, which also keeps them from being worked out from the total.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from regulars_platform.privacy import LEAST_SHOWN
from regulars_platform.segments.rules import Rule, rule_expression

AGES = (18, 25, 35, 45, 55, 65)
"""Where an age band ends and the next begins."""

MOST_LEVELS = 8
_ASPECTS = ("gender", "age", "region", "monetary_score", "acquired_through")


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """Customers of one kind. level: a value of the feature, an age band as "25-34" or "65-", None
    for several small or rare ones together; inside, everybody: how many of the group and of all."""

    level: str | None
    inside: int
    everybody: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Aspect:
    """One feature of a portrait. Shares add up to the customers of whom it is known.

    inside, everybody: of how many it is known; unknown: of how many of the group it is not. hidden:
    so few of the group are known that nothing is said.
    """

    feature: str
    shares: tuple[Share, ...]
    inside: int
    everybody: int
    unknown: int
    hidden: bool


def draw_portrait(features: pl.LazyFrame, rule: Rule) -> tuple[Aspect, ...]:
    """One aspect per feature that is known of anybody, in a fixed order."""
    levels = {name: _level(name) for name in _ASPECTS}
    held = features.select(
        "customer_id", *(level.alias(name) for name, level in levels.items()), _held(rule)
    )
    counted = pl.collect_all(
        [
            held.group_by(name).agg(pl.len().alias("all"), pl.col("held").sum().alias("inside"))
            for name in _ASPECTS
        ]
    )
    aspects = [_aspect(name, frame) for name, frame in zip(_ASPECTS, counted, strict=True)]
    return tuple(aspect for aspect in aspects if aspect.everybody)


def _held(rule: Rule) -> pl.Expr:
    # a rule that holds for everybody is a single True: stretch it over the rows
    return (rule_expression(rule) & pl.col("customer_id").is_not_null()).alias("held")


def _level(name: str) -> pl.Expr:
    if name != "age":
        return pl.col(name).cast(pl.String)
    band = pl.lit(f"{AGES[-1]}-")
    lower_ends = (0, *AGES)
    for low, high in reversed(list(pairwise(lower_ends))):
        text = f"{low or ''}-{high - 1}"
        band = pl.when(pl.col("age") < high).then(pl.lit(text)).otherwise(band)
    return pl.when(pl.col("age").is_not_null()).then(band)


def _aspect(name: str, counted: pl.DataFrame) -> Aspect:
    known = counted.filter(pl.col(name).is_not_null())
    rows = [(str(level), int(part), int(whole)) for level, whole, part in known.iter_rows()]
    inside, everybody = sum(row[1] for row in rows), sum(row[2] for row in rows)
    hidden = 0 < inside < LEAST_SHOWN
    return Aspect(
        feature=name,
        shares=() if hidden else merge_small(rows, ordered=name in ("age", "monetary_score")),
        inside=inside,
        everybody=everybody,
        unknown=int(counted["inside"].sum()) - inside,
        hidden=hidden,
    )


def merge_small(rows: Sequence[tuple[str, int, int]], *, ordered: bool) -> tuple[Share, ...]:
    """(level, inside, everybody) as shares; small cells and rare levels are put together.

    A cell with nobody of the group in it is no small cell. ordered: in the order of the levels,
    else the most frequent of the group first.
    """
    largest = sorted(rows, key=lambda row: (-row[1], -row[2], row[0]))
    shown = [row for row in largest if row[1] == 0 or row[1] >= LEAST_SHOWN]
    rest = [row for row in largest if 0 < row[1] < LEAST_SHOWN]
    if not ordered:
        rest += shown[MOST_LEVELS:]
        shown = shown[:MOST_LEVELS]
    while rest and sum(row[1] for row in rest) < LEAST_SHOWN and any(row[1] for row in shown):
        # one more, or the few could be told by taking the others from the total
        least = min((row for row in shown if row[1]), key=lambda row: row[1])
        shown.remove(least)
        rest.append(least)
    if ordered:
        shown.sort(key=lambda row: _place(row[0]))
    shares = [Share(level=level, inside=part, everybody=whole) for level, part, whole in shown]
    if rest:
        sums = (sum(row[1] for row in rest), sum(row[2] for row in rest))
        shares.append(Share(level=None, inside=sums[0], everybody=sums[1]))
    return tuple(shares)


def _place(level: str) -> int:
    return -1 if level.startswith("-") else int(level.partition("-")[0])
