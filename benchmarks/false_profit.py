"""How often is a profit called proved where none can be?

Real orders of a gift shop (UCI Online Retail II, two years), through the product's own intake, and
a campaign "free shipping from 250" of which nobody ever heard: the arms are drawn by the product's
draw under many salts, and every proof of a profit is false. With --planted the treated customers'
goods are made worth more, by so much that the net profit per customer is that many times the
effect that the plan says can be detected; then a proof is right.

    python benchmarks/false_profit.py --data FOLDER [--salts 500] [--days 90] [--planted 2]
"""

import argparse
import datetime as dt
import tempfile
from collections import Counter
from pathlib import Path

import polars as pl

from regulars_experiments.design import detectable_difference
from regulars_platform.campaigns.ledger import draw_ledger
from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.plan_form import read_plan
from regulars_platform.campaigns.population import build_population
from regulars_platform.customers.store import FeatureStore, window_spend
from regulars_platform.intake.models import OverlapChoice
from regulars_platform.intake.service import import_file
from regulars_platform.orders.table import MONEY_SCALE, OrdersTable
from regulars_platform.reach.gate import Gate
from regulars_platform.reports.findings import find
from regulars_platform.reports.outcomes import unit_outcomes
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Base, Database
from regulars_platform.storage.migrations_run import import_all_tables

FILES = ("online_retail_2009_2010.csv.gz", "online_retail_2010_2011.csv.gz")
THRESHOLD, MARGIN = 250, 0.4


def open_shop(folder: Path, files: list[Path]) -> Settings:
    """A shop with both files stored, what they have in common only once."""
    settings = build_settings(folder)
    prepare_data_dir(settings)
    import_all_tables()
    database = Database(settings)
    Base.metadata.create_all(database.engine)
    now = dt.datetime(2011, 12, 31, tzinfo=dt.UTC)
    with database.unit_of_work() as session:
        session.add(Shop(name="Gifts", currency="GBP", timezone="Europe/London", created_at=now))
    for path in files:
        import_file(settings, database, 1, path, overlap=OverlapChoice.LEAVE_OUT, now=now)
    database.dispose()
    return settings


def campaign(days: int) -> Plan:
    """Free shipping from 250 for those who usually spend 150 to 300; 20% held out; no cost."""
    send = dt.date(2010, 12, 1)
    end = send + dt.timedelta(days=days - 1)
    return read_plan(
        {
            "name": "Free shipping from 250",
            "currency": "GBP",
            "timezone": "Europe/London",
            "as_of": send.isoformat(),
            "send_date": send.isoformat(),
            "outcome_end": end.isoformat(),
            "settle_until": (end + dt.timedelta(days=14)).isoformat(),
            "audience": {
                "feature": "average_order_value",
                "op": "between",
                "value": [str(0.6 * THRESHOLD), str(1.2 * THRESHOLD)],
            },
            "segments": [],
            "unit": "customer",
            "holdout_percent": "20",
            "arms": [
                {
                    "name": "told",
                    "share_percent": "80",
                    "offer": {
                        "kind": "free_shipping",
                        "threshold": str(THRESHOLD),
                        "shipping_cost": "0",
                        "reach": "open",
                    },
                    "channel": "email",
                    "contact_cost": "0",
                }
            ],
            "margin_low_percent": str(100 * MARGIN),
            "margin_high_percent": str(100 * MARGIN),
            "exclusions": {},
        }
    )


def verdicts(settings: Settings, plan: Plan, *, salts: int, planted: float) -> Counter[str]:
    """Evidence of the whole campaign under each salt. planted: see the module's words."""
    table = OrdersTable(settings.shop_dir(1))
    version = table.version()
    if version is None:
        raise SystemExit("the shop has no orders")
    store = FeatureStore(settings.shop_dir(1), plan.timezone)
    population = build_population(
        store.features(plan.as_of, version),
        audience=plan.audience,
        segments=plan.segments,
        exclusions=plan.exclusions,
        gate=Gate(silent=frozenset(), refusing=frozenset(), holdout=None),
    )
    before = window_spend(store.window_orders(plan.as_of, plan.window_days, version)).collect()
    drawn = population.drawn
    lines = table.scan(version).filter(
        pl.col("customer_id").is_in(drawn["customer_id"].implode())
        & (pl.col("ordered_at") >= plan.outcome_start)
        & (pl.col("ordered_at") < plan.settled_at)
    )
    kept = lines.collect()
    lift = _lift(kept, drawn["customer_id"].to_list(), plan, planted) if planted else 0.0
    found: Counter[str] = Counter()
    for salt in range(salts):
        ledger = draw_ledger(plan, drawn, before, salt=f"salt {salt}")
        told = ledger.filter(pl.col("arm") == "told")["customer_id"].implode()
        raised = (pl.col("amount") * (1 + lift)).round().cast(pl.Int64)
        treated = pl.col("customer_id").is_in(told) & (pl.col("amount") > 0)
        frame = kept.with_columns(pl.when(treated).then(raised).otherwise("amount").alias("amount"))
        findings = find(unit_outcomes(frame.lazy(), ledger, plan), ledger, plan)
        found[findings.overall[0].evidence.value] += 1
    return found


def _lift(kept: pl.DataFrame, customers: list[str], plan: Plan, planted: float) -> float:
    """By how much goods must be worth more so that net profit is `planted` x the detectable."""
    spend = (
        pl.DataFrame({"customer_id": customers})
        .join(
            kept.group_by("customer_id").agg(
                pl.col("amount").sum().alias("net"),
                pl.col("amount").filter(pl.col("amount") > 0).sum().alias("goods"),
            ),
            on="customer_id",
            how="left",
        )
        .fill_null(0)
    )
    margin = spend["net"].to_numpy() * MARGIN / MONEY_SCALE
    n = len(customers)
    share = plan.holdout / 10_000
    detectable = detectable_difference(
        sd=float(margin.std(ddof=1)), n_arm=round(n * (1 - share)), n_control=round(n * share)
    )
    each = float(spend["goods"].to_numpy().mean()) * MARGIN / MONEY_SCALE
    lift = planted * detectable / each
    print(
        f"{n} customers; detectable {detectable:.2f} per customer, planted "
        f"{planted * detectable:.2f} (goods worth {lift:+.0%} among those told)"
    )
    return lift


def main() -> None:
    """Print how often each verdict was given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--salts", type=int, default=500)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--planted", type=float, default=0.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = open_shop(Path(folder), [options.data / name for name in FILES])
        found = verdicts(
            settings, campaign(options.days), salts=options.salts, planted=options.planted
        )
    for verdict, count in sorted(found.items()):
        print(f"{verdict:14s} {count:5d}  {count / options.salts:.1%}")


if __name__ == "__main__":
    main()
