"""Programmes beside a plan: who is in their told arm in its days, and who is likely to be.

Likely is whom a trigger will name by what is known on a day, if nothing happens in between, and who
could enter then by all that keeps people out. Some triggers wait for something that nobody can
foresee (a tier reached, a segment entered): for these only those who are in already are counted.
"""

import datetime as dt
from collections.abc import Sequence, Sized
from dataclasses import dataclass, replace

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.at_once import Meeting, find_meetings, running_beside
from regulars_platform.customers.order_days import find_order_days
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.fields import WHOLE
from regulars_platform.programmes.admission import admit, limits_of
from regulars_platform.programmes.needs import missing_need
from regulars_platform.programmes.plan import ProgrammePlan
from regulars_platform.programmes.running import open_sources
from regulars_platform.programmes.service import Programme, list_programmes, list_versions
from regulars_platform.programmes.tables import RUNNING, ProgrammeEntryRow
from regulars_platform.programmes.triggers import find_expected
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.rules import rule_expression
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop

AHEAD = 30
"""Days that a programme's own form looks ahead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """From the first to the last day, both included; as_of: the day by which customers are known
    who will be named in them."""

    first: dt.date
    last: dt.date
    as_of: dt.date

    @property
    def send_date(self) -> dt.date:
        """As `campaigns.at_once.HasWindow` calls it."""
        return self.first

    @property
    def outcome_end(self) -> dt.date:
        """As `campaigns.at_once.HasWindow` calls it."""
        return self.last


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammeBeside:
    """One programme and the customers asked about, in some days.

    inside: in its told arm, with a window that shares a day with them, held: held back by it,
    likewise; until: the last day of these windows, None without any. likely: to enter in the days,
    of whom about `told` would be written to and the others held back; None where nobody can foresee
    it, or the programme does not run.
    """

    id: int
    name: str
    inside: int
    held: int
    until: dt.date | None
    likely: int | None
    told: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammesBeside:
    """Programmes that share customers with the days, the most first.

    customers: of those asked about, in the told arm of any or likely to enter any; unforeseen:
    names of running programmes of which nobody can say beforehand whom they will name.
    """

    customers: int
    programmes: tuple[ProgrammeBeside, ...]
    unforeseen: tuple[str, ...]


NOBODY = ProgrammesBeside(customers=0, programmes=(), unforeseen=())


@dataclass(frozen=True, kw_only=True, slots=True)
class OfProgramme:
    """The other way round: what runs beside a programme. customers: whom it is expected to name
    from `first` to `last` (foreseen), or else who can enter at all."""

    customers: int
    foreseen: bool
    first: dt.date
    last: dt.date
    campaigns: tuple[Meeting, ...]
    beside: ProgrammesBeside


def programmes_beside(
    session: Session,
    settings: Settings,
    shop: Shop,
    customers: pl.Series,
    days: Days,
    *,
    without: int | None = None,
) -> ProgrammesBeside:
    """Of these customers, in these days. without: a programme that is left out."""
    asked = customers.cast(pl.String).unique().to_frame("customer_id")
    found: list[Shared] = []
    people: list[pl.Series] = []
    for one in people_of_programmes(session, settings, shop, days, among=asked, without=without):
        inside = one.inside.join(asked, on="customer_id", how="semi")
        told = inside.filter(~pl.col("held_back"))["customer_id"].unique()
        held = inside.filter("held_back")["customer_id"].n_unique()
        people += [told] if one.expected is None else [told, one.expected]
        found.append(
            Shared(of=one, told=told, held=held, until=_last_day(inside), likely=one.expected)
        )
    return count_beside(found, pl.concat(people).n_unique() if people else 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleOf:
    """A programme in some days. inside: customer_id, held_back, last (day) of entries whose window
    shares a day with them; expected: customer_id of those likely to enter, None where nobody can
    foresee it, or the programme does not run."""

    id: int
    name: str
    runs: bool
    holdout: int
    inside: pl.DataFrame
    expected: pl.Series | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shared:
    """The part of `PeopleOf` who are asked about. told, likely: customers, once each."""

    of: PeopleOf
    told: Sized
    held: int
    until: dt.date | None
    likely: Sized | None


def people_of_programmes(
    session: Session,
    settings: Settings,
    shop: Shop,
    days: Days,
    *,
    among: pl.DataFrame | None = None,
    without: int | None = None,
) -> list[PeopleOf]:
    """Of every programme that ever ran. among: the only ones who are looked for among those likely
    to enter; None: everybody."""
    store = build_feature_store(settings, shop)
    found = []
    for programme in list_programmes(session, shop.id):
        version = programme.version
        if version is None or programme.id == without:
            continue
        runs, expected = programme.state == RUNNING, None
        if runs:
            expected = expected_entries(
                session, settings, shop, store, version.plan, among, days, programme.id
            )
        found.append(
            PeopleOf(
                id=programme.id,
                name=programme.name,
                runs=runs,
                holdout=version.plan.holdout,
                inside=_inside(session, programme, days),
                expected=expected,
            )
        )
    return found


def count_beside(found: Sequence[Shared], customers: int) -> ProgrammesBeside:
    """In words' order. customers: of those asked about, in the told arm of any or likely to enter
    any."""
    shown = [
        ProgrammeBeside(
            id=one.of.id,
            name=one.of.name,
            inside=len(one.told),
            held=one.held,
            until=one.until,
            likely=None if one.likely is None else len(one.likely),
            told=None
            if one.likely is None
            else round(len(one.likely) * (WHOLE - one.of.holdout) / WHOLE),
        )
        for one in found
        if len(one.told) or one.held or (one.likely is not None and len(one.likely))
    ]
    return ProgrammesBeside(
        customers=customers,
        programmes=tuple(sorted(shown, key=lambda one: (-one.inside - (one.likely or 0), one.id))),
        unforeseen=tuple(one.of.name for one in found if one.of.runs and one.likely is None),
    )


def beside_programme(
    session: Session,
    settings: Settings,
    shop: Shop,
    plan: ProgrammePlan,
    *,
    programme_id: int | None,
    today: dt.date,
) -> OfProgramme | None:
    """What runs beside a programme in the next AHEAD days; None before the first orders."""
    store = build_feature_store(settings, shop)
    version = store.table.version()
    known = None if version is None else find_order_days(store, version)
    if version is None or known is None:
        return None
    # what is known on the day after the last order has mostly been laid out already
    as_of = min(known.day_after, today)
    days = Days(first=today, last=today + dt.timedelta(days=AHEAD - 1), as_of=as_of)
    features = for_rules(store, [plan.audience], as_of, version)
    everybody = features.filter(rule_expression(plan.audience)).select("customer_id").collect()
    expected = expected_entries(session, settings, shop, store, plan, everybody, days, programme_id)
    people = everybody["customer_id"] if expected is None else expected
    running = running_beside(session, settings, shop.id, days)
    return OfProgramme(
        customers=len(people),
        foreseen=expected is not None,
        first=days.first,
        last=days.last,
        campaigns=find_meetings(running, people.to_frame("customer_id"), plan.holdout),
        beside=programmes_beside(session, settings, shop, people, days, without=programme_id),
    )


def expected_entries(
    session: Session,
    settings: Settings,
    shop: Shop,
    store: FeatureStore,
    plan: ProgrammePlan,
    among: pl.DataFrame | None,
    days: Days,
    programme_id: int | None,
) -> pl.Series | None:
    """customer_id of those of `among` (None: of everybody) who are likely to enter in the days,
    held back or told.

    None where nobody can foresee them.
    """
    if missing_need(shop, store.shop_dir, plan.kind) is not None:
        return pl.Series("customer_id", dtype=pl.String)
    sources, _ = open_sources(store, plan, days.as_of)
    chosen = sources.features
    if among is not None:
        chosen = chosen.join(among.lazy(), on="customer_id", how="semi")
    named = find_expected(
        replace(sources, features=chosen), plan, days.as_of, days.first, days.last
    )
    if named is None:
        return None
    judged = admit(
        session,
        settings,
        programme_id=programme_id,
        plan=plan,
        # the first time that each is named: whoever enters then does not enter again soon
        timed=named.unique("customer_id", keep="first", maintain_order=True),
        limits=limits_of(shop, dt.datetime.combine(days.first, plan.send_time, plan.zone)),
    )
    return judged.filter(pl.col("reason").is_null())["customer_id"]


def _inside(session: Session, programme: Programme, days: Days) -> pl.DataFrame:
    """customer_id, held_back, last: entries whose window shares a day with these."""
    entry = ProgrammeEntryRow
    frames = []
    for version in list_versions(session, programme.shop_id, programme.id):
        window = dt.timedelta(days=version.plan.window_days)
        rows = session.execute(
            select(entry.customer_id, entry.held_back, entry.contact_on).where(
                entry.version_id == version.id,
                entry.contact_on > days.first - window,
                entry.contact_on <= days.last,
            )
        )
        frames.append(
            pl.DataFrame([tuple(row) for row in rows], schema=_ENTRIES, orient="row").select(
                "customer_id",
                "held_back",
                (pl.col("contact_on") + window - dt.timedelta(days=1)).alias("last"),
            )
        )
    return pl.concat(frames)


_ENTRIES: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "held_back": pl.Boolean(),
    "contact_on": pl.Date(),
}


def _last_day(inside: pl.DataFrame) -> dt.date | None:
    days: Sequence[dt.date] = inside["last"].to_list()
    return max(days, default=None)
