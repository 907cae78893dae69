"""Who of those that a trigger names may enter, and why the others may not.

Asked before the draw and without it, so that both arms are alike in everything but the message.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.quiet_hours import QuietHours, quiet_hours
from regulars_platform.programmes.caps import (
    CHUNK,
    MANY,
    PLANNED_SCHEMA,
    contact_caps,
    over_the_cap,
    planned_contacts,
)
from regulars_platform.programmes.plan import ProgrammePlan
from regulars_platform.programmes.tables import ProgrammeEntryRow
from regulars_platform.reach.gate import CONSENTS, NO_CONSENT, REASONS, open_gate
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop
from regulars_platform.suppressions.service import chunks

ALREADY_IN, CAPPED = "already_in", "capped"
WHY_NOT = (ALREADY_IN, *REASONS, CAPPED)
"""Why somebody does not enter; where several hold, the first that is found in this order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What admission goes by besides the plan. now: the moment of the run."""

    shop: Shop
    quiet: QuietHours
    now: dt.datetime


def limits_of(shop: Shop, now: dt.datetime) -> Limits:
    """As the shop keeps them."""
    return Limits(shop=shop, quiet=quiet_hours(shop), now=now)


def with_contact_times(
    found: pl.DataFrame, plan: ProgrammePlan, day: dt.date, limits: Limits
) -> pl.DataFrame:
    """Occasions with `due_at` (UTC), `contact_on` (the shop's day) and `moved` (by quiet hours).

    At the plan's time of the day, not before now, not before the wait is over (then at the next
    full hour, so that messages go in batches), and outside the quiet hours.
    """
    at = dt.datetime.combine(day, plan.send_time, tzinfo=plan.zone).astimezone(dt.UTC)
    earliest = max(at, limits.now.astimezone(dt.UTC))
    over = pl.max_horizontal(
        pl.lit(earliest, dtype=pl.Datetime("us", "UTC")),
        (pl.col("moment") + pl.duration(microseconds=3_599_999_999)).dt.truncate("1h"),
    )
    wanted = found.with_columns(over.alias("wanted_at"))
    times = wanted["wanted_at"].unique().sort().to_list()
    allowed = [limits.quiet.over_at(time, plan.zone).astimezone(dt.UTC) for time in times]
    kinds = {"wanted_at": pl.Datetime("us", "UTC"), "due_at": pl.Datetime("us", "UTC")}
    table = pl.DataFrame({"wanted_at": times, "due_at": allowed}, schema=kinds)
    return wanted.join(table, on="wanted_at", how="left", maintain_order="left").select(
        *found.columns,
        "due_at",
        pl.col("due_at").dt.convert_time_zone(plan.timezone).dt.date().alias("contact_on"),
        (pl.col("due_at") != pl.col("wanted_at")).alias("moved"),
    )


def admit(
    session: Session,
    settings: Settings,
    *,
    programme_id: int | None,
    plan: ProgrammePlan,
    timed: pl.DataFrame,
    limits: Limits,
    also: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Occasions with times (see `with_contact_times`) and `reason`: one of WHY_NOT, null: enters.

    programme_id: None for a draft that nobody can be in. also: PLANNED_SCHEMA, contacts that are
    not stored yet but count.
    """
    if timed.is_empty():
        return timed.with_columns(pl.lit(None, dtype=pl.String).alias("reason"))
    inside = (
        pl.repeat(False, timed.height, eager=True)
        if programme_id is None
        else _already_in(session, programme_id, timed, plan)
    )
    barred = _barred(session, settings, plan, timed, limits)
    judged = timed.with_columns(
        pl.when(inside).then(pl.lit(ALREADY_IN)).otherwise(barred).alias("reason")
    )
    free = judged.filter(pl.col("reason").is_null())
    if free.is_empty():
        return judged
    caps = contact_caps(limits.shop)
    days: list[dt.date] = free["contact_on"].unique().sort().to_list()
    planned = planned_contacts(
        session,
        settings,
        limits.shop.id,
        free["customer_id"].to_list(),
        first=days[0] - caps.reach,
        last=days[-1] + caps.reach,
    )
    if also is not None:
        planned = pl.concat([planned, also.select(list(PLANNED_SCHEMA))])
    capped = free.filter(over_the_cap(free, planned, caps)).select(
        "customer_id", pl.lit(CAPPED).alias("capped")
    )
    return (
        judged.join(capped, on="customer_id", how="left", maintain_order="left")
        .with_columns(pl.coalesce("reason", "capped").alias("reason"))
        .drop("capped")
    )


def _already_in(
    session: Session, programme_id: int, timed: pl.DataFrame, plan: ProgrammePlan
) -> pl.Series:
    """Whether the occasion let its customer in before, or the last entry is too near."""
    entry = ProgrammeEntryRow
    rows: list[tuple[str, str, dt.date]] = []
    known = select(entry.customer_id, entry.occasion, entry.contact_on).where(
        entry.programme_id == programme_id
    )
    # of very many, all entries are read at once: that is quicker than asking for each
    parts = [None] if timed.height >= MANY else chunks(timed["customer_id"], CHUNK)
    for part in parts:
        asked = known if part is None else known.where(entry.customer_id.in_(part))
        rows.extend((name, what, on) for name, what, on in session.execute(asked))
    schema: dict[str, Any] = {"customer_id": pl.String, "known": pl.String, "last_on": pl.Date}
    before = pl.DataFrame(rows, schema=schema, orient="row")
    numbered = timed.select("customer_id", "occasion", "contact_on").with_row_index("place")
    near = (pl.col("contact_on") - pl.col("last_on")).dt.total_days() < plan.reentry_days
    inside = (
        numbered.join(before, on="customer_id", how="inner")
        .filter((pl.col("known") == pl.col("occasion")) | near)
        .select("place")
        .unique()
    )
    return numbered["place"].is_in(inside["place"].implode())


def _barred(
    session: Session,
    settings: Settings,
    plan: ProgrammePlan,
    timed: pl.DataFrame,
    limits: Limits,
) -> pl.Series:
    """Reasons of the gate as of each one's day of contact; then the plan's own wish for a yes."""
    names = timed["customer_id"]
    found = pl.Series("barred", [None] * timed.height, dtype=pl.String)
    for day in timed["contact_on"].unique().sort():
        gate = open_gate(session, settings, limits.shop.id, channels=plan.gate_channels, day=day)
        found = found.zip_with(timed["contact_on"] != day, gate.barred(names).alias("barred"))
    column = CONSENTS.get(plan.channel)
    if plan.consent != "agreed" or column is None:
        return found
    customers = DatasetTable(settings.shop_dir(limits.shop.id), "customers")
    yes = customers.scan().filter(pl.col(column)).select("customer_id").collect(engine="streaming")
    unasked = found.is_null() & ~names.is_in(yes["customer_id"].implode())
    return found.zip_with(~unasked, pl.Series([NO_CONSENT] * len(names), dtype=pl.String))
