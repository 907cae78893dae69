"""How long a day's run of ten programmes takes over a million customers.

    .venv/bin/python benchmarks/programmes.py [CUSTOMERS] [--write FILE --date DAY]

Writes invented orders (three for each customer, over two years) and birthdays to a temporary
folder, then works out the features of the day, and runs the day, each in a process of its own, so
that the largest resident size is the step's. Every message is queued for sending.
"""

import argparse
import datetime as dt
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.orders.table import ORDER_SCHEMA
from regulars_platform.programmes.running import run_programmes
from regulars_platform.programmes.service import create_programme, start_programme, usual_draft
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.channels import keep_channel_use
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables

DAY = dt.date(2026, 6, 15)
NOW = dt.datetime(2026, 6, 15, 1, tzinfo=dt.UTC)
ZONE = "Asia/Shanghai"
DAYS = 730
PART = 500_000
TWICE = {"name": "twice", "rule": {"feature": "orders", "op": ">=", "value": "2"}}
PROGRAMMES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("unpaid", {"grace_days": 2}),
    ("honeymoon", {"wait_hours": 72}),
    ("honeymoon", {"wait_hours": 240}),
    ("dormant", {"grace_days": 3}),
    ("dormant", {"after_days": 150, "grace_days": 3}),
    ("lost", {"grace_days": 3}),
    ("lost", {"after_days": 300, "grace_days": 3}),
    ("birthday", {"grace_days": 0}),
    ("birthday", {"grace_days": 0, "before_days": 1}),
    ("segment", {"segment": TWICE}),
)
"""Kinds with what differs from the usual. On its first day a segment's programme only looks."""

STEPS = ("features", "run")


def write_shop(options: Settings, customers: int) -> None:
    """Orders and birthdays; orders lie the denser the nearer to the day."""
    source = np.random.default_rng(1)
    start = dt.datetime.combine(DAY, dt.time(), tzinfo=dt.UTC) - dt.timedelta(days=DAYS)
    for first in range(0, 3 * customers, PART):
        n = min(PART, 3 * customers - first)
        amount = np.round(np.exp(source.normal(4.0, 0.8, n)) * 100).astype(np.int64) * 100
        moment = (source.random(n) ** 0.8 * (DAYS - 1) * 86_400).astype(np.int64)
        frame = pl.DataFrame(
            {
                "order_id": np.arange(first, first + n).astype(str),
                "line_key": ["1"] * n,
                "customer_id": source.integers(0, customers, n).astype(str),
                "ordered_at": moment,
                "status": np.where(source.random(n) < 0.03, "unpaid", "paid"),
                "product": ["tea"] * n,
                "quantity": np.full(n, 10_000),
                "amount": amount,
                "discount": np.where(source.random(n) < 0.3, amount // 10, 0),
                "order_discount": np.zeros(n, dtype=np.int64),
                "refund": np.zeros(n, dtype=np.int64),
                "import_id": np.ones(n, dtype=np.int64),
                "source_line": np.arange(n),
            }
        ).with_columns(
            (pl.lit(start) + pl.duration(seconds=pl.col("ordered_at"))).alias("ordered_at"),
            ("D" + pl.col("order_id").str.zfill(9)).alias("order_id"),
            ("buyer" + pl.col("customer_id").str.zfill(8)).alias("customer_id"),
        )
        known = [
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
            for name, kind in ORDER_SCHEMA.items()
        ]
        frame.select(known).write_delta(options.shop_dir(1) / "orders", mode="append")
    born = source.integers(0, 365, customers)
    dates = [dt.date(2023, 1, 1) + dt.timedelta(days=day) for day in range(365)]
    people = pl.DataFrame(
        {
            "customer_id": [f"buyer{number:08d}" for number in range(customers)],
            "birth_month": [dates[day].month for day in born],
            "birth_day": [dates[day].day for day in born],
            "phone": [f"13{number:09d}" for number in range(customers)],
        }
    )
    DatasetTable(options.shop_dir(1), "customers").merge(people)


def open_shop(options: Settings) -> None:
    """The shop with its ten programmes running."""
    database = Database(options)
    create_all_tables(database)
    with database.unit_of_work() as session:
        shop = Shop(name="tea", currency="CNY", timezone=ZONE, created_at=NOW, practice=None)
        session.add(shop)
        session.flush()
        keep_channel_use(session, shop, shop.id, "sms", {"via": "webhook"})
        for kind, changes in PROGRAMMES:
            draft = usual_draft(kind, name=kind, words="Dear customer") | changes
            made = create_programme(session, shop_id=shop.id, draft=draft, now=NOW)
            start_programme(
                session,
                shop_id=shop.id,
                programme_id=made.id,
                now=NOW,
                user_id=None,
                salt=f"salt {made.id}",
                planned=1000,
            )
    database.dispose()


def step(name: str, folder: Path) -> dict[str, float]:
    """One step in this process: seconds, GB, and what it brought."""
    options = build_settings(folder)
    begun = time.perf_counter()
    found: dict[str, float] = {}
    if name == "features":
        store = FeatureStore(options.shop_dir(1), ZONE)
        version = store.table.version()
        if version is None:
            raise SystemExit("there are no orders")
        store.orders(version)
        store.features(DAY, version)
    else:
        database = Database(options)
        done = run_programmes(database, options, 1, DAY, NOW)
        database.dispose()
        for count in ("named", "told", "held_back", "queued"):
            found[count] = sum(one.counts.get(count, 0) for one in done)
    found["seconds"] = time.perf_counter() - begun
    found["processor"] = time.process_time()
    found["gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return found


def measure(customers: int) -> dict[str, dict[str, float]]:
    """Every step in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        options = build_settings(Path(name))
        prepare_data_dir(options)
        write_shop(options, customers)
        open_shop(options)
        found = {}
        for one in STEPS:
            command = [sys.executable, __file__, "--step", one, "--folder", name]
            done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
            found[one] = json.loads(done.stdout)
        return found


def page(found: dict[str, dict[str, float]], customers: int, date: str) -> str:
    """The measurements as a page of the documentation."""
    run, features = found["run"], found["features"]
    lines = [
        "# How long a day of the programmes takes",
        "",
        f"`benchmarks/programmes.py` ({date}, {platform.machine()}, Python "
        f"{platform.python_version()}, Polars {pl.__version__}): {customers:,} customers with "
        f"{3 * customers:,} orders, ten programmes. The goal: under 30 s and 2 GB.",
        "",
        "| step | seconds | of the processor | largest resident size |",
        "| --- | ---: | ---: | ---: |",
        f"| features of the day, once for all programmes | {features['seconds']:.1f} "
        f"| {features['processor']:.1f} | {features['gb']:.2f} GB |",
        f"| the day's run: {run['named']:,.0f} named, {run['told']:,.0f} told and queued for "
        f"sending, {run['held_back']:,.0f} held back | {run['seconds']:.1f} "
        f"| {run['processor']:.1f} | {run['gb']:.2f} GB |",
        "",
        "The features are worked out once a day, whoever needs them first, and are not part of the "
        "run's time; how long they take: [benchmarks-features.md](benchmarks-features.md).",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and print, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("customers", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--date", default="")
    parser.add_argument("--step", choices=STEPS)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.step:
        print(json.dumps(step(asked.step, asked.folder)))
        return
    found = measure(asked.customers)
    text = page(found, asked.customers, asked.date)
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
