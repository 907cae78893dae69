"""Looking at the customers: how a feature is spread, and a table to search in."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from regulars_platform.customers.catalogue import FEATURES, Feature, find_feature
from regulars_platform.errors import NotFoundError
from regulars_platform.words import N_, Sentence

MAX_PAGE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """Customers with low <= value < high; `marked` of them belong to the part asked about."""

    low: float
    high: float
    customers: int
    marked: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Distribution:
    """A histogram of a feature, robust to outliers: what lies outside is counted, not drawn.

    customers: with a value; empty: without one; below, above: outside the bins (the last bin
    holds the 99th percentile). A text or a flag has no bins but `values`: (text, customers), most
    frequent first; those of a flag are "true" and "false".
    """

    feature: str
    customers: int
    empty: int
    median: float | None = None
    below: int = 0
    above: int = 0
    bins: tuple[Bin, ...] = ()
    values: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """`number` bins of one width beside each other, from `start` on."""

    start: float
    width: float
    number: int

    def place(self, value: pl.Expr) -> pl.Expr:
        """The bin of a value, from 0 on; below 0 or from `number` on: it lies outside."""
        return ((value - self.start) / self.width).floor().cast(pl.Int64)

    def low(self, place: int) -> float:
        """Where a bin begins."""
        return self.start + place * self.width


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerRows:
    """One page of the customer table. rows: feature frame columns by name; total: all found."""

    rows: tuple[dict[str, object], ...]
    total: int


def get_feature(name: str) -> Feature:
    """The feature of that name, a shop's own attributes included; NotFoundError without one."""
    found = find_feature(name)
    if found is None:
        raise NotFoundError(
            Sentence(N_("There is no customer feature called %(name)s."), {"name": name}),
            Sentence(N_("Choose one of: %(names)s."), {"names": ", ".join(FEATURES)}),
        )
    return found


def distribution(
    frame: pl.LazyFrame, feature: str, *, bins: int = 30, marked: pl.Expr | None = None
) -> Distribution:
    """How `feature` is spread over the frame's customers, in about `bins` bins of a round width.

    marked: a boolean expression over the frame; each bin counts the customers it holds for.
    """
    kind = get_feature(feature).kind
    if kind in ("text", "flag"):
        return _text_distribution(frame, feature)
    flag = pl.lit(False) if marked is None else marked.fill_null(False)
    data = frame.select(
        pl.col(feature).cast(pl.Float64).alias("value"), flag.alias("marked")
    ).collect()
    known = data.drop_nulls("value")
    if known.is_empty():
        return Distribution(feature=feature, customers=0, empty=data.height)
    grid = grid_of(known["value"], feature, bins)
    placed = known.with_columns(grid.place(pl.col("value")).alias("bin"))
    counts = {
        place: (customers, part)
        for place, customers, part in placed.group_by("bin")
        .agg(pl.len(), pl.col("marked").sum())
        .iter_rows()
    }
    return Distribution(
        feature=feature,
        customers=known.height,
        empty=data.height - known.height,
        median=float(known.select(pl.col("value").median()).item()),
        below=sum(n for place, (n, _) in counts.items() if place < 0),
        above=sum(n for place, (n, _) in counts.items() if place >= grid.number),
        bins=tuple(
            Bin(
                low=grid.low(place),
                high=grid.low(place + 1),
                customers=counts.get(place, (0, 0))[0],
                marked=counts.get(place, (0, 0))[1],
            )
            for place in range(grid.number)
        ),
    )


def search_customers(
    frame: pl.LazyFrame,
    *,
    text: str = "",
    sort: str = "spend",
    descending: bool = True,
    page: int = 1,
    page_size: int = 50,
    columns: Sequence[str] = tuple(FEATURES),
) -> CustomerRows:
    """Customers whose id contains `text` (any case), sorted by a feature or customer_id.

    columns: the features that are read of them.

    Those without a value come last; equals are in the order of their ids. Pages count from 1.
    """
    if sort != "customer_id":
        get_feature(sort)
    size = min(max(1, page_size), MAX_PAGE)
    found = frame
    if text.strip():
        found = frame.filter(
            pl.col("customer_id")
            .str.to_lowercase()
            .str.contains(text.strip().lower(), literal=True)
        )
    # one pass for the order, and the wide rows only for the page itself
    order = found.select(*dict.fromkeys((sort, "customer_id"))).collect()
    first = (max(1, page) - 1) * size
    shown = (
        _foremost(order, sort, first + size, descending=descending)
        .sort(
            [sort, pl.col("customer_id").alias("id")],
            descending=[descending, False],
            nulls_last=True,
        )
        .slice(first, size)["customer_id"]
    )
    rows = found.filter(pl.col("customer_id").is_in(shown.implode())).select(
        "customer_id", *columns
    )
    by_id = {str(row["customer_id"]): row for row in rows.collect().iter_rows(named=True)}
    return CustomerRows(rows=tuple(by_id[name] for name in shown), total=order.height)


def _foremost(order: pl.DataFrame, sort: str, many: int, *, descending: bool) -> pl.DataFrame:
    """Those among whom so many come first, and who equals the last of them: few of very many."""
    values = order[sort]
    if many >= len(values) - values.null_count() or not values.dtype.is_numeric():
        return order
    known = values.drop_nulls()
    last = known.top_k(many).min() if descending else known.bottom_k(many).max()
    return order.filter(pl.col(sort) >= last if descending else pl.col(sort) <= last)


def _text_distribution(frame: pl.LazyFrame, feature: str) -> Distribution:
    counted = (
        frame.group_by(pl.col(feature).cast(pl.String))
        .len()
        .sort(["len", feature], descending=[True, False])
    )
    rows = list(counted.collect().iter_rows())
    return Distribution(
        feature=feature,
        customers=sum(n for value, n in rows if value is not None),
        empty=sum(n for value, n in rows if value is None),
        values=tuple((value, n) for value, n in rows if value is not None),
    )


def grid_of(values: pl.Series, feature: str, bins: int) -> Grid:
    """About `bins` bins of a round width for the values that a feature has, one at least: from 0
    where nothing is negative, to the 99th percentile."""
    whole = get_feature(feature).kind in ("count", "days")
    frame = values.to_frame("value")
    least, first, last = frame.select(
        pl.col("value").min().alias("least"),
        pl.col("value").quantile(0.01, "lower").alias("first"),
        pl.col("value").quantile(0.99, "higher").alias("last"),
    ).row(0)
    low = first if least < 0 else 0.0
    width = _round_width((last - low) / bins, whole=whole)
    start = math.floor(low / width) * width
    return Grid(start=start, width=width, number=math.floor((last - start) / width) + 1)


def _round_width(width: float, *, whole: bool) -> float:
    """The next 1, 2 or 5 times a power of ten; at least 1 where values are whole numbers."""
    if width <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(width))
    rounded = next((step * power for step in (1.0, 2.0, 5.0) if step * power >= width), 10 * power)
    return max(1.0, rounded) if whole else rounded
