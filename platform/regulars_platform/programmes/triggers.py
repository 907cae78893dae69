"""Whom a programme's trigger names on a day, as expressions over features and orders.

Everything is as of the start of the day. An occasion is what an entry is about: an order, a first
order, a birthday. Its text is the same whenever it is found again, so nobody enters twice for one.
`late` says how many days after its proper day an occasion is found: 0 where nothing was missed.
"""

import datetime as dt
import math
from dataclasses import dataclass, field

import polars as pl

from regulars_platform.customers.rhythm import DEFAULT_RHYTHM, Rhythm
from regulars_platform.orders.table import PAID
from regulars_platform.orders.unpaid import waiting_for_payment
from regulars_platform.programmes.plan import ProgrammePlan
from regulars_platform.segments.rules import Rule, rule_expression

VALUE = "average_order_value"
OCCASION_SCHEMA: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "occasion": pl.String(),
    "late": pl.Int64(),  # days after the proper day
    "moment": pl.Datetime("us", "UTC"),  # the wait is over then; null: at any time of the day
    VALUE: pl.Float64(),  # of the customer, currency units
}
STANDING_SCHEMA: dict[str, pl.DataType] = {"customer_id": pl.String(), "value": pl.String()}
DUE_SCHEMA: dict[str, pl.DataType] = {"customer_id": pl.String(), "due_on": pl.Date()}
MOMENTS = {"shipped": "shipped_at", "received": "received_at"}
"""Kind -> the column of order lines that has its moment."""
OF_ORDER = "order "
"""How an occasion that is an order begins; its number follows."""

_NEVER = pl.lit(None, dtype=pl.Int64)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """What triggers look at. features: as of the start of the day; orders: whole orders of known
    customers; lines: order lines; rhythm: when the shop calls a customer dormant, or lost; due:
    customer_id and due_on of every product that customers are due to buy again."""

    features: pl.LazyFrame
    orders: pl.LazyFrame
    lines: pl.LazyFrame
    rhythm: Rhythm = DEFAULT_RHYTHM
    due: pl.LazyFrame = field(default_factory=lambda: pl.LazyFrame(schema=DUE_SCHEMA))


@dataclass(frozen=True, kw_only=True, slots=True)
class Occasions:
    """found: OCCASION_SCHEMA, one row per customer, by id, none later than the grace days allow.

    missed: occasions since the last run that are too late by now. standing: for whom the trigger
    holds today, kept for the next run; None where the trigger needs no memory. already: those for
    whom it held when the programme looked for the first time.
    """

    found: pl.DataFrame
    missed: int
    standing: pl.DataFrame | None = None
    already: int = 0


def rules_of(plan: ProgrammePlan) -> tuple[Rule, ...]:
    """All rules that the feature frame has to have the columns of."""
    return (plan.audience, *(() if plan.segment is None else (plan.segment.rule,)))


def find_occasions(
    sources: Sources,
    plan: ProgrammePlan,
    day: dt.date,
    *,
    ran_until: dt.date | None,
    before: pl.DataFrame | None,
) -> Occasions:
    """Everybody whom the trigger names on `day`.

    ran_until: the last day that was run, None at the first time. before: STANDING_SCHEMA as of the
    last run, for triggers that need it; None at the first time.
    """
    if plan.about.trigger == "standing":
        return _standing_occasions(sources, plan, day, before)
    named = _named_people(sources, plan, day)
    since_last = 0 if ran_until is None else (day - ran_until).days
    late = pl.col("late")
    found, missed = pl.collect_all(
        [
            named.filter((late >= 0) & (late <= plan.grace_days)),
            named.filter((late > plan.grace_days) & (late < since_last)).select(pl.len()),
        ],
        engine="streaming",
    )
    return Occasions(found=_one_each(found), missed=missed.item())


def find_expected(
    sources: Sources, plan: ProgrammePlan, day: dt.date, first: dt.date, last: dt.date
) -> pl.DataFrame | None:
    """Whom the trigger will name from `first` to `last`, by what is known on `day`.

    customer_id, occasion, contact_on (its proper day), by id and day. None for triggers that nobody
    can foresee: of those that wait for something to begin to hold.
    """
    if plan.about.trigger == "standing":
        return None
    if plan.kind == "holiday":
        named = _holidays(sources, plan, first, last)
    else:
        late = pl.duration(days=pl.col("late"))
        on = (pl.lit(day) - late).alias("contact_on")
        named = _named_people(sources, plan, day).select("customer_id", "occasion", on)
    return (
        named.filter(pl.col("contact_on").is_between(first, last))
        .unique()
        .sort("customer_id", "contact_on", "occasion")
        .collect(engine="streaming")
    )


def _named_people(sources: Sources, plan: ProgrammePlan, day: dt.date) -> pl.LazyFrame:
    """OCCASION_SCHEMA of everybody with an occasion; late below 0: so many days ahead."""
    if plan.about.trigger == "moment":
        return _moments(sources, plan, day)
    return _days(sources, plan, day)


def _holidays(sources: Sources, plan: ProgrammePlan, first: dt.date, last: dt.date) -> pl.LazyFrame:
    ahead = dt.timedelta(days=plan.before_days)
    days = [(f"holiday {date.isoformat()}", date - ahead) for date in plan.dates]
    within = [(name, on) for name, on in days if first <= on <= last]
    schema: dict[str, pl.DataType] = {"occasion": pl.String(), "contact_on": pl.Date()}
    dates = pl.LazyFrame(within, schema=schema, orient="row")
    return _among(sources, plan).select("customer_id").join(dates, how="cross")


def _one_each(found: pl.DataFrame) -> pl.DataFrame:
    """The latest occasion of each customer."""
    return (
        found.sort(["customer_id", "late", "occasion"])
        .unique("customer_id", keep="first", maintain_order=True)
        .select(pl.col(name).cast(kind) for name, kind in OCCASION_SCHEMA.items())
    )


def _among(sources: Sources, plan: ProgrammePlan) -> pl.LazyFrame:
    return sources.features.filter(rule_expression(plan.audience))


def _dated(frame: pl.LazyFrame, late: pl.Expr, occasion: pl.Expr) -> pl.LazyFrame:
    return frame.select(
        "customer_id",
        occasion.alias("occasion"),
        late.cast(pl.Int64).alias("late"),
        pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("moment"),
        VALUE,
    ).filter(pl.col("late").is_not_null())


def _days(sources: Sources, plan: ProgrammePlan, day: dt.date) -> pl.LazyFrame:
    people = _among(sources, plan)
    today = pl.lit(day)
    match plan.kind:
        case "honeymoon":
            wait = math.ceil(plan.wait_hours / 24)
            return _dated(people, pl.col("first_order_days") - wait, pl.lit("first"))
        case "dormant" | "lost":
            last = pl.col("last_order_days")
            ordered = today - pl.duration(days=last)
            return _dated(people, _silent_for(plan, sources.rhythm), _named("last", ordered))
        case "birthday":
            left = pl.col("birthday_in_days").cast(pl.Int64)
            year = (today + pl.duration(days=left)).dt.year().cast(pl.String)
            return _dated(people, plan.before_days - left, pl.lit("birthday ") + year)
        case "product_due":
            dates = sources.due.drop_nulls().unique()
            left = (pl.col("due_on") - today).dt.total_days()
            told = people.join(dates, on="customer_id", how="inner")
            return _dated(told, plan.before_days - left, _named("due", pl.col("due_on")))
        case _:  # a holiday
            return _dated(people, *_holiday(plan, day))


def _silent_for(plan: ProgrammePlan, rhythm: Rhythm) -> pl.Expr:
    """Days since the customer began to count as dormant, or lost; below 0 before.

    By their own rhythm (rhythm_ratio is the days since the last order over the usual interval),
    and not while they are still new.
    """
    last = pl.col("last_order_days")
    if plan.after_days is not None:
        return last - plan.after_days
    ratio = pl.col("rhythm_ratio")
    times = rhythm.dormant_from if plan.kind == "dormant" else rhythm.lost_from
    # 1e-6: ten days over a ratio that is rounded in its last digits are still ten days
    begins = (pl.when(ratio > 0).then(last / ratio) * times - 1e-6).ceil()
    known = pl.when(begins.is_finite()).then(begins).cast(pl.Int64)
    old = pl.col("first_order_days") - rhythm.honeymoon_days - 1
    return pl.when(known.is_not_null()).then(pl.min_horizontal(last - known, old))


def _holiday(plan: ProgrammePlan, day: dt.date) -> tuple[pl.Expr, pl.Expr]:
    """Of the days that it could be the time for, the one that it is least late for."""
    ahead = dt.timedelta(days=plan.before_days)
    begun = [date for date in plan.dates if date - ahead <= day]
    if not begun:
        return _NEVER, pl.lit("")
    latest = max(begun)
    return pl.lit((day - latest + ahead).days), pl.lit(f"holiday {latest.isoformat()}")


def _named(word: str, date: pl.Expr) -> pl.Expr:
    return pl.lit(f"{word} ") + date.cast(pl.Date).dt.to_string("%Y-%m-%d")


def _moments(sources: Sources, plan: ProgrammePlan, day: dt.date) -> pl.LazyFrame:
    start = dt.datetime.combine(day, dt.time(), tzinfo=plan.zone).astimezone(dt.UTC)
    if plan.kind == "unpaid":
        waiting = waiting_for_payment(sources.orders, start)
        happened = waiting.rename({"ordered_at": "moment"})
    else:
        happened = _parcels(sources, plan, start)
    over = pl.col("moment") + pl.duration(hours=plan.wait_hours)
    local = over.dt.convert_time_zone(plan.timezone).dt.date()
    people = _among(sources, plan).select("customer_id", VALUE)
    return happened.join(people, on="customer_id", how="inner").select(
        "customer_id",
        (pl.lit(OF_ORDER) + pl.col("order_id")).alias("occasion"),
        (pl.lit(day) - local).dt.total_days().alias("late"),
        over.alias("moment"),
        VALUE,
    )


def _parcels(sources: Sources, plan: ProgrammePlan, start: dt.datetime) -> pl.LazyFrame:
    """Paid orders with the moment at which they were shipped, or received."""
    column = MOMENTS[plan.kind]
    there = pl.col(column).is_not_null() & pl.col("customer_id").is_not_null()
    return (
        sources.lines.filter(there & (pl.col("status") == PAID) & (pl.col(column) < start))
        .group_by("order_id")
        .agg(pl.col("customer_id").min(), pl.col(column).max().alias("moment"))
    )


def _standing_occasions(
    sources: Sources, plan: ProgrammePlan, day: dt.date, before: pl.DataFrame | None
) -> Occasions:
    holds, value = _standing(plan)
    now = (
        sources.features.filter(holds)
        .select("customer_id", value.cast(pl.String).alias("value"))
        .sort("customer_id")
        .collect(engine="streaming")
    )
    if before is None:
        none = pl.DataFrame(schema=OCCASION_SCHEMA)
        return Occasions(found=none, missed=0, standing=now, already=now.height)
    joined = now.join(before.rename({"value": "earlier"}), on="customer_id", how="left")
    if plan.kind == "tier_changed":
        # a customer who was not there before has not changed
        fires = (pl.col("earlier") != pl.col("value")) & (pl.col("value") != "")
    else:
        fires = pl.col("earlier").ne_missing(pl.col("value"))
    entering = joined.filter(fires.fill_null(False)).select("customer_id", "value")
    people = _among(sources, plan).select("customer_id", VALUE)
    occasion = pl.lit(f"{_WORDS[plan.kind]} ") + pl.col("value").str.slice(0, 120)
    found = (
        people.join(entering.lazy(), on="customer_id", how="inner")
        .select(
            "customer_id",
            (occasion + pl.lit(f" {day.isoformat()}")).alias("occasion"),
            pl.lit(0, dtype=pl.Int64).alias("late"),
            pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("moment"),
            VALUE,
        )
        .collect(engine="streaming")
    )
    return Occasions(found=_one_each(found), missed=0, standing=now)


_WORDS = {"tier_changed": "tier", "tier_near": "near", "joined": "joined", "segment": "segment"}


def _standing(plan: ProgrammePlan) -> tuple[pl.Expr, pl.Expr]:
    """(for whom it holds, what is remembered of them)."""
    match plan.kind:
        case "tier_changed":
            return pl.lit(True), pl.col("tier").fill_null("")
        case "tier_near":
            missing = pl.col("to_next_tier")
            near = (missing > 0) & (missing <= plan.within / 10_000)
            return near.fill_null(False), pl.col("next_tier").fill_null("")
        case "joined":
            return pl.col("follows").fill_null(False), pl.lit("")
        case _:
            if plan.segment is None:
                raise ValueError("a programme of a segment needs one")
            return rule_expression(plan.segment.rule), pl.lit("")
