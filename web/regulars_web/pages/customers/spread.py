"""How the customers are spread: head figures, and one chart per main feature."""

from dataclasses import dataclass

import polars as pl
from flask_babel import gettext, ngettext

from regulars_platform.customers.browse import Distribution, distribution
from regulars_platform.customers.catalogue import FEATURES
from regulars_web import formats
from regulars_web.charts import BarChart, BarInput, Histogram, build_bar_chart, build_histogram
from regulars_web.words.features import edge_text, feature_heading, feature_text, value_text

MAIN_FEATURES = (
    "orders",
    "average_order_value",
    "spend",
    "last_order_days",
    "usual_interval_days",
    "discount_share",
    "age",
    "points_balance",
)
PORTRAIT = (
    "rhythm",
    "main_channel",
    "favourite_category",
    "tier",
    "gender",
    "region",
    "acquired_through",
    "follows",
)
MOST_VALUES = 8
SCORES = (5, 4, 3, 2, 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadFigures:
    """Sums over all customers. spend: net of refunds, in currency units."""

    customers: int
    buyers: int
    repeat_buyers: int
    orders: int
    spend: float


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureChart:
    """One histogram with what it leaves out in words."""

    heading: str
    chart: Histogram
    median: str
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Portrait:
    """One feature of words: customers by its values. note: whom the shares are of."""

    heading: str
    chart: BarChart
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreTable:
    """rows: recency score, then per frequency score (customers, shade 0 to 5)."""

    frequencies: tuple[int, ...]
    rows: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]


def build_head_figures(features: pl.LazyFrame) -> HeadFigures:
    """Counts and sums over the feature frame."""
    orders = pl.col("orders")
    found = features.select(
        pl.len().alias("customers"),
        (orders > 0).sum().alias("buyers"),
        (orders > 1).sum().alias("repeat_buyers"),
        orders.sum().alias("orders"),
        pl.col("spend").sum().alias("spend"),
    ).collect()
    return HeadFigures(**found.row(0, named=True))


def build_feature_charts(features: pl.LazyFrame, currency: str) -> tuple[FeatureChart, ...]:
    """A chart for each main feature that anybody has a value of."""
    found = (distribution(features, name, bins=24) for name in MAIN_FEATURES)
    return tuple(_feature_chart(spread, currency) for spread in found if spread.bins)


def build_portraits(features: pl.LazyFrame) -> tuple[Portrait, ...]:
    """Customers by the value of each feature of words that anybody has a value of."""
    found = ((name, distribution(features, name)) for name in PORTRAIT)
    return tuple(
        Portrait(heading=feature_heading(name), chart=_bars(spread), note=_base(spread))
        for name, spread in found
        if spread.values
    )


def build_scores(features: pl.LazyFrame) -> ScoreTable | None:
    """Buyers by their recency and frequency scores; None as long as nobody bought."""
    names = ("recency_score", "frequency_score")
    counted = features.drop_nulls(names).group_by(names).len().collect()
    counts = {(recency, frequency): n for recency, frequency, n in counted.iter_rows()}
    most = max(counts.values(), default=0)
    if not most:
        return None
    return ScoreTable(
        frequencies=tuple(reversed(SCORES)),
        rows=tuple(
            (
                recency,
                tuple(
                    (n, round(5 * n / most))
                    for n in (counts.get((recency, one), 0) for one in reversed(SCORES))
                ),
            )
            for recency in SCORES
        ),
    )


def _base(spread: Distribution) -> str:
    if not spread.empty:
        return ""
    return str(
        gettext(
            "Shares of the %(known)s customers with a value; %(without)s have none.",
            known=formats.number(spread.customers),
            without=formats.number(spread.empty),
        )
    )


def _bars(spread: Distribution) -> BarChart:
    rows = [
        (value_text(spread.feature, value), customers)
        for value, customers in spread.values[:MOST_VALUES]
    ]
    others = sum(customers for _, customers in spread.values[MOST_VALUES:])
    if others:
        rows.append((gettext("others"), others))
    return build_bar_chart(
        [
            BarInput(
                label=name,
                value=customers,
                text=_with_share(customers, spread.customers),
                tone="treated",
            )
            for name, customers in rows
        ]
    )


def _feature_chart(spread: Distribution, currency: str) -> FeatureChart:
    edges = [part.low for part in spread.bins] + [spread.bins[-1].high]
    counts = [part.customers for part in spread.bins]
    if FEATURES[spread.feature].kind == "share" and len(counts) > 1 and edges[-2] >= 1:
        # nothing is more than the whole: exactly 100% belongs to the bar that ends there
        last = counts.pop()
        counts[-1] += last
        edges.pop()
    return FeatureChart(
        heading=feature_heading(spread.feature),
        chart=build_histogram(
            edges,
            counts,
            [edge_text(spread.feature, edge, currency) for edge in edges],
        ),
        median=feature_text(spread.feature, spread.median, currency) or "",
        notes=_notes(spread, edges, currency),
    )


def _notes(spread: Distribution, edges: list[float], currency: str) -> tuple[str, ...]:
    notes = []
    for outside, count, edge in (
        (gettext("below %(value)s"), spread.below, edges[0]),
        (gettext("above %(value)s"), spread.above, edges[-1]),
    ):
        if count:
            place = outside % {"value": edge_text(spread.feature, edge, currency)}
            notes.append(f"{formats.number(count)} {place}")
    if spread.empty:
        notes.append(
            ngettext(
                "%(shown)s without a value",
                "%(shown)s without a value",
                spread.empty,
                shown=formats.number(spread.empty),
            )
        )
    return tuple(notes)


def _with_share(part: int, whole: int) -> str:
    return f"{formats.number(part)} ({formats.percent(part / whole, 0)})"
