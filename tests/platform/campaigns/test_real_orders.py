"""A year of real orders: free shipping from 250, a fifth held out."""

import time
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import campaign_ledger, create_draft
from regulars_platform.launching.launch import launch
from regulars_platform.launching.preview import preview_draft
from regulars_platform.orders.table import MONEY_SCALE, ORDER_SCHEMA, whole_orders
from regulars_platform.segments.presets import fits_threshold
from regulars_platform.segments.rules import rule_json
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Base, Database
from tests.platform.campaigns.build import arm, draft
from tests.platform.campaigns.conftest import NOW

FILE = Path(__file__).parents[4] / "shared" / "data" / "online_retail_2009_2010.csv.gz"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FILE.exists(), reason="../shared/data is not beside this checkout"),
]


def real_lines() -> pl.DataFrame:
    """The file's lines in the schema of the orders table, as plainly as can be."""
    raw = pl.read_csv(FILE, infer_schema=False)
    nothing = {name: pl.lit(None).alias(name) for name in ORDER_SCHEMA}
    found = {
        "order_id": pl.col("Invoice"),
        "line_key": pl.int_range(pl.len()).cast(pl.String),
        "customer_id": pl.col("Customer ID").str.replace(r"\.0$", "").replace("", None),
        "ordered_at": pl.col("InvoiceDate")
        .str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us")
        .dt.replace_time_zone("Europe/London")
        .dt.convert_time_zone("UTC"),
        "status": pl.lit("paid"),
        "quantity": pl.col("Quantity").cast(pl.Int64) * MONEY_SCALE,
        "amount": (
            pl.col("Quantity").cast(pl.Decimal(18, 4))
            * pl.col("Price").cast(pl.Decimal(18, 4))
            * MONEY_SCALE
        ).cast(pl.Int64),
        "discount": pl.lit(0),
        "order_discount": pl.lit(0),
        "refund": pl.lit(0),
    }
    made = nothing | {name: expression.alias(name) for name, expression in found.items()}
    return raw.select(made[name].cast(kind) for name, kind in ORDER_SCHEMA.items())


@pytest.fixture(scope="module")
def shop_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = build_settings(tmp_path_factory.mktemp("real"))
    prepare_data_dir(settings)
    lines = real_lines()
    assert lines.height == 525_461
    assert lines["amount"].sum() == 95_394_846_340
    lines.write_delta(settings.shop_dir(1) / "orders")
    return settings


def test_the_draw_on_a_year_of_real_orders_is_fast_and_adds_up(shop_settings: Settings) -> None:
    database = Database(shop_settings)
    Base.metadata.create_all(database.engine)
    offer = {"kind": "free_shipping", "threshold": "250", "shipping_cost": "10"}
    raw = draft(
        as_of="2010-12-01",
        send_date="2010-12-01",
        outcome_end="2011-01-31",
        settle_until="2011-02-28",
        audience=rule_json(fits_threshold(Decimal(250))),
        arms=[arm(offer=offer)],
    )
    del raw["currency"], raw["timezone"]
    with database.unit_of_work() as session:
        shop = Shop(name="gifts", currency="GBP", timezone="Europe/London", created_at=NOW)
        session.add(shop)
        session.flush()
        started = time.perf_counter()
        preview = preview_draft(session, shop_settings, shop, raw)
        first = time.perf_counter() - started
        created = create_draft(session, shop_id=1, raw=raw, now=NOW)
        started = time.perf_counter()
        campaign = launch(
            session, shop_settings, shop_id=1, campaign_id=created.id, now=NOW, user_id=1, salt="x"
        )
        took = time.perf_counter() - started
    database.dispose()
    ledger = campaign_ledger(shop_settings, campaign)
    print(f"preview {first:.2f} s, launch {took:.2f} s, {campaign.arms}, {preview.arms}")  # noqa: T201
    assert took < 2
    # who fits, counted without any of the product's own functions
    purchases = whole_orders(real_lines().lazy()).filter(
        (pl.col("amount") > 0)
        & (
            pl.col("ordered_at").dt.convert_time_zone("Europe/London")
            < pl.datetime(2010, 12, 1, time_zone="Europe/London")
        )
    )
    means = (
        purchases.group_by("customer_id")
        .agg(pl.col("amount").mean() / MONEY_SCALE)
        .drop_nulls("customer_id")
    )
    fits = means.filter(pl.col("amount").is_between(150, 300)).collect()["customer_id"]
    assert set(ledger["customer_id"]) == set(fits)
    arms = dict(campaign.arms)
    assert sum(arms.values()) == ledger.height == campaign.drawn == len(fits)
    assert abs(arms[HOLDOUT] - 0.2 * ledger.height) < 1
    assert preview.head_count is not None
    assert preview.head_count.drawn == ledger.height
