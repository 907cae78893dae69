"""Who is due again: the list, corrections by staff, and drafts that contact whom it holds."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import Field
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.cycle.best_for import Best, best_for
from regulars_platform.cycle.corrections import (
    MAX_REASON,
    About,
    Maker,
    correct,
    corrections_of,
    withdraw,
)
from regulars_platform.cycle.due_list import (
    AHEAD,
    MOST_AHEAD,
    DueAsked,
    DueList,
    build_due_list,
    csv_rows,
    due_csv,
)
from regulars_platform.cycle.errors import NotWorkedOutError
from regulars_platform.cycle.jobs import KIND, ask_unless_waiting
from regulars_platform.cycle.service import (
    Asked,
    Cycle,
    find_cycle,
    first_day,
    gather_inputs,
    get_due_row,
)
from regulars_platform.datasets.titles import product_titles
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, CsvFile
from regulars_web.api.due_shown import (
    BandShown,
    DueRow,
    DueSummary,
    DueWhole,
    ProductCycle,
    band_shown,
    cycle_shown,
    due_row,
    due_whole,
)
from regulars_web.api.jobs import JobShown, start_once
from regulars_web.api.models import NO_CONTROLS, Answer, Day, Id, Model, Page
from regulars_web.api.paging import PageQuery, after, page_of, paged
from regulars_web.drafts.due import due_campaign, due_programme, due_programme_plan
from regulars_web.drafts.plans import find_shop_facts
from regulars_web.edge import reading

area = Area("due", "Who is due again, for which product, and when (docs/cycle.md).")

Persons = Literal[
    "sms", "email", "phone", "chat", "message_box", "poster", "parcel_insert", "start_page", "other"
]
Name = Annotated[str, Field(min_length=1, max_length=1000, pattern=NO_CONTROLS)]
Ahead = Annotated[int, Field(ge=0, le=MOST_AHEAD)]


class DueQuery(Model):
    """What of the list."""

    day: Day | None = None
    """Its first day; left out: today, or the day after the last order where orders ended long
    ago. Who was due up to 30 days before it and has not come is on the list, too."""
    ahead: Ahead = AHEAD
    """So many days more."""
    channel: Persons = "phone"
    """By which they are to be reached: who may not be reached by it is not on the list."""


class DuePageQuery(PageQuery, DueQuery):
    """What of the list, and which part."""


class DueBody(DueQuery):
    """Whom to contact: what of the list, as in its queries."""


class OneQuery(Model):
    """A customer and a product."""

    customer_id: Name
    product: Name


class Correction(OneQuery):
    """What staff know better."""

    due_on: Day | None
    """After the last purchase; null: not needed any more."""
    reason: Annotated[str, Field(min_length=1, max_length=MAX_REASON, pattern=NO_CONTROLS)]


class DraftMade(Model):
    """A draft, new or the one that was made before."""

    id: Id


KEY = {"due_on": str, "customer_id": str, "product": str}
"""What the list is sorted by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The answer that is there, what would be read now, and what of the list is asked for."""

    cycle: Cycle
    asked: Asked
    wanted: DueAsked


@area.post("/due", scope=Scope.WRITE_DATA, status=202)
def work_out_due(call: Call, work: Session) -> Answer[JobShown]:
    """Work out who is due on the orders as they are, in the background"""
    gather_inputs(work, call.settings, call.shop_id)
    return start_once(call, work, KIND)


@area.get("/due", scope=Scope.READ_CONTACTS, also=(404,))
def list_due(call: Call, query: DuePageQuery) -> Page[DueRow]:
    """Who is due and may be contacted, by day; who is overdue comes first

    Nobody is on it who opted out, has no consent for the channel, or is held back.
    """
    found = _found(call, query)
    start = after(query, *KEY.values())
    with reading() as work:
        rows = _listed(call, work, found).rows.with_columns(pl.col("due_on").cast(pl.String))
        if start is not None:
            rows = rows.filter(_later_than(start))
        shown = rows.sort(list(KEY)).head(query.limit + 1)
        best = _best(call, work, found, shown)
    return page_of(
        list(shown.iter_rows(named=True)),
        query,
        lambda row: due_row(row, best.of(row["customer_id"])),
        lambda row: tuple(row[name] for name in KEY),
    )


@area.get("/due/csv", scope=Scope.READ_CONTACTS, also=(404,))
def download_due(call: Call, query: DueQuery) -> CsvFile:
    """The whole list as a file, for staff who call"""
    found = _found(call, query)
    with reading() as work:
        rows = _listed(call, work, found).rows
        best = _best(call, work, found, rows)
    titles = product_titles(found.asked.store.shop_dir, rows["product"].unique().to_list())
    name = f"due-{found.wanted.day.isoformat()}.csv"
    return CsvFile(due_csv(csv_rows(rows, best, titles)), name)


@area.get("/due/summary", scope=Scope.READ_FIGURES, also=(404,))
def get_due_summary(call: Call, query: DueQuery) -> Answer[DueSummary]:
    """How many are due, how many may not be contacted, and how good the dates are"""
    found = _found(call, query)
    wanted, cycle = found.wanted, found.cycle
    with reading() as work:
        listed = _listed(call, work, found)
    late = pl.col("due_on") < wanted.day
    shown = DueSummary(
        made_at=cycle.made_at,
        is_old=cycle.inputs != found.asked.inputs,
        day=wanted.day,
        ahead=wanted.ahead,
        channel=wanted.channel,
        rows=listed.rows.height,
        coming=listed.rows.filter(~late)["customer_id"].n_unique(),
        overdue=listed.rows.filter(late)["customer_id"].n_unique(),
        barred=listed.barred,
        held_back=listed.held_back,
        stopped=listed.stopped,
        document=dict(cycle.document),
    )
    return Answer[DueSummary](data=shown)


@area.get("/due/products", scope=Scope.READ_FIGURES, also=(404,))
def list_product_cycles(call: Call, query: PageQuery) -> Page[ProductCycle]:
    """How long a piece of each product lasts its customers"""
    rows = _cycle(call).products.iter_rows(named=True)
    return paged(rows, query, cycle_shown, lambda row: (row["product"],), kinds=(str,))


@area.get("/due/channels", scope=Scope.READ_FIGURES, also=(404,))
def list_channel_records(call: Call, work: Session, query: PageQuery) -> Page[BandShown]:
    """Which channel did best for customers alike, by how often they bought; no effect of it"""
    asked = gather_inputs(work, call.settings, call.shop_id)
    nobody = pl.DataFrame(schema={"customer_id": pl.String()})
    best = best_for(work, call.shop, asked.store, asked.orders_version, nobody)
    rows = [
        (band, place, one) for band, all_ in best.alike.items() for place, one in enumerate(all_)
    ]
    return paged(
        rows, query, lambda row: band_shown(row[0], row[2]), lambda row: row[:2], kinds=(int, int)
    )


@area.get("/due/one", scope=Scope.READ_CUSTOMERS, also=(404,))
def get_due_date(call: Call, work: Session, query: OneQuery) -> Answer[DueWhole]:
    """One customer and product: the day, what it rests on, and what staff said of it"""
    return _whole(call, work, query.customer_id, query.product)


@area.post(
    "/due/corrections",
    scope=Scope.WRITE_CUSTOMERS,
    also=(404,),
    example={
        "customer_id": "C10001",
        "product": "tea",
        "due_on": "2030-01-31",
        "reason": "bought two for a friend",
    },
)
def correct_due_date(call: Call, work: Session, body: Correction) -> Answer[DueWhole]:
    """Say another day, or that it is not needed any more; it holds until the next purchase"""
    about, maker = _about(call, work, body)
    correct(work, about, due_on=body.due_on, reason=body.reason, maker=maker, now=call.now)
    ask_unless_waiting(work, call.shop_id, call.now)
    return _whole(call, work, body.customer_id, body.product)


@area.post("/due/corrections/withdraw", scope=Scope.WRITE_CUSTOMERS, also=(404,))
def withdraw_correction(call: Call, work: Session, body: OneQuery) -> Answer[DueWhole]:
    """Go back to the computed day; what was said before stays in the history"""
    about, maker = _about(call, work, body)
    withdraw(work, about, maker=maker, now=call.now)
    ask_unless_waiting(work, call.shop_id, call.now)
    return _whole(call, work, body.customer_id, body.product)


@area.post("/due/campaign", scope=Scope.WRITE_CAMPAIGNS, status=201, also=(404,))
def draft_due_campaign(call: Call, body: DueBody) -> Answer[DraftMade]:
    """Draft a campaign that contacts whom the list holds, with a holdout"""
    found = _found(call, body)
    facts = find_shop_facts(found.asked.store)
    with call.writing() as write:
        made = due_campaign(write.session, found.asked, found.wanted, facts)
        return write.answer(Answer[DraftMade](data=DraftMade(id=made)))


@area.post("/due/programme", scope=Scope.WRITE_PROGRAMMES, status=201, also=(404,))
def draft_due_programme(call: Call, body: DueBody) -> Answer[DraftMade]:
    """Draft a programme that contacts everybody so many days before they are due"""
    plan = due_programme_plan(_found(call, body).wanted)
    with call.writing() as write:
        made = due_programme(write.session, plan)
        return write.answer(Answer[DraftMade](data=DraftMade(id=made)))


def _later_than(start: tuple[Any, ...]) -> pl.Expr:
    """Of rows whose key comes after this one."""
    day, customer, product = (pl.lit(part) for part in start)
    same_day, same_customer = pl.col("due_on") == day, pl.col("customer_id") == customer
    in_day = (pl.col("customer_id") > customer) | (same_customer & (pl.col("product") > product))
    return (pl.col("due_on") > day) | (same_day & in_day)


def _cycle(call: Call) -> Cycle:
    found = find_cycle(call.settings.shop_dir(call.shop_id))
    if found is None:
        raise NotWorkedOutError.build()
    return found


def _found(call: Call, query: DueQuery) -> Found:
    cycle = _cycle(call)
    with reading() as work:
        asked = gather_inputs(work, call.settings, call.shop_id)
    day = query.day or first_day(cycle.last, call.today)
    wanted = DueAsked(
        day=min(max(day, dt.date(1900, 1, 1)), dt.date(2200, 1, 1)),
        ahead=query.ahead,
        channel=query.channel,
    )
    return Found(cycle=cycle, asked=asked, wanted=wanted)


def _listed(call: Call, work: Session, found: Found) -> DueList:
    return build_due_list(work, call.settings, call.shop_id, found.cycle, found.wanted)


def _best(call: Call, work: Session, found: Found, rows: pl.DataFrame) -> Best:
    return best_for(work, call.shop, found.asked.store, found.asked.orders_version, rows)


def _whole(call: Call, work: Session, customer_id: str, product: str) -> Answer[DueWhole]:
    shop_dir = call.settings.shop_dir(call.shop_id)
    row = get_due_row(work, call.shop_id, shop_dir, customer_id, product)
    history = corrections_of(work, call.shop_id, customer_id, product)
    return Answer[DueWhole](data=due_whole(row, history))


def _about(call: Call, work: Session, body: OneQuery) -> tuple[About, Maker]:
    shop_dir = call.settings.shop_dir(call.shop_id)
    row = get_due_row(work, call.shop_id, shop_dir, body.customer_id, body.product)
    about = About(
        shop_id=call.shop_id,
        customer_id=body.customer_id,
        product=body.product,
        bought_on=row["last_day"],
    )
    return about, Maker(id=call.user_id, name=call.user_name(work))
