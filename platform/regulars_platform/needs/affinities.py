"""What goes with what: products bought in one order, and products bought after others.

Customers count, not orders: who bought a pair twice is one customer. Pairs among the products of
most customers are looked at, and told where enough customers bought both; the correction counts all
that were looked at.
"""

from collections.abc import Callable, Iterator

import polars as pl

from regulars_experiments.lifts import lifts
from regulars_platform.customers.store import FeatureStore
from regulars_platform.orders.table import PAID
from regulars_platform.segments.goods import one_name

LATER, TOGETHER = "later", "together"
LEAST = 20
"""Customers who bought both from which on a pair is told."""
MOST_PRODUCTS = 500
ROWS_AT_ONCE = 1_000_000
MOST_OF_ONE = 200
"""Products of one customer; who bought more (a wholesaler) would make pairs of everything."""

PAIR_SCHEMA: dict[str, pl.DataType] = {
    "kind": pl.String(),  # later: second was first bought on a day after first; together: one order
    "first": pl.String(),
    "second": pl.String(),
    "support": pl.Int64(),  # customers who did
    "first_customers": pl.Int64(),
    "second_customers": pl.Int64(),
    "both": pl.Int64(),  # customers of both, whenever
    "lift": pl.Float64(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "q_value": pl.Float64(),
    "selected": pl.Boolean(),
}


def find_pairs(
    store: FeatureStore,
    version: int,
    listed: pl.DataFrame,
    *,
    tell: Callable[[int, int], None] | None = None,
    rows_at_once: int = ROWS_AT_ONCE,
) -> tuple[pl.DataFrame, dict[str, int]]:
    """PAIR_SCHEMA of all pairs with LEAST customers, and counts: customers, products, tested."""
    lines = one_name(_lines(store, version), listed)
    customers = int(
        lines.select(pl.col("customer_id").n_unique()).collect(engine="streaming").item()
    )
    per_product = (
        lines.group_by("product")
        .agg(pl.col("customer_id").n_unique().cast(pl.Int64).alias("customers"))
        .filter(pl.col("customers") >= LEAST)
        .collect(engine="streaming")
        .sort(["customers", "product"], descending=[True, False])
        .head(MOST_PRODUCTS)
        .with_row_index("code")
    )
    count = per_product.height
    counts = {"customers": customers, "products": count, "tested": count * (count - 1)}
    if count < 2:
        return pl.DataFrame(schema=PAIR_SCHEMA), counts
    found = _counted(lines, per_product, tell, rows_at_once)
    return _judged(found, per_product, counts), counts


def _lines(store: FeatureStore, version: int) -> pl.LazyFrame:
    # the purchases of segments' "bought" conditions, so that the counts of both agree
    day = pl.col("ordered_at").dt.convert_time_zone(store.timezone).dt.date()
    return (
        store.table.scan(version)
        .filter(
            (pl.col("status") == PAID)
            & (pl.col("amount") > 0)
            & pl.col("customer_id").is_not_null()
            & pl.col("product").is_not_null()
        )
        .select("customer_id", "order_id", "product", day.alias("day"))
    )


def _counted(
    lines: pl.LazyFrame,
    products: pl.DataFrame,
    tell: Callable[[int, int], None] | None,
    rows_at_once: int,
) -> pl.DataFrame:
    """a, b (codes), together, later, both: customers, over all parts."""
    coded = lines.join(products.lazy().select("product", "code"), on="product").select(
        "customer_id", "order_id", "code", "day"
    )
    total = int(coded.select(pl.len()).collect(engine="streaming").item())
    parts = max(1, -(-total // rows_at_once))
    found = pl.DataFrame()
    for number, part in enumerate(_parts(coded, parts), start=1):
        found = pl.concat([found, _pairs_of(part)]) if found.width else _pairs_of(part)
        found = found.group_by("a", "b").agg(pl.col("later", "together", "both").sum())
        if tell is not None:
            tell(number, parts)
    return found


def _parts(coded: pl.LazyFrame, parts: int) -> Iterator[pl.DataFrame]:
    for number in range(parts):
        mine = pl.col("customer_id").hash(seed=11) % parts == number
        yield (coded.filter(mine) if parts > 1 else coded).collect(engine="streaming")


def _pairs_of(part: pl.DataFrame) -> pl.DataFrame:
    """Ordered pairs a, b of codes with customers: later, together, both."""
    first = part.group_by("customer_id", "code").agg(pl.col("day").min())
    few = first.filter(pl.len().over("customer_id") <= MOST_OF_ONE)
    crossed = (
        few.lazy()
        .join(few.lazy(), on="customer_id", suffix="_b")
        .filter(pl.col("code") != pl.col("code_b"))
    )
    apart = crossed.group_by(pl.col("code").alias("a"), pl.col("code_b").alias("b")).agg(
        (pl.col("day_b") > pl.col("day")).sum().cast(pl.Int64).alias("later"),
        pl.len().cast(pl.Int64).alias("both"),
    )
    orders = part.select("customer_id", "order_id", "code").unique()
    small = orders.filter(pl.len().over("order_id") <= MOST_OF_ONE).lazy()
    same = (
        small.join(small, on=["customer_id", "order_id"], suffix="_b")
        .filter(pl.col("code") < pl.col("code_b"))
        .select("customer_id", pl.col("code").alias("a"), pl.col("code_b").alias("b"))
        .unique()
        .group_by("a", "b")
        .agg(pl.len().cast(pl.Int64).alias("together"))
    )
    return (
        apart.join(same, on=["a", "b"], how="left")
        .with_columns(pl.col("together").fill_null(0))
        .select("a", "b", "later", "together", "both")
        .collect(engine="streaming")
    )


def _judged(found: pl.DataFrame, products: pl.DataFrame, counts: dict[str, int]) -> pl.DataFrame:
    named = found.join(
        products.select(
            pl.col("code").alias("a"),
            pl.col("product").alias("first"),
            pl.col("customers").alias("first_customers"),
        ),
        on="a",
    ).join(
        products.select(
            pl.col("code").alias("b"),
            pl.col("product").alias("second"),
            pl.col("customers").alias("second_customers"),
        ),
        on="b",
    )
    later = _with_lifts(named, LATER, counts["customers"], counts["tested"])
    together = _with_lifts(named, TOGETHER, counts["customers"], counts["tested"] // 2)
    return pl.concat([later, together]).sort(
        ["kind", "selected", "low", "first", "second"], descending=[False, True, True, False, False]
    )


def _with_lifts(named: pl.DataFrame, kind: str, customers: int, tested: int) -> pl.DataFrame:
    rows = named.filter(pl.col(kind) >= LEAST).with_columns(
        pl.lit(kind).alias("kind"), pl.col(kind).alias("support")
    )
    told = lifts(
        *(
            rows[name].cast(pl.Float64).to_numpy()
            for name in ("support", "first_customers", "second_customers", "both")
        ),
        customers=float(customers),
        tested=tested,
    )
    return rows.with_columns(
        pl.Series("lift", told.lift),
        pl.Series("low", told.low),
        pl.Series("high", told.high),
        pl.Series("q_value", told.q_value),
        pl.Series("selected", told.selected),
    ).select(pl.col(name).cast(dtype) for name, dtype in PAIR_SCHEMA.items())
