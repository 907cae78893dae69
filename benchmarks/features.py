"""How long the features of all customers take, beside the bare aggregation of the same orders.

    .venv/bin/python benchmarks/features.py [ORDERS] [--repetitions N] [--write FILE --date DAY]

Writes invented orders (default 10 million, of a tenth as many customers) to a temporary folder and
times each step in a process of its own, so that the largest resident size is the step's. The bare
aggregation and the features take turns.
"""

import argparse
import datetime as dt
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from regulars_platform.customers.catalogue import FEATURES
from regulars_platform.customers.from_datasets import Brought, product_categories
from regulars_platform.customers.from_orders import Habits, order_columns
from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.table import DatasetTable, dataset_versions
from regulars_platform.orders.table import ORDER_SCHEMA

START = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
DAYS = 1095
AS_OF = dt.date(2026, 1, 1)
EARLIER = dt.date(2025, 1, 1)
PRODUCTS, CATEGORIES = 500, 20
ZONE = "Asia/Shanghai"
PART = 1_000_000


def write_shop(folder: Path, orders: int) -> int:
    """One line per order over three years, customers of very different zeal, and the products."""
    source = np.random.default_rng(1)
    customers = max(1, orders // 10)
    zeal = source.gamma(0.7, 1.0, customers) + 0.05
    edges = np.cumsum(zeal / zeal.sum())
    for first in range(0, orders, PART):
        n = min(PART, orders - first)
        who = np.searchsorted(edges, source.random(n)).clip(0, customers - 1)
        amount = np.round(np.exp(source.normal(4.0, 0.8, n)) * 100).astype(np.int64) * 100
        state = source.random(n)
        moment = source.integers(0, DAYS * 86_400, n)
        lines = pl.DataFrame(
            {
                "order_id": np.arange(first, first + n),
                "customer_id": who,
                "ordered_at": moment,
                "status": np.where(state < 0.03, 0, np.where(state < 0.05, 1, 2)),
                "product": source.integers(0, PRODUCTS, n),
                "amount": amount,
                "discount": np.where(source.random(n) < 0.3, amount // 10, 0),
                "refund": np.where(source.random(n) < 0.04, amount // 2, 0),
                "channel": source.integers(0, 4, n),
            }
        )
        _in_schema(lines).write_delta(folder / "orders", mode="append")
    names = [f"product {number}" for number in range(PRODUCTS)]
    kinds = [f"category {number % CATEGORIES}" for number in range(PRODUCTS)]
    DatasetTable(folder, "products").merge(pl.DataFrame({"product": names, "category": kinds}))
    return orders


def _in_schema(lines: pl.DataFrame) -> pl.DataFrame:
    def words(column: str, *texts: str) -> pl.Expr:
        return pl.col(column).replace_strict(
            list(range(len(texts))), list(texts), return_dtype=pl.String
        )

    known = {
        "order_id": pl.format("D{}", pl.col("order_id").cast(pl.String).str.zfill(9)),
        "line_key": pl.lit("1"),
        "customer_id": pl.format("C{}", pl.col("customer_id").cast(pl.String).str.zfill(8)),
        "ordered_at": pl.lit(START) + pl.duration(seconds=pl.col("ordered_at")),
        "status": words("status", "cancelled", "unpaid", "paid"),
        "product": pl.format("product {}", pl.col("product")),
        "quantity": pl.lit(10_000),
        "channel": words("channel", "app", "web", "shop", "phone"),
        "order_discount": pl.lit(0),
        **{name: pl.col(name) for name in ("amount", "discount", "refund")},
    }
    return lines.select(
        known.get(name, pl.lit(None)).cast(kind).alias(name) for name, kind in ORDER_SCHEMA.items()
    )


def bare(folder: Path) -> int:
    """Sums, means and extremes per customer, as one would write them by hand."""
    orders = FeatureStore(folder, ZONE).orders(_version(folder))
    amount = pl.col("amount")
    found = (
        orders.filter((pl.col("status") == "paid") & (amount > 0))
        .group_by("customer_id")
        .agg(
            pl.len().alias("orders"),
            amount.sum().alias("sum"),
            amount.mean().alias("mean"),
            amount.min().alias("min"),
            amount.max().alias("max"),
            pl.col("refund").sum(),
            pl.col("discount").sum(),
            pl.col("ordered_at").min().alias("first"),
            pl.col("ordered_at").max().alias("last"),
        )
        .collect(engine="streaming")
    )
    return found.height


def features(folder: Path, as_of: dt.date = AS_OF) -> int:
    """All features from orders (and products), as a frame in memory."""
    store = FeatureStore(folder, ZONE)
    brought = Brought(
        shop_dir=folder,
        versions=dataset_versions(folder),
        as_of=as_of,
        moment=store.moment(as_of),
    )
    habits = Habits(categories=product_categories(brought))
    return order_columns(store.histories(_version(folder)), as_of, habits).height


def from_orders(folder: Path) -> int:
    """The same features, the laying out of the orders by customer included."""
    for laid_out in (folder / "features").glob("histories-*"):
        shutil.rmtree(laid_out)
    return features(folder)


def kept(folder: Path) -> int:
    """The whole frame that pages read, worked out and written."""
    for path in (folder / "features").glob("features-*"):
        path.unlink()
    frame = FeatureStore(folder, ZONE).features(AS_OF, _version(folder))
    return int(frame.select(pl.len()).collect().item())


def whole_orders(folder: Path) -> int:
    """Order lines -> whole orders, once per version of the orders."""
    frame = FeatureStore(folder, ZONE).orders(_version(folder))
    return int(frame.select(pl.len()).collect().item())


def histories(folder: Path) -> int:
    """Whole orders -> laid out by customer, once per version of the orders."""
    return len(list(FeatureStore(folder, ZONE).histories(_version(folder)).iterdir()))


def _version(folder: Path) -> int:
    version = FeatureStore(folder, ZONE).table.version()
    if version is None:
        raise ValueError("there are no orders")
    return version


STEPS: dict[str, tuple[str, Callable[[Path], int]]] = {
    "whole_orders": ("lines into whole orders, once per import", whole_orders),
    "histories": ("orders laid out by customer, once per import", histories),
    "bare": ("bare group-by: count, sums, mean, extremes", bare),
    "features": ("features from orders laid out, as of the day after the last", features),
    "from_orders": ("features from whole orders, laying them out included", from_orders),
    "earlier": ("the same as of a year before", lambda folder: features(folder, EARLIER)),
    "kept": ("the whole frame, worked out and written", kept),
}


def run_step(name: str, folder: Path, orders: int = 0) -> dict[str, float]:
    """Seconds, CPU seconds and MB of one step, in a process of its own."""
    told = subprocess.run(  # noqa: S603 -- this very file
        [sys.executable, __file__, str(orders), "--step", name, "--folder", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(told.stdout)
    print(f"{name}: {found}", file=sys.stderr, flush=True)
    return found


def _measure(name: str, folder: Path, orders: int) -> None:
    began, cpu = time.perf_counter(), time.process_time()
    rows = write_shop(folder, orders) if name == "write" else STEPS[name][1](folder)
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": used, "mb": peak, "rows": rows}))


def measure(orders: int, repetitions: int) -> dict[str, list[dict[str, float]]]:
    """Every step: those that happen once per import once, the others in turns."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in STEPS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # in a process of its own, too: a child's peak begins at what its parent holds
        run_step("write", folder, orders)
        for step in ("whole_orders", "histories"):
            found[step].append(run_step(step, folder))
        for _ in range(repetitions):
            for step in ("bare", "features", "earlier", "from_orders"):
                found[step].append(run_step(step, folder))
        found["kept"].append(run_step("kept", folder))
    return found


def report(found: dict[str, list[dict[str, float]]], orders: int, date: str) -> str:
    """The page of docs."""
    rows = []
    usual = _median(found["bare"], "seconds")
    for name, (words, _) in STEPS.items():
        seconds, cpu = (_median(found[name], of) for of in ("seconds", "cpu"))
        peak = max(one["mb"] for one in found[name])
        rows.append(
            f"| {words} | {seconds:.1f} | {cpu:.1f} | {seconds / usual:.2f} | {peak:,.0f} |"
        )
    customers = int(found["features"][0]["rows"])
    return PAGE.format(
        orders=orders,
        customers=customers,
        products=PRODUCTS,
        features=sum(one.source in ("orders", "products") for one in FEATURES.values()),
        by_cpu=_median(found["features"], "cpu") / _median(found["bare"], "cpu"),
        all_turns=_turns(found, "from_orders"),
        all_by_cpu=_median(found["from_orders"], "cpu") / _median(found["bare"], "cpu"),
        load=os.getloadavg()[0],
        categories=CATEGORIES,
        table="\n".join(rows),
        turns=_turns(found, "features"),
        machine=f"{platform.machine()}, {pl.thread_pool_size()} threads",
        polars=pl.__version__,
        date=date,
    )


def _turns(found: dict[str, list[dict[str, float]]], step: str) -> str:
    """How many times as long as the bare group-by of the same turn."""
    return ", ".join(
        f"{mine['seconds'] / theirs['seconds']:.2f}"
        for mine, theirs in zip(found[step], found["bare"], strict=True)
    )


def _median(turns: list[dict[str, float]], of: str) -> float:
    return statistics.median(one[of] for one in turns)


PAGE = """# How long do the features of all customers take?

Measured by `make bench-features` on {date} ({machine}, Polars {polars}): {orders:,} invented orders
of {customers:,} customers over three years, one line each, {products} products in {categories}
categories. Each step runs in a process of its own; the bare group-by and the features take turns,
the table has the medians, and the largest resident size of any turn.

| step | seconds | CPU seconds | x bare | MB at most |
| --- | ---: | ---: | ---: | ---: |
{table}

Features beside the bare group-by, turn by turn: {turns}; by CPU seconds {by_cpu:.2f}.
With the laying out of the orders included: {all_turns}; by CPU seconds {all_by_cpu:.2f}.
The aim: at most 2, below 2,000 MB. The load of the machine was {load:.1f} when it ended: where
other work shared the processors, ratios by CPU seconds tell more than seconds.

The bare group-by reads the kept whole orders and gives nine sums, means and extremes by customer
id. The features are the {features} of [customer-features.md](customer-features.md) that orders and
products tell, with the medians, usual intervals, favourites and scores among them, as of a day.

They start from the orders as they are laid out by customer, which happens once after each import
(the job that stores a large file has it done in the background, so that no page waits for it).
What limits it when that is counted in: the texts of customers are brought together twice, once per
order and once per line; five tables are put into the order of customers, two of them sorted again
within each customer, and written, where the bare group-by keeps ten numbers per customer and sorts
nothing.

The last row adds what files tell (here: products alone) and the writing of the file that every page
reads from then on.
"""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("orders", nargs="?", type=int, default=10_000_000)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--date", default="")
    parser.add_argument("--step", choices=("write", *STEPS))
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.step:
        _measure(arguments.step, arguments.folder, arguments.orders)
        return
    page = report(
        measure(arguments.orders, arguments.repetitions), arguments.orders, arguments.date
    )
    print(page)
    if arguments.write:
        arguments.write.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
