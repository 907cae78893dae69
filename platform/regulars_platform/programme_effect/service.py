"""Working out a quarter's effect, keeping it, reading it; the document is canonical JSON."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_experiments.results import Estimate, answer_as_json
from regulars_platform.campaigns.service import get_shop_of
from regulars_platform.customers.order_days import find_order_days
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.datasets.repository import versions_stored_before
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.fields import FieldReader, percent_text
from regulars_platform.offers.costs import discounts_are_recorded
from regulars_platform.programme_effect.crowding import contacts_between
from regulars_platform.programme_effect.findings import (
    GUARDRAILS,
    ProgrammeFindings,
    find_programme_effect,
)
from regulars_platform.programme_effect.known import known_before
from regulars_platform.programme_effect.nth_contact import LOOK_BACK, NthContact, nth_contacts
from regulars_platform.programme_effect.offer_costs import (
    OfferCosts,
    find_offer_costs,
    offered_by_campaign,
    offered_by_programme,
)
from regulars_platform.programme_effect.parts import (
    CONTACTS,
    Found,
    Runs,
    find_parts,
    joined,
    read_runs,
)
from regulars_platform.programme_effect.people import GoodsEarned, Known, goods_earned, group_rows
from regulars_platform.programme_effect.quarters import Quarter, Window, measured_window
from regulars_platform.programme_effect.sums import Part, Sum, add_up
from regulars_platform.programme_effect.tables import ProgrammeEffectRow
from regulars_platform.reach.holdout import list_holdouts
from regulars_platform.reports.document import canonical_report
from regulars_platform.settings import Settings
from regulars_platform.shops.practice import HasPractice, keep_section, read_section
from regulars_platform.storage.database import Database
from regulars_platform.suppressions.tables import Suppression
from regulars_platform.words import N_, Sentence

FORMAT = "regulars-programme-effect/1"
SECTION = "programme_margin"
USUAL_MARGIN = (3_000, 5_000)


class NoHoldoutError(RegularsError):
    """Nobody was held back from everything on any day of the quarter, or there are no orders."""

    @classmethod
    def of(cls) -> "NoHoldoutError":
        """For any such quarter."""
        return cls(
            Sentence(N_("In that quarter nobody was held back from everything.")),
            Sentence(N_("Draw a holdout; what everything brings can be told from then on.")),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class QuarterEffect:
    """A kept answer."""

    quarter: Quarter
    orders_version: int
    document: Mapping[str, Any]
    made_at: dt.datetime


def programme_margin(shop: HasPractice) -> tuple[int, int]:
    """(low, high) of the shop's margin on everything, in basis points; 30% to 50% by default."""
    kept = read_section(shop, SECTION)
    if not isinstance(kept, Mapping):
        return USUAL_MARGIN
    return int(kept["low"]), int(kept["high"])


def keep_programme_margin(session: Session, shop_id: int, raw: Mapping[str, Any]) -> None:
    """Keep `low` and `high` of a form, in percent. Raises InvalidInputError."""
    reader = FieldReader(raw)
    low, high = reader.percent("low"), reader.percent("high")
    if low is not None and high is not None and low > high:
        reader.refuse("high", N_("The highest margin is below the lowest."))
    if reader.problems or low is None or high is None:
        raise InvalidInputError(reader.problems)
    keep_section(session, shop_id, SECTION, {"low": low, "high": high})


def work_out_quarter(
    database: Database, settings: Settings, *, shop_id: int, quarter: Quarter, now: dt.datetime
) -> QuarterEffect:
    """Work out and keep one quarter, on the orders as they are. Raises NoHoldoutError."""
    with database.reading() as session:
        shop = get_shop_of(session, shop_id)
        store = build_feature_store(settings, shop)
        version = store.table.version()
        days = None if version is None else find_order_days(store, version)
        window = (
            None
            if days is None
            else measured_window(quarter, list_holdouts(session, shop_id), days.last)
        )
        if version is None or days is None or window is None:
            raise NoHoldoutError.of()
        runs = read_runs(session, shop_id, window)
        left = _unsubscribed(session, store, shop_id, window)
        margin, currency = programme_margin(shop), shop.currency
        files = versions_stored_before(session, shop_id, store.moment(window.first))
        told = contacts_between(session, settings, shop_id, window.first - LOOK_BACK, window.last)
    lines = store.table.scan(version)
    middle = sum(margin) // 2
    goods = goods_earned(lines, store.shop_dir, window, middle, store.timezone)
    people = known_before(store, version, window, files)
    found = list(find_parts(settings, shop_id, runs, people, lines, days.last))
    discounts = discounts_are_recorded(lines)
    known = Known(
        offers=_offers(settings, store, version, window, runs, people, discounts=discounts),
        contacts=joined([one.contacts for one in found], CONTACTS),
        unsubscribed=left,
        complained=_complained(store, window),
        discounts=discounts,
        goods=goods,
    )
    rows = group_rows(people, store.orders(version), window, known, store.timezone)
    findings = find_programme_effect(rows, margin_low=margin[0], margin_high=margin[1])
    document = effect_json(window, findings, found, runs, known)
    document |= {
        "told_newcomers": _newcomers(known.contacts, people),
        "currency": currency,
        "margin_low_percent": percent_text(margin[0]),
        "margin_high_percent": percent_text(margin[1]),
        "goods_costs": None if goods is None else _goods_json(goods),
        "nth": [
            _nth_json(one) for one in nth_contacts(settings, list(runs.campaigns), told, lines)
        ],
        "orders_version": version,
        "orders_until": days.last.isoformat(),
    }
    with database.unit_of_work() as session:
        return _keep(session, shop_id, quarter, version, canonical_report(document), now)


def _goods_json(goods: GoodsEarned) -> dict[str, Any]:
    return {
        "known_share": goods.known_share,
        "others_percent": percent_text(goods.flat),
        "products_version": goods.products_version,
    }


def _nth_json(one: NthContact) -> dict[str, Any]:
    return {
        "earlier": one.earlier,
        "customers": one.customers,
        "campaigns": one.campaigns,
        "net": answer_as_json(one.net),
    }


def effect_json(
    window: Window,
    findings: ProgrammeFindings | None,
    found: list[Found],
    runs: Runs,
    known: Known,
) -> dict[str, Any]:
    """The document: money in currency units."""
    return {
        "format": FORMAT,
        "quarter": window.quarter.code,
        "first": window.first.isoformat(),
        "last": window.last.isoformat(),
        "whole": window.whole,
        "holdout_percent": percent_text(window.holdout.share),
        "campaigns": len(runs.campaigns),
        "programmes": len({name for _, name, _, _ in runs.versions}),
        "discounts_recorded": known.discounts,
        "programme": None if findings is None else _findings_json(findings),
        "own": _sum_json(add_up(one.net for one in found)),
        "outside": _sum_json(add_up(one.outside for one in found if one.outside is not None)),
        "later": _sum_json(add_up(one.later for one in found if one.later is not None)),
    }


def find_quarter(session: Session, shop_id: int, quarter: Quarter) -> QuarterEffect | None:
    """The kept answer; None before the first."""
    row = _row(session, shop_id, quarter)
    return None if row is None else _build(row)


def _findings_json(found: ProgrammeFindings) -> dict[str, Any]:
    reach = found.reach
    total = found.net.scaled(found.others) if isinstance(found.net, Estimate) else found.net
    adjusted = found.adjusted
    return {
        "others": found.others,
        "held_back": found.held,
        "net": answer_as_json(found.net),
        "total": answer_as_json(total),
        "bars": {name: answer_as_json(answer) for name, answer in found.bars},
        "adjusted": None if adjusted is None else answer_as_json(adjusted),
        "adjusted_total": answer_as_json(adjusted.scaled(found.others))
        if isinstance(adjusted, Estimate)
        else None,
        "variance_removed": found.removed,
        "metrics": {
            effect.metric: {
                "others": effect.mean_arm,
                "held_back": effect.mean_control,
                "guardrail": effect.metric in GUARDRAILS,
                "difference": answer_as_json(effect.difference),
            }
            for effect in found.effects
        },
        "reach": {
            "detectable": reach.detectable,
            "relative": reach.relative,
            "why": None if reach.why is None else reach.why.value,
            "hoped": reach.hoped,
            "quarters": reach.quarters,
        },
    }


def _sum_json(found: Sum) -> dict[str, Any]:
    return {
        "whole": answer_as_json(found.whole),
        "parts": [_part_json(part) for part in found.parts],
        "untold": list(found.untold),
    }


def _part_json(part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "kind": part.kind,
        "id": part.id,
        "customers": part.customers,
        "waiting": part.waiting,
        "whole": answer_as_json(part.whole),
    }


def _offers(
    settings: Settings,
    store: FeatureStore,
    version: int,
    window: Window,
    runs: Runs,
    people: pl.Series,
    *,
    discounts: bool,
) -> OfferCosts:
    """Of every campaign and programme whose offer could be used in the days."""
    offered = [
        *(one for each in runs.lasting for one in offered_by_campaign(settings, each, people)),
        *(
            one
            for each, entries in runs.giving
            for one in offered_by_programme(each, entries, people)
        ),
    ]
    return find_offer_costs(
        offered,
        store.orders(version),
        store.table.scan(version),
        DatasetTable(store.shop_dir, "events").scan(),
        first=store.moment(window.first),
        stop=store.moment(window.last + dt.timedelta(days=1)),
        discounts=discounts,
    )


def _newcomers(contacts: pl.DataFrame, people: pl.Series) -> int:
    """Customers told in the days who were not known before them."""
    told = contacts["customer_id"]
    return told.filter(~told.is_in(people.implode())).n_unique()


def _unsubscribed(session: Session, store: FeatureStore, shop_id: int, window: Window) -> list[str]:
    """Who came onto the list of those not to be contacted in these days."""
    begins = store.moment(window.first)
    ends = store.moment(window.last + dt.timedelta(days=1))
    return list(
        session.scalars(
            select(Suppression.customer_id).where(
                Suppression.shop_id == shop_id,
                Suppression.added_at >= begins,
                Suppression.added_at < ends,
            )
        )
    )


def _complained(store: FeatureStore, window: Window) -> list[str]:
    """Complaints by the shop's files: of events, and of what came back of messages."""
    begins = store.moment(window.first)
    ends = store.moment(window.last + dt.timedelta(days=1))
    then = (pl.col("happened_at") >= begins) & (pl.col("happened_at") < ends)
    frames = []
    events = DatasetTable(store.shop_dir, "events").scan()
    contacts = DatasetTable(store.shop_dir, "contacts").scan()
    for said, about in (
        (events, pl.col("kind") == "complaint"),
        (contacts, pl.col("outcome") == "complained"),
    ):
        frames.append(said.filter(then & about).select("customer_id").drop_nulls())
    return pl.concat(frames).unique().collect(engine="streaming")["customer_id"].to_list()


def _keep(
    session: Session,
    shop_id: int,
    quarter: Quarter,
    version: int,
    text: str,
    now: dt.datetime,
) -> QuarterEffect:
    row = _row(session, shop_id, quarter)
    if row is None:
        row = ProgrammeEffectRow(shop_id=shop_id, quarter=quarter.code)
        session.add(row)
    row.orders_version, row.document, row.made_at = version, text, now
    session.flush()
    return _build(row)


def _row(session: Session, shop_id: int, quarter: Quarter) -> ProgrammeEffectRow | None:
    return session.scalars(
        select(ProgrammeEffectRow).where(
            ProgrammeEffectRow.shop_id == shop_id, ProgrammeEffectRow.quarter == quarter.code
        )
    ).first()


def _build(row: ProgrammeEffectRow) -> QuarterEffect:
    return QuarterEffect(
        quarter=Quarter.coded(row.quarter),
        orders_version=row.orders_version,
        document=json.loads(row.document),
        made_at=row.made_at,
    )
