"""How long the segment builder takes over a million customers: through the service and the page.

    .venv/bin/python benchmarks/segments.py [FOLDER] [--customers 1000000] [--write FILE --date DAY]

FOLDER is made once, and used again; without one the shop is made in a temporary folder.
"""

import argparse
import datetime as dt
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from regulars_platform.accounts.service import create_owner
from regulars_platform.customers.order_days import find_order_days
from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.orders.table import MONEY_SCALE, ORDER_SCHEMA
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables

EMAIL, PASSWORD = "mei@example.com", "a long pass phrase"
PRODUCTS = 2_000
NOW = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
RUNS = 5


def make_shop(settings: Settings, customers: int) -> None:
    """A shop with about four order lines per customer over three years, and a customers file."""
    prepare_data_dir(settings)
    database = Database(settings)
    create_all_tables(database)
    with database.unit_of_work() as session:
        open_shop(session, name="Large", currency="CNY", timezone="Asia/Shanghai", now=NOW)
        create_owner(session, name="Mei", email=EMAIL, password=PASSWORD, locale="en", now=NOW)
    database.dispose()
    rng = np.random.default_rng(7)
    lines = 4 * customers
    who = rng.integers(0, customers, lines)
    value = np.round(rng.lognormal(4.0, 0.6, lines), 2)
    # few products are bought by many
    product = np.minimum(rng.zipf(1.3, lines), PRODUCTS)
    minutes = rng.integers(0, 3 * 365 * 24 * 60, lines)
    discount = np.where(rng.random(lines) < 0.3, 0.1, 0.0) * value
    frame = pl.DataFrame(
        {
            "order_id": pl.Series(np.arange(lines)).cast(pl.String),
            "customer_id": ("buyer-" + pl.Series(who).cast(pl.String)),
            "product": ("Product " + pl.Series(product).cast(pl.String)),
            "amount": (value * MONEY_SCALE).astype(np.int64),
            "discount": (discount * MONEY_SCALE).astype(np.int64),
            "minutes": minutes,
            "channel": pl.Series(rng.integers(0, 4, lines)).cast(pl.String),
        }
    ).with_columns(
        (pl.lit(NOW) - pl.duration(minutes="minutes")).alias("ordered_at"),
        pl.lit("1").alias("line_key"),
        pl.lit("paid").alias("status"),
        pl.lit(MONEY_SCALE).alias("quantity"),
        pl.lit(0).alias("order_discount"),
        pl.lit(0).alias("refund"),
    )
    filled = frame.with_columns(
        pl.lit(None).alias(name) for name in ORDER_SCHEMA if name not in frame.columns
    )
    filled.select(pl.col(name).cast(kind) for name, kind in ORDER_SCHEMA.items()).write_delta(
        settings.shop_dir(1) / "orders"
    )
    _make_datasets(settings, customers, rng)


def _make_datasets(settings: Settings, customers: int, rng: np.random.Generator) -> None:
    folder = settings.shop_dir(1)
    texts = {
        "gender": ["female", "male", None],
        "region": ["Zhejiang", "Guangdong", "Sichuan", "Beijing", "Shanghai", None],
        "acquired_through": ["search", "live", "friend", None],
    }
    frame = pl.DataFrame(
        {"customer_id": "buyer-" + pl.Series(np.arange(customers)).cast(pl.String)}
        | {
            name: pl.Series(words, dtype=pl.String).gather(rng.integers(0, len(words), customers))
            for name, words in texts.items()
        }
        | {
            "birth_year": rng.integers(1950, 2008, customers),
            "birth_month": rng.integers(1, 13, customers),
            "birth_day": rng.integers(1, 28, customers),
            "follows": rng.random(customers) < 0.4,
        }
    ).with_columns(
        pl.concat_list(
            ("tag " + pl.Series(rng.integers(0, 30, customers)).cast(pl.String)).alias("tags")
        ).alias("tags")
    )
    DatasetTable(folder, "customers").merge(frame)
    products = pl.DataFrame(
        {
            "product": [f"Product {n}" for n in range(1, PRODUCTS + 1)],
            "category": [f"Category {n % 20}" for n in range(1, PRODUCTS + 1)],
            "need": [f"Need {n % 7}" for n in range(1, PRODUCTS + 1)],
        }
    )
    DatasetTable(folder, "products").merge(products)


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds: the first time, then medians by the clock and of processor time."""

    first: float
    clock: float
    processor: float


def seconds(run: Callable[[], object]) -> Taken:
    """Over several runs, after one that fills what is kept. On a machine that does other work the
    processor time says more."""
    start = time.perf_counter()
    run()
    first = time.perf_counter() - start
    taken, worked = [], []
    for _ in range(RUNS):
        start, busy = time.perf_counter(), time.process_time()
        run()
        taken.append(time.perf_counter() - start)
        worked.append(time.process_time() - busy)
    return Taken(first, statistics.median(taken), statistics.median(worked))


def row(*cells: object) -> str:
    """A line of a table of the page of docs."""
    texts = [f"{cell:.2f}" if isinstance(cell, float) else f"{cell}" for cell in cells]
    print(" | ".join(texts), flush=True)
    return f"| {' | '.join(texts)} |"


RULES: dict[str, dict[str, object]] = {
    "one number": {"feature": "orders", "op": ">=", "value": "2"},
    "text, tag and number": {
        "all": [
            {"feature": "region", "op": "in", "value": ["Zhejiang", "Beijing"]},
            {"feature": "tags", "op": "has", "value": "tag 3"},
            {"feature": "spend", "op": ">", "value": "100"},
        ]
    },
    "bought one product, not another": {
        "all": [
            {"bought": {"by": "product", "name": "Product 1"}, "op": "yes"},
            {"bought": {"by": "product", "name": "Product 7", "within_days": 90}, "op": "no"},
        ]
    },
    "bought of a category": {"bought": {"by": "category", "name": "Category 1"}, "op": "yes"},
    "none of three": {
        "not": {
            "any": [
                {"feature": "gender", "op": "=", "value": "male"},
                {"feature": "follows", "op": "yes"},
                {"feature": "discount_share", "op": ">=", "value": "0.5"},
            ]
        }
    },
}


def through_the_service(settings: Settings) -> list[str]:
    """Count and preview of each rule: rows of a table."""
    from regulars_platform.segments.frames import for_rules
    from regulars_platform.segments.rules import parse_rule
    from regulars_platform.segments.service import count_and_preview

    store = FeatureStore(settings.shop_dir(1), "Asia/Shanghai")
    version = store.table.version()
    days = None if version is None else find_order_days(store, version)
    if version is None or days is None:
        raise LookupError("the shop has no orders")
    as_of, at = days.day_after, version
    store.features(as_of, at)
    rows = []
    for name, raw in RULES.items():
        rule = parse_rule(raw)

        def count(rule: object = rule) -> object:
            return count_and_preview(for_rules(store, [rule], as_of, at), rule)  # type: ignore[arg-type, list-item]

        taken = seconds(count)
        found = f"{count().count:,}"  # type: ignore[attr-defined]
        rows.append(row(name, found, taken.first, taken.clock, taken.processor))
    return rows


def through_the_page(settings: Settings) -> list[str]:
    """The answer to one key press in the builder, and the whole pages: rows of a table."""
    import re

    from regulars_platform.segments.rules import parse_rule
    from regulars_web.app import create_app
    from regulars_web.pages.segments.draft import draft_of
    from regulars_web.pages.segments.fields import draft_fields

    app = create_app(settings, secure_cookies=False, setup_code=None)
    app.testing = True
    client = app.test_client()

    def token(path: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
        if found is None:
            raise LookupError(path)
        return found[1]

    form = {"email": EMAIL, "password": PASSWORD, "csrf_token": token("/sign-in")}
    client.post("/sign-in", data=form)
    token_now = token("/segments/new")
    rows = []
    for name, raw in RULES.items():
        form = draft_fields(draft_of(parse_rule(raw))) | {"csrf_token": token_now}
        for path in ("live", "builder", "portrait"):

            def post(path: str = path, form: dict[str, str] = form) -> object:
                answer = client.post(f"/segments/{path}", data=form, headers={"HX-Request": "true"})
                if answer.status_code != 200:
                    raise LookupError(answer.text[:500])
                return answer

            taken = seconds(post)
            rows.append(row(PARTS[path], name, taken.first, taken.clock, taken.processor))
    for path, words in (("/segments/", "the list of segments"), ("/segments/new", "a new one")):
        taken = seconds(lambda path=path: client.get(path))  # type: ignore[misc]
        rows.append(row("whole page", words, taken.first, taken.clock, taken.processor))
    return rows


PAGE = """# How long does the segment builder take?

Measured by `make bench-segments` on {date} ({machine}, Polars {polars}): {customers:,} invented
customers with about four orders each, {products:,} products, and a customers file. Seconds the
first time (in a new shop what is kept of purchases is made then), and the medians of {runs} times
after it, by the clock and of the processors. The load of the machine was {load:.1f} when it ended:
where other work shared the processors, their seconds tell more than the clock's.

The aim: the live count of a rule in less than half a second.

## Count and preview of a rule

| rule | customers | first time | by the clock | of the processors |
| --- | ---: | ---: | ---: | ---: |
{service}

## The same through the pages

What the builder asks for while somebody types, and the whole pages.

| answer | rule | first time | by the clock | of the processors |
| --- | --- | ---: | ---: | ---: |
{page}
"""

PARTS = {"live": "live count", "builder": "the builder's fields", "portrait": "portrait"}


def measure(folder: Path, customers: int, date: str) -> str:
    """Make the shop where it is missing, then measure: the page of docs."""
    settings = build_settings(folder)
    if not settings.shop_dir(1).exists():
        make_shop(settings, customers)
    service, pages = through_the_service(settings), through_the_page(settings)
    return PAGE.format(
        date=date,
        machine=f"{platform.machine()}, {pl.thread_pool_size()} threads",
        polars=pl.__version__,
        customers=customers,
        products=PRODUCTS,
        runs=RUNS,
        load=os.getloadavg()[0],
        service="\n".join(service),
        page="\n".join(pages),
    )


def main() -> None:
    """Measure, print, write."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path, nargs="?")
    asked.add_argument("--customers", type=int, default=1_000_000)
    asked.add_argument("--write", type=Path)
    asked.add_argument("--date", default="")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        page = measure(options.folder or Path(name), options.customers, options.date)
    if options.write:
        options.write.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
