"""A day's run: whom the triggers name, who enters, which arm each entry draws, what is queued.

A programme's day is decided from files outside any transaction and stored in one: run twice,
killed anywhere, or run by two at once, it comes to the same. Programmes run in the order in which
they were made, so that the cap over all of them means the same every time.
"""

import contextlib
import datetime as dt
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from regulars_platform.campaigns.codes import personal_codes
from regulars_platform.customers.rhythm import read_rhythm
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.customers.whole import due_dates
from regulars_platform.offers.kinds import own_multiple
from regulars_platform.offers.thresholds import customer_threshold
from regulars_platform.programmes.admission import (
    WHY_NOT,
    Limits,
    admit,
    limits_of,
    with_contact_times,
)
from regulars_platform.programmes.errors import DayError, ProgrammeUnavailableError
from regulars_platform.programmes.needs import missing_need
from regulars_platform.programmes.plan import ProgrammePlan
from regulars_platform.programmes.sending import queue_entries
from regulars_platform.programmes.service import Programme, Version, get_programme, list_programmes
from regulars_platform.programmes.tables import (
    RUNNING,
    ProgrammeEntryRow,
    ProgrammeRow,
    ProgrammeRunRow,
)
from regulars_platform.programmes.triggers import (
    STANDING_SCHEMA,
    VALUE,
    Occasions,
    Sources,
    find_occasions,
    rules_of,
)
from regulars_platform.reach.holdout import in_holdout
from regulars_platform.segments.frames import for_rules
from regulars_platform.settings import Settings
from regulars_platform.shops.errors import ShopNotFoundError
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.placing import place

ROWS_AT_ONCE = 2_000
KEPT_STANDING = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class DayRun:
    """One programme's day. done_before: it had been run already, and nothing was done.

    counts: named = told + held_back + the counts of WHY_NOT; late: of those who entered, after
    their proper day, late_told: of those told; missed: too late to be let in at all; moved: by
    quiet hours; already: for whom the trigger held when the programme began; queued: messages given
    to delivery. unavailable: the need (a message id) that the shop's data do not meet; then nobody
    was looked at.
    """

    programme_id: int
    day: dt.date
    counts: Mapping[str, int]
    done_before: bool = False
    unavailable: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """What a run decides on before it stores anything."""

    occasions: Occasions
    orders_version: int


def run_programmes(
    database: Database, settings: Settings, shop_id: int, day: dt.date, now: dt.datetime
) -> list[DayRun]:
    """Run all running programmes of the shop for a day. Raises DayError, no orders."""
    with database.reading() as session:
        running = list_programmes(session, shop_id, state=RUNNING)
    return [run_programme(database, settings, shop_id, one.id, day, now) for one in running]


def run_programme(
    database: Database,
    settings: Settings,
    shop_id: int,
    programme_id: int,
    day: dt.date,
    now: dt.datetime,
) -> DayRun:
    """Run one running programme for a day of the shop; again: nothing happens.

    Of days that were missed, occasions come in late as far as the plan's grace days allow. Raises
    DayError for a day that has not begun, ProgrammeUnavailableError without any orders.
    """
    with database.reading() as session:
        programme = get_programme(session, shop_id, programme_id)
        shop = get_shop_row(session, shop_id)
        before = last_run(session, programme)
        known = find_run(session, programme_id, day)
    version = programme.version
    if known is not None:
        return DayRun(programme_id=programme_id, day=day, counts=known, done_before=True)
    if programme.state != RUNNING or version is None or is_past(programme, day):
        return DayRun(programme_id=programme_id, day=day, counts={}, done_before=True)
    if day > now.astimezone(version.plan.zone).date():
        raise DayError.not_yet(day)
    store = build_feature_store(settings, shop)
    sources, orders_version = open_sources(store, version.plan, day)
    need = missing_need(shop, store.shop_dir, version.plan.kind)
    if need is not None:
        return DayRun(programme_id=programme_id, day=day, counts={}, unavailable=need)
    occasions = find_occasions(
        sources,
        version.plan,
        day,
        ran_until=programme.ran_until,
        before=standing_before(settings, shop_id, version, before, day),
    )
    looked = Looked(occasions=occasions, orders_version=orders_version)
    standing = _keep_standing(settings, shop_id, programme_id, day, occasions.standing)
    with contextlib.suppress(IntegrityError), database.unit_of_work() as session:
        counts = _store(session, settings, programme, version, looked, standing, day, now)
        if counts is not None:
            return DayRun(programme_id=programme_id, day=day, counts=counts)
    with database.reading() as session:
        known = find_run(session, programme_id, day)
    return DayRun(programme_id=programme_id, day=day, counts=known or {}, done_before=True)


def open_sources(store: FeatureStore, plan: ProgrammePlan, day: dt.date) -> tuple[Sources, int]:
    """What the triggers of a plan look at on a day, and the version of the orders."""
    orders_version = store.table.version()
    if orders_version is None:
        raise ProgrammeUnavailableError.no_orders()
    sources = Sources(
        features=for_rules(store, rules_of(plan), day, orders_version),
        orders=store.orders(orders_version),
        lines=store.table.scan(orders_version),
        rhythm=read_rhythm(store),
        due=due_dates(store.shop_dir),
    )
    return sources, orders_version


def get_shop_row(session: Session, shop_id: int) -> Shop:
    """The shop's row, to be looked at beyond its session. Raises ShopNotFoundError."""
    shop = session.get(Shop, shop_id)
    if shop is None:
        raise ShopNotFoundError.of(shop_id)
    session.expunge(shop)
    return shop


def last_run(session: Session, programme: Programme) -> ProgrammeRunRow | None:
    """The latest day of the programme that was run, to be looked at beyond its session."""
    run = session.scalars(
        select(ProgrammeRunRow)
        .where(ProgrammeRunRow.programme_id == programme.id)
        .order_by(ProgrammeRunRow.day.desc())
        .limit(1)
    ).first()
    if run is not None:
        session.expunge(run)
    return run


def find_run(session: Session, programme_id: int, day: dt.date) -> Mapping[str, int] | None:
    """The counts of a day that was run; None where it was not."""
    run = ProgrammeRunRow
    found = select(run).where(run.programme_id == programme_id, run.day == day)
    row = session.scalars(found).first()
    return None if row is None else dict(row.counts)


def is_held_back(entries: pl.DataFrame, version: Version) -> pl.Series:
    """The draw: per entry whether it is held back.

    By SHA-256 of "salt:customer|occasion" against the share, so that an entry's arm depends on
    nothing but itself, whoever else enters, and is the same whenever it is drawn again.
    """
    keys = entries["customer_id"] + "|" + entries["occasion"]
    return in_holdout(keys, salt=version.salt, share=version.plan.holdout)


def is_past(programme: Programme, day: dt.date) -> bool:
    """Whether it has run later already: the day is not run any more."""
    return programme.ran_until is not None and day <= programme.ran_until


def _store(
    session: Session,
    settings: Settings,
    programme: Programme,
    version: Version,
    looked: Looked,
    standing: str | None,
    day: dt.date,
    now: dt.datetime,
) -> dict[str, int] | None:
    """Everything of the day in the caller's transaction; None where somebody else was faster."""
    claimed = session.execute(
        update(ProgrammeRow)
        .where(
            ProgrammeRow.id == programme.id,
            ProgrammeRow.state == RUNNING,
            ProgrammeRow.version_id == version.id,
            ProgrammeRow.ran_until.is_(None)
            if programme.ran_until is None
            else ProgrammeRow.ran_until == programme.ran_until,
        )
        .values(ran_until=day)
    )
    if claimed.rowcount != 1:  # type: ignore[attr-defined]
        return None
    limits = limits_of(get_shop_row(session, programme.shop_id), now)
    judged = judge(session, settings, programme.id, version.plan, looked.occasions, day, limits)
    entering = judged.filter(pl.col("reason").is_null())
    drawn = drawn_entries(entering, version)
    run = ProgrammeRunRow(
        shop_id=programme.shop_id,
        programme_id=programme.id,
        version_id=version.id,
        day=day,
        orders_version=looked.orders_version,
        counts={},
        standing_file=standing,
        ran_at=now,
    )
    session.add(run)
    session.flush()
    _insert(session, programme, version, run.id, day, drawn)
    queued = queue_entries(session, settings, programme, version, drawn, now=now)
    run.counts = {**counted(judged, looked.occasions), **_arms(drawn), **queued}
    session.flush()
    return dict(run.counts)


def judge(
    session: Session,
    settings: Settings,
    programme_id: int | None,
    plan: ProgrammePlan,
    occasions: Occasions,
    day: dt.date,
    limits: Limits,
    also: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The day's occasions with times and `reason`, see `admission`."""
    timed = with_contact_times(occasions.found, plan, day, limits)
    return admit(
        session,
        settings,
        programme_id=programme_id,
        plan=plan,
        timed=timed,
        limits=limits,
        also=also,
    )


def counted(judged: pl.DataFrame, occasions: Occasions) -> dict[str, int]:
    """The counts of DayRun that need no draw."""
    why = dict(judged["reason"].drop_nulls().value_counts().iter_rows())
    entering = judged.filter(pl.col("reason").is_null())
    return {
        "named": judged.height,
        **{name: int(why.get(name, 0)) for name in WHY_NOT},
        "late": int((entering["late"] > 0).sum()),
        "moved": int(entering["moved"].sum()),
        "missed": occasions.missed,
        "already": occasions.already,
    }


def drawn_entries(entering: pl.DataFrame, version: Version) -> pl.DataFrame:
    """Entries with held_back, code and threshold (ten-thousandths) of the plan's offer."""
    offer = version.plan.offer
    held = is_held_back(entering, version).alias("held_back")
    own = pl.lit(None, dtype=pl.Int64)
    if own_multiple(offer) is not None:
        own = customer_threshold(offer, pl.col(VALUE))
    drawn = entering.with_columns(held, own.alias("threshold"))
    keys = (drawn["customer_id"] + "|" + drawn["occasion"]).to_list()
    codes: dict[str, str] = {}
    if offer.reach == "personal":
        codes = personal_codes(keys, salt=version.salt)
    told = [
        None if held_back else codes.get(key)
        for key, held_back in zip(keys, drawn["held_back"], strict=True)
    ]
    return drawn.with_columns(pl.Series("code", told, dtype=pl.String))


def _arms(drawn: pl.DataFrame) -> dict[str, int]:
    held = int(drawn["held_back"].sum())
    late = drawn.filter(~pl.col("held_back") & (pl.col("late") > 0))
    return {"told": drawn.height - held, "held_back": held, "late_told": late.height}


def _insert(
    session: Session,
    programme: Programme,
    version: Version,
    run_id: int,
    day: dt.date,
    drawn: pl.DataFrame,
) -> None:
    shared: dict[str, Any] = {
        "shop_id": programme.shop_id,
        "programme_id": programme.id,
        "version_id": version.id,
        "run_id": run_id,
        "entered_on": day,
    }
    columns = drawn.select(
        "customer_id",
        "occasion",
        "contact_on",
        "due_at",
        pl.col("late").alias("late_days"),
        "held_back",
        "code",
        "threshold",
    )
    for part in columns.iter_slices(ROWS_AT_ONCE):
        # by the table, not the mapped class: several times as quick for so many rows
        session.execute(
            insert(ProgrammeEntryRow.metadata.tables[ProgrammeEntryRow.__tablename__]),
            [shared | row for row in part.iter_rows(named=True)],
        )


def standing_before(
    settings: Settings,
    shop_id: int,
    version: Version,
    before: ProgrammeRunRow | None,
    day: dt.date,
) -> pl.DataFrame | None:
    """For whom the trigger held when it last ran.

    None where that was under another version, whose trigger may have been another, or longer ago
    than the grace days allow: nobody could tell how late whoever came in since would be told.
    """
    if before is None or before.standing_file is None or before.version_id != version.id:
        return None
    if (day - before.day).days > version.plan.grace_days + 1:
        return None
    path = _standing_folder(settings, shop_id) / Path(before.standing_file).name
    return pl.read_parquet(path) if path.exists() else None


def _keep_standing(
    settings: Settings, shop_id: int, programme_id: int, day: dt.date, frame: pl.DataFrame | None
) -> str | None:
    """Write it under its content's name; the database says which file counts."""
    if frame is None:
        return None
    folder = _standing_folder(settings, shop_id)
    buffer = io.BytesIO()
    frame.select(list(STANDING_SCHEMA)).write_parquet(buffer)
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()[:16]
    path = folder / f"{programme_id}-{day.isoformat()}-{digest}.parquet"
    place(path, content)
    old = sorted(folder.glob(f"{programme_id}-*.parquet"))[: -KEPT_STANDING - 1]
    for file_before in old:
        file_before.unlink(missing_ok=True)
    return path.name


def _standing_folder(settings: Settings, shop_id: int) -> Path:
    return settings.shop_dir(shop_id) / "programmes"
