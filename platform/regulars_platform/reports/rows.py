"""What every unit of a campaign did, as a report has it: the rows behind all its figures.

They come from the very versions that the report names among its inputs, so that whoever adds them
up finds the report's numbers, now and years later.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.service import campaign_ledger, get_launched
from regulars_platform.campaigns.tables import ReportRow
from regulars_platform.csv_files import FORMULA_STARTS
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.reports.errors import NoReportError
from regulars_platform.reports.happenings import declared
from regulars_platform.reports.outcomes import MARGIN_COLUMNS, outcome_columns
from regulars_platform.reports.service import orders_and_outcomes
from regulars_platform.settings import Settings

PLACE = ("unit_id", "arm", "segment", "members")
COUNTS = ("orders", "buyer", "used_offer", "offer_user")
_AT_ONCE = 50_000


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportRows:
    """One row per drawn unit, whatever it did: PLACE, the columns of outcomes, what else happened.

    money: those of its columns that are in ten-thousandths.
    """

    plan: Plan
    rows: pl.DataFrame
    money: tuple[str, ...]


def report_rows(
    session: Session, settings: Settings, *, shop_id: int, campaign_id: int, report_id: int
) -> ReportRows:
    """The rows of a stored report. Raises NoReportError, NotLaunchedError, LedgerDamagedError."""
    campaign = get_launched(session, shop_id, campaign_id)
    row = session.get(ReportRow, report_id)
    if row is None or row.campaign_id != campaign_id:
        raise NoReportError.unknown()
    ledger = campaign_ledger(settings, campaign)
    _orders, outcomes = orders_and_outcomes(settings, campaign, row.inputs, ledger)
    plan = campaign.plan
    happened = [name for name in declared(plan) if name in outcomes.columns]
    names = [*PLACE, *outcome_columns(plan), *happened]
    money = [name for name in (*outcome_columns(plan), *MARGIN_COLUMNS) if name not in COUNTS]
    return ReportRows(
        plan=plan,
        rows=outcomes.select(list(dict.fromkeys(names))),
        money=tuple(name for name in dict.fromkeys(money) if name in names),
    )


def rows_csv(found: ReportRows) -> Iterator[bytes]:
    """The rows as CSV in pieces, amounts as exact decimals; ids and segments are harmless to
    spreadsheets (see `csv_files`)."""
    shown = found.rows.select(
        _decimal(name)
        if name in found.money
        else _harmless(name)
        if dtype == pl.String
        else pl.col(name)
        for name, dtype in found.rows.schema.items()
    )
    yield "\ufeff".encode()
    yield shown.head(0).write_csv(line_terminator="\r\n").encode()
    for piece in shown.iter_slices(_AT_ONCE):
        yield piece.write_csv(include_header=False, line_terminator="\r\n").encode()


def _decimal(name: str) -> pl.Expr:
    """Ten-thousandths as a decimal text: -12500 is -1.2500."""
    amount = pl.col(name)
    whole, part = amount.abs() // MONEY_SCALE, amount.abs() % MONEY_SCALE
    sign = pl.when(amount < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    digits = part.cast(pl.String).str.zfill(4)
    return pl.concat_str(sign, whole.cast(pl.String), pl.lit("."), digits).alias(name)


def _harmless(name: str) -> pl.Expr:
    text = pl.col(name)
    starts = pl.any_horizontal(
        *(text.str.strip_chars_start(" ").str.starts_with(mark) for mark in FORMULA_STARTS)
    )
    return pl.when(starts).then(pl.lit("'") + text).otherwise(text).alias(name)
