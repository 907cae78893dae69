"""How long the segment builder takes over a million customers: through the service and the page.

    .venv/bin/python benchmarks/segments.py FOLDER [--customers 1000000]

FOLDER is made once, and used again.
"""

import argparse
import datetime as dt
import statistics
import time
from collections.abc import Callable
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
RUNS = 3


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


def seconds(run: Callable[[], object]) -> str:
    """Median by the clock and of processor time over several runs, after one that fills what is
    kept. On a machine that does other work the processor time says more."""
    run()
    taken, worked = [], []
    for _ in range(RUNS):
        start, busy = time.perf_counter(), time.process_time()
        run()
        taken.append(time.perf_counter() - start)
        worked.append(time.process_time() - busy)
    return f"{statistics.median(taken):.2f} | {statistics.median(worked):.2f}"


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


def through_the_service(settings: Settings) -> None:
    """Count and preview of each rule."""
    from regulars_platform.segments.frames import for_rules
    from regulars_platform.segments.rules import parse_rule
    from regulars_platform.segments.service import count_and_preview

    store = FeatureStore(settings.shop_dir(1), "Asia/Shanghai")
    version = store.table.version()
    days = None if version is None else find_order_days(store, version)
    if version is None or days is None:
        raise LookupError("the shop has no orders")
    as_of, at = days.day_after, version
    start = time.perf_counter()
    store.features(as_of, at)
    print(f"features, first time: {time.perf_counter() - start:.1f} s")
    for name, raw in RULES.items():
        rule = parse_rule(raw)

        def count(rule: object = rule) -> object:
            return count_and_preview(for_rules(store, [rule], as_of, at), rule)  # type: ignore[arg-type, list-item]

        start = time.perf_counter()
        found = count()
        first = time.perf_counter() - start
        print(f"service | {name} | {found.count:,} | first {first:.2f} | {seconds(count)}")  # type: ignore[attr-defined]


def through_the_page(settings: Settings) -> None:
    """The answer to one key press in the builder, and the whole pages."""
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
    for name, raw in RULES.items():
        form = draft_fields(draft_of(parse_rule(raw))) | {"csrf_token": token_now}
        for path in ("live", "builder", "portrait"):

            def post(path: str = path, form: dict[str, str] = form) -> object:
                answer = client.post(f"/segments/{path}", data=form, headers={"HX-Request": "true"})
                if answer.status_code != 200:
                    raise LookupError(answer.text[:500])
                return answer

            print(f"page /{path} | {name} | {seconds(post)}")
    for path in ("/segments/", "/segments/new"):
        print(f"page {path} | {seconds(lambda path=path: client.get(path))}")  # type: ignore[misc]


def main() -> None:
    """Make the shop where it is missing, then measure."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--customers", type=int, default=1_000_000)
    asked.add_argument("--only", choices=("service", "page"))
    options = asked.parse_args()
    settings = build_settings(options.folder)
    if not settings.shop_dir(1).exists():
        make_shop(settings, options.customers)
    if options.only != "page":
        through_the_service(settings)
    if options.only != "service":
        through_the_page(settings)


if __name__ == "__main__":
    main()
