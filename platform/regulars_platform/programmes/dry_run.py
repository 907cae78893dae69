"""What a day's run would do: who would be written to and why, and who not and why.

Nothing is stored. The draw is counted and never shown for a person: a list that names those who
would be held back invites somebody to reach them another way.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.csv_files import csv_pieces
from regulars_platform.customers.store import build_feature_store
from regulars_platform.programmes.admission import limits_of
from regulars_platform.programmes.beginning import begins_on
from regulars_platform.programmes.caps import PLANNED_SCHEMA
from regulars_platform.programmes.errors import ProgrammeUnavailableError
from regulars_platform.programmes.needs import missing_need
from regulars_platform.programmes.plan import ProgrammePlan
from regulars_platform.programmes.running import (
    counted,
    find_run,
    get_shop_row,
    is_held_back,
    is_past,
    judge,
    last_run,
    open_sources,
    standing_before,
)
from regulars_platform.programmes.service import (
    Programme,
    get_programme,
    list_programmes,
    read_plan_of,
)
from regulars_platform.programmes.tables import RUNNING
from regulars_platform.programmes.triggers import OCCASION_SCHEMA, Occasions, find_occasions
from regulars_platform.settings import Settings

CSV_COLUMNS = ("customer_id", "programme", "about", "enters", "why_not", "late_days", "send_from")


@dataclass(frozen=True, kw_only=True, slots=True)
class DryRun:
    """One programme on one day. people: customer_id, occasion, late, due_at, moved, reason; by
    customer. counts: as in `running.DayRun`; held_back: of those who would enter, how many the draw
    would hold back (of a draft: expected). done: the counts of the run, if the day was run already;
    then nobody is looked at again. unavailable: the need that is not met."""

    programme: Programme
    plan: ProgrammePlan
    people: pl.DataFrame
    counts: Mapping[str, int]
    held_back: int
    done: Mapping[str, int] | None = None
    unavailable: str | None = None

    @property
    def told(self) -> int:
        """How many would get a message."""
        return self.people.filter(pl.col("reason").is_null()).height - self.held_back


def dry_run_all(
    session: Session, settings: Settings, shop_id: int, day: dt.date, now: dt.datetime
) -> list[DryRun]:
    """All running programmes, in the order in which they run; each sees the contacts that those
    before it would make."""
    also = pl.DataFrame(schema=PLANNED_SCHEMA)
    found = []
    for programme in list_programmes(session, shop_id, state=RUNNING):
        one = _dry_run(session, settings, programme, day, now, also)
        found.append(one)
        also = pl.concat([also, _contacts(one)])
    return found


def dry_run(
    session: Session,
    settings: Settings,
    shop_id: int,
    programme_id: int,
    day: dt.date,
    now: dt.datetime,
) -> DryRun:
    """One programme: a running one after those that run before it, any other as its draft stands;
    one that begins on a later day as if that were this day.

    Raises InvalidInputError for a draft that is not complete, ProgrammeUnavailableError.
    """
    programme = get_programme(session, shop_id, programme_id)
    if begins_on(session, programme) is not None:
        programme = replace(programme, ran_until=None)
    also = pl.DataFrame(schema=PLANNED_SCHEMA)
    for other in list_programmes(session, shop_id, state=RUNNING):
        if other.id < programme_id:
            also = pl.concat([also, _contacts(_dry_run(session, settings, other, day, now, also))])
    return _dry_run(session, settings, programme, day, now, also)


def entries_in_half_a_year(
    session: Session, settings: Settings, programme: Programme, day: dt.date
) -> int:
    """How many are expected to enter in 182 days, by those whom the draft names today.

    Triggers that remember who they held for say nothing of the pace: then it is what the least plan
    has. Raises as `dry_run`, and ProgrammeUnavailableError where a need is not met.
    """
    plan = read_plan_of(session, programme)
    shop = get_shop_row(session, programme.shop_id)
    store = build_feature_store(settings, shop)
    need = missing_need(shop, store.shop_dir, plan.kind)
    if need is not None:
        raise ProgrammeUnavailableError.needs(need)
    sources, _ = open_sources(store, plan, day)
    found = find_occasions(sources, plan, day, ran_until=None, before=None)
    days = 1 if plan.kind == "holiday" else plan.grace_days + 1
    return found.found.height * (1 if plan.kind == "holiday" else 182) // days


def dry_run_csv(runs: Sequence[DryRun]) -> Iterator[bytes]:
    """Everybody whom a trigger names, and whether they would enter; without any arm."""
    rows = (
        (
            row["customer_id"],
            one.programme.name,
            row["occasion"],
            "no" if row["reason"] else "yes",
            row["reason"] or "",
            row["late"],
            row["due_at"].astimezone(one.plan.zone).strftime("%Y-%m-%d %H:%M"),
        )
        for one in runs
        for row in one.people.iter_rows(named=True)
    )
    return csv_pieces(CSV_COLUMNS, rows)


def _dry_run(
    session: Session,
    settings: Settings,
    programme: Programme,
    day: dt.date,
    now: dt.datetime,
    also: pl.DataFrame,
) -> DryRun:
    version = programme.version if programme.state == RUNNING else None
    plan = read_plan_of(session, programme) if version is None else version.plan
    done = None if version is None else find_run(session, programme.id, day)
    shop = get_shop_row(session, programme.shop_id)
    store = build_feature_store(settings, shop)
    sources, _ = open_sources(store, plan, day)
    need = missing_need(shop, store.shop_dir, plan.kind)
    if need is not None or done is not None or (version is not None and is_past(programme, day)):
        occasions = Occasions(found=pl.DataFrame(schema=OCCASION_SCHEMA), missed=0)
    else:
        before = None
        if version is not None:
            latest = last_run(session, programme)
            before = standing_before(settings, programme.shop_id, version, latest, day)
        occasions = find_occasions(sources, plan, day, ran_until=programme.ran_until, before=before)
    limits = limits_of(shop, now)
    own = programme.id if programme.version is not None else None
    people = judge(session, settings, own, plan, occasions, day, limits, also)
    entering = people.filter(pl.col("reason").is_null())
    if version is None:
        held = round(entering.height * plan.holdout / 10_000)
    else:
        held = int(is_held_back(entering, version).sum())
    return DryRun(
        programme=programme,
        plan=plan,
        people=people.sort("customer_id"),
        counts=counted(people, occasions),
        held_back=held,
        done=done,
        unavailable=need,
    )


def _contacts(run: DryRun) -> pl.DataFrame:
    entering = run.people.filter(pl.col("reason").is_null())
    return entering.select(pl.col(name).cast(kind) for name, kind in PLANNED_SCHEMA.items())
