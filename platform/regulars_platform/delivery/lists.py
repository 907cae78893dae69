"""Lists to hand out: whom to contact in one arm, and the full assignment for the analyst.

A contact list is made from a `TreatedArm`, and there is no way to build one of the holdout; rows
of any other arm never get in. CSV in UTF-8 with a mark (so that spreadsheets read it rightly),
lines ended by CR LF, by customer id; cells that a spreadsheet would run as a formula are
disarmed.
"""

import csv
import io
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from regulars_platform.campaigns.plan import HOLDOUT, Plan, TreatmentArm
from regulars_platform.campaigns.service import LaunchedCampaign
from regulars_platform.delivery.errors import ArmNotFoundError, HoldoutContactError
from regulars_platform.fields import money_text
from regulars_platform.offers.kinds import offer_title

CONTACT_COLUMNS = ("customer_id", "arm", "segment", "offer", "code")
ASSIGNMENT_COLUMNS = (
    "customer_id",
    "unit_id",
    "segment",
    "arm",
    "orders",
    "average_order_value",
    "spend",
    "pre_spend",
    "code",
)
_ROWS_AT_ONCE = 5_000
# what spreadsheets take for the start of a formula, half and full width
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, kw_only=True, slots=True)
class TreatedArm:
    """An arm that may be contacted. Cannot be made for the holdout."""

    name: str
    offer_words: str

    def __post_init__(self) -> None:
        if self.name.strip().casefold() == HOLDOUT:
            raise HoldoutContactError.build()


def treated_arm(plan: Plan, name: str) -> TreatedArm:
    """The treated arm of that name; HoldoutContactError, ArmNotFoundError."""
    if name == HOLDOUT:
        raise HoldoutContactError.build()
    for arm in plan.arms:
        if arm.name == name:
            return TreatedArm(name=arm.name, offer_words=_offer_words(arm))
    raise ArmNotFoundError.named(name, [arm.name for arm in plan.arms])


def contact_list(
    arm: TreatedArm, ledger: pl.DataFrame, *, suppressed: Collection[str]
) -> Iterator[bytes]:
    """The CSV of one treated arm in pieces: CONTACT_COLUMNS, one row per customer to contact.

    ledger: as `campaign_ledger` gives it; suppressed: everybody on the list now. Whoever was
    suppressed after the draw is left off here and stays in the arm all the same.
    """
    theirs = contacted(arm, ledger, suppressed=suppressed)
    rows = (
        (customer, arm.name, segment, arm.offer_words, code or "")
        for customer, segment, code in theirs.iter_rows()
    )
    return _csv_pieces(CONTACT_COLUMNS, rows)


def contacted(
    arm: TreatedArm, ledger: pl.DataFrame, *, suppressed: Collection[str]
) -> pl.DataFrame:
    """Whom the list of an arm names: customer_id, segment, code; by customer_id."""
    silent = pl.Series(sorted(suppressed), dtype=pl.String).implode()
    return (
        ledger.filter((pl.col("arm") == arm.name) & ~pl.col("customer_id").is_in(silent))
        .select("customer_id", "segment", "code")
        .sort("customer_id")
    )


def assignment_list(ledger: pl.DataFrame) -> Iterator[bytes]:
    """The CSV of the whole ledger in pieces, holdout and all, for analysis: ASSIGNMENT_COLUMNS.

    Money in currency units.
    """
    rows = (
        (*texts, orders, _number(average), _number(spend), Decimal(money_text(before)), code or "")
        for *texts, orders, average, spend, before, code in ledger.select(*ASSIGNMENT_COLUMNS)
        .sort("customer_id")
        .iter_rows()
    )
    return _csv_pieces(ASSIGNMENT_COLUMNS, rows)


def contact_list_name(campaign: LaunchedCampaign, arm: TreatedArm) -> str:
    """A file name without anything that a file system or a header could trip over."""
    place = campaign.plan.arm_names.index(arm.name)
    return f"campaign-{campaign.id}-arm-{place}-contacts.csv"


def harmless(cell: str) -> str:
    """The cell, with an apostrophe before it where a spreadsheet would run it as a formula.

    >>> harmless("=1+1"), harmless("tea"), harmless(" -5")
    ("'=1+1", 'tea', "' -5")
    """
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _csv_pieces(header: Iterable[str], rows: Iterable[tuple[object, ...]]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    buffer.write("\ufeff")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
        if number % _ROWS_AT_ONCE == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _offer_words(arm: TreatmentArm) -> str:
    return arm.offer.words or str(offer_title(arm.offer))


def _number(value: float | None) -> Decimal | None:
    # a Decimal, not text: our own numbers are no formulas, even below zero
    return None if value is None else Decimal(f"{value:.4f}").normalize() + 0
