"""Whether the shop's data have what can set a kind of programme off.

Asked of the stored tables, which is quick, so that a page can ask it for every kind.
"""

from pathlib import Path

import polars as pl

from regulars_platform.customers.tiers import read_tiers
from regulars_platform.customers.whole import due_path, waits_for_due_dates
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.offers.kinds import CashBack
from regulars_platform.orders.table import UNPAID, OrdersTable
from regulars_platform.programmes.errors import ProgrammeUnavailableError
from regulars_platform.programmes.kinds import KINDS, WORK_OUT_DUE
from regulars_platform.programmes.plan import ProgrammePlan
from regulars_platform.programmes.triggers import MOMENTS
from regulars_platform.shops.practice import HasPractice
from regulars_platform.words import N_

WHO_FOLLOWS = N_("a file of events that says who follows")
"""What cash back for following needs beside what sets the programme off."""


def missing_need(shop: HasPractice, shop_dir: Path, kind: str) -> str | None:
    """What is missing, as the message id of the kind's `needs`, or WORK_OUT_DUE; None where it is
    all there."""
    if _is_there(shop, shop_dir, kind):
        return None
    waits = kind == "product_due" and waits_for_due_dates(shop_dir)
    return WORK_OUT_DUE if waits else KINDS[kind].needs


def refuse_unpayable(shop_dir: Path, plan: ProgrammePlan) -> None:
    """Raise ProgrammeUnavailableError where the plan pays cash back for following and no file says
    who follows: nobody would know what it costs."""
    if isinstance(plan.offer, CashBack) and not DatasetTable(shop_dir, "events").exists():
        raise ProgrammeUnavailableError.needs(WHO_FOLLOWS, field="offer.kind")


def _is_there(shop: HasPractice, shop_dir: Path, kind: str) -> bool:
    lines = OrdersTable(shop_dir).scan()
    match kind:
        case "unpaid":
            return _any(lines, pl.col("status") == UNPAID)
        case "shipped" | "received":
            there = pl.col(MOMENTS[kind]).is_not_null() & pl.col("customer_id").is_not_null()
            return _any(lines, there)
        case "birthday":
            people = DatasetTable(shop_dir, "customers").scan()
            return _any(people, pl.col("birth_month").is_not_null())
        case "joined":
            people = DatasetTable(shop_dir, "customers").scan()
            events = DatasetTable(shop_dir, "events").scan()
            followed = pl.col("kind") == "follow"
            return _any(people, pl.col("follows").is_not_null()) or _any(events, followed)
        case "tier_changed":
            people = DatasetTable(shop_dir, "customers").scan()
            return bool(read_tiers(shop)) or _any(people, pl.col("tier_told").is_not_null())
        case "tier_near":
            return bool(read_tiers(shop))
        case "product_due":
            return due_path(shop_dir).exists()
        case _:
            return OrdersTable(shop_dir).exists()


def _any(frame: pl.LazyFrame, holds: pl.Expr) -> bool:
    return not frame.filter(holds).head(1).collect(engine="streaming").is_empty()
