"""What drawn customers did beside buying: followed the shop, marked a favourite, filled a cart;
and what a campaign must not bring about: complaints, and people who want no more messages.

Each is 0 or 1 per unit within the outcome window. Arm and holdout are counted alike: whoever was
told nothing may complain as well.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.service import LaunchedCampaign
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.states import COMPLAINED
from regulars_platform.delivery.tables import MessageRow
from regulars_platform.settings import Settings
from regulars_platform.suppressions.tables import Suppression

EVENT_OF = {"followed": "follow", "favourited": "favourite", "carted": "cart"}
"""Secondary metric -> the kind of event that it counts."""

SILENCING = ("unsubscribed", "complained")
"""Guard-rails: what people hold against being written to."""


def declared(plan: Plan) -> tuple[str, ...]:
    """The plan's metrics and guard-rails that are told by something else than orders."""
    named = (*plan.secondary_metrics, *plan.guardrails)
    return tuple(name for name in (*EVENT_OF, *SILENCING) if name in named)


def silenced_rows(
    session: Session,
    settings: Settings,
    campaign: LaunchedCampaign,
    ledger: pl.DataFrame,
    now: dt.datetime,
) -> dict[str, list[int] | None]:
    """Guard-rail -> rows of the ledger (from 0) it happened to, as known now: inputs of a report.

    Rows, as the list of those who want no messages can change, and a report must not. None: no
    file or provider ever told of a complaint.
    """
    plan = campaign.plan
    wanted = [name for name in SILENCING if name in declared(plan)]
    if not wanted:
        return {}
    start, stop = plan.outcome_start, min(plan.outcome_stop, now)
    found: dict[str, list[int] | None] = {}
    if "unsubscribed" in wanted:
        silent = session.scalars(
            select(Suppression.customer_id).where(
                Suppression.shop_id == campaign.shop_id,
                Suppression.added_at >= start,
                Suppression.added_at < stop,
            )
        )
        found["unsubscribed"] = _rows(ledger, list(silent))
    if "complained" in wanted:
        told = _complaints(session, settings, campaign.shop_id)
        inside = (pl.col("happened_at") >= start) & (pl.col("happened_at") < stop)
        names = told.filter(inside)["customer_id"].to_list()
        found["complained"] = None if told.is_empty() else _rows(ledger, names)
    return found


def _complaints(session: Session, settings: Settings, shop_id: int) -> pl.DataFrame:
    """customer_id, happened_at of all complaints that files and providers told of."""
    folder = settings.shop_dir(shop_id)
    columns = ("customer_id", "happened_at")
    events = DatasetTable(folder, "events").scan().filter(pl.col("kind") == "complaint")
    contacts = DatasetTable(folder, "contacts").scan().filter(pl.col("outcome") == "complained")
    told = session.execute(
        select(MessageRow.customer_id, MessageRow.changed_at).where(
            MessageRow.shop_id == shop_id, MessageRow.state == COMPLAINED
        )
    )
    schema = {"customer_id": pl.String(), "happened_at": pl.Datetime("us", "UTC")}
    messages = pl.DataFrame([tuple(row) for row in told], schema=schema, orient="row")
    files = pl.concat([events.select(columns), contacts.select(columns)]).collect()
    return pl.concat([files, messages]).drop_nulls()


def _rows(ledger: pl.DataFrame, customers: Sequence[str]) -> list[int]:
    names = pl.DataFrame({"customer_id": customers}, schema={"customer_id": pl.String})
    numbered = ledger.select("customer_id").with_row_index("row")
    return numbered.join(names, on="customer_id", how="semi")["row"].sort().to_list()


def with_happenings(
    outcomes: pl.DataFrame,
    ledger: pl.DataFrame,
    plan: Plan,
    events: pl.LazyFrame | None,
    inputs: Mapping[str, Any],
) -> pl.DataFrame:
    """Outcomes with a column of 0 and 1 for each declared metric that something tells of.

    events: of the shop, at the report's version. A kind of event that no file ever named has no
    column: that nobody is known to have followed says nothing.
    """
    marked = [
        *_by_event(ledger, plan, events),
        *_by_row(ledger, plan, inputs),
    ]
    for name, units in marked:
        of_name = units.unique().with_columns(pl.lit(1, dtype=pl.Int64).alias(name))
        outcomes = outcomes.join(of_name, on="unit_id", how="left").with_columns(
            pl.col(name).fill_null(0)
        )
    return outcomes.sort("unit_id")


def without_data(plan: Plan, outcomes: pl.DataFrame) -> list[str]:
    """The declared metrics that nothing tells of, by name."""
    return [name for name in declared(plan) if name not in outcomes.columns]


def _by_event(
    ledger: pl.DataFrame, plan: Plan, events: pl.LazyFrame | None
) -> list[tuple[str, pl.DataFrame]]:
    wanted = {EVENT_OF[name]: name for name in declared(plan) if name in EVENT_OF}
    if not wanted or events is None:
        return []
    of_kinds = events.filter(pl.col("kind").is_in(list(wanted)))
    known = of_kinds.select(pl.col("kind").unique()).collect(engine="streaming")["kind"]
    moment = pl.col("happened_at")
    found = (
        of_kinds.filter((moment >= plan.outcome_start) & (moment < plan.outcome_stop))
        .join(ledger.lazy().select("customer_id", "unit_id"), on="customer_id", how="inner")
        .select("unit_id", "kind")
        .unique()
        .collect(engine="streaming")
    )
    return [
        (name, found.filter(pl.col("kind") == kind).select("unit_id"))
        for kind, name in wanted.items()
        if kind in known
    ]


def _by_row(
    ledger: pl.DataFrame, plan: Plan, inputs: Mapping[str, Any]
) -> list[tuple[str, pl.DataFrame]]:
    return [
        (name, ledger[rows].select("unit_id"))
        for name in declared(plan)
        if name in SILENCING and (rows := inputs.get(name)) is not None
    ]
