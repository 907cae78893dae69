"""The identity doctor of a shop: looks at files before they are stored, and at all that is."""

import datetime as dt
import shutil
import tempfile
from pathlib import Path

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    campaign_ledger,
    launched_of,
    list_campaigns,
)
from regulars_platform.campaigns.tables import LAUNCHED
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.errors import RegularsError
from regulars_platform.identity.diagnose import Diagnosis, diagnose
from regulars_platform.identity.duplicates import PEOPLE_SCHEMA, find_duplicates
from regulars_platform.identity.examination import (
    ArmsBefore,
    Examination,
    read_examination,
    read_pairs,
    write_examination,
)
from regulars_platform.identity.found_again import file_rates, shop_rate
from regulars_platform.identity.kinds import KeyKind
from regulars_platform.intake.headings import PREFERENCES, normalise
from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.models import ImportState, OrderField
from regulars_platform.intake.readers import column_name, read_batches
from regulars_platform.intake.service import list_imports
from regulars_platform.intake.staging import Report, folder_of, keep_quiet
from regulars_platform.orders.parts import ORDER, OrderParts
from regulars_platform.orders.table import OrdersTable
from regulars_platform.reports.matching import match_file
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_platform.words import N_, Sentence

SAMPLED = 1_000
"""Records of a file, and customers of a shop, by which a key is judged: ten times as many here."""
MOST_PAIRS = 10_000
"""Pairs that are kept for looking at; all are counted."""
_CAMPAIGNS = 3  # the latest launches whose arms are compared
_PERSONAL = frozenset(
    kind for kind in KeyKind if kind not in (KeyKind.SHOP_ID, KeyKind.UNKNOWN, KeyKind.MASKED)
)


class NothingToExamineError(RegularsError):
    """The shop has no orders yet."""

    @classmethod
    def of(cls) -> "NothingToExamineError":
        """Nothing stored."""
        return cls(
            Sentence(N_("There are no orders yet whose customers could be looked at.")),
            Sentence(N_("Bring an order file first.")),
        )


def diagnose_columns(
    settings: Settings, import_: OrderImport, chosen: str | None
) -> tuple[Diagnosis, ...]:
    """The columns of a file that name people, each with its kind of key, in the file's order.

    From the first SAMPLED records. chosen: the column that is taken for the customer; it is always
    among them. Empty for a file that was not looked at.
    """
    look = import_.look
    if look is None:
        return ()
    source = folder_of(settings, import_.id).text()
    batch = next(iter(read_batches(look.form, source, SAMPLED)), None)
    if batch is None:
        return ()
    mapping = import_.mapping or look.mapping()
    taken = {heading for field, heading in mapping.items() if field is not OrderField.CUSTOMER_ID}
    found = []
    for position, heading in enumerate(look.form.headings):
        if heading != chosen and heading in taken and not _names_people(heading):
            continue  # a date or an amount
        diagnosis = diagnose(heading, batch.frame[column_name(position)])
        masked = diagnosis.kind is KeyKind.MASKED and _names_people(heading)
        if heading == chosen or diagnosis.kind in _PERSONAL or masked:
            found.append(diagnosis)
    return tuple(found)


def _names_people(heading: str) -> bool:
    return normalise(heading) in PREFERENCES[OrderField.CUSTOMER_ID]


def folder_of_shop(settings: Settings, shop_id: int) -> Path:
    """Where the last examination of a shop is kept."""
    return settings.shop_dir(shop_id) / "identity"


def last_examination(settings: Settings, shop_id: int) -> tuple[Examination | None, bool]:
    """What was found the last time, and whether orders or customers came in since."""
    found = read_examination(folder_of_shop(settings, shop_id))
    if found is None:
        return None, False
    folder = settings.shop_dir(shop_id)
    now = (OrdersTable(folder).version(), DatasetTable(folder, "customers").version())
    return found, now != (found.orders_version, found.customers_version)


def pairs_of_shop(settings: Settings, shop_id: int) -> pl.LazyFrame:
    """The likely duplicates found the last time (first, second, reason), most telling first."""
    return read_pairs(folder_of_shop(settings, shop_id))


def examine(
    database: Database,
    settings: Settings,
    shop_id: int,
    *,
    now: dt.datetime,
    report: Report = keep_quiet,
) -> Examination:
    """Look at all stored customers, and keep what was found. Merges nobody.

    Memory stays flat: pairs are looked for in parts, on disk. Raises NothingToExamineError.
    """
    folder = settings.shop_dir(shop_id)
    orders, customers = OrdersTable(folder), DatasetTable(folder, "customers")
    version, told = orders.version(), customers.version()
    if version is None:
        raise NothingToExamineError.of()
    lines = orders.scan(version)
    with database.unit_of_work() as session:
        heading = _key_heading(session, shop_id)
        launched = _latest_launches(session, shop_id)
    report("rates", 0, None)
    parts = OrderParts(folder)
    brought = parts.scan(ORDER) if parts.exists() else None
    files, shop = file_rates(lines, brought), shop_rate(lines)
    arms = tuple(_arms_before(settings, campaign, lines) for campaign in launched)
    work = Path(tempfile.mkdtemp(prefix="identity-", dir=folder))
    try:
        people = work / "people.parquet"
        build_people(lines, customers.scan(told)).sink_parquet(
            people, compression="lz4", engine="streaming"
        )
        duplicates = find_duplicates(
            pl.scan_parquet(people),
            work,
            most=MOST_PAIRS,
            report=lambda done, total: report("pairs", done, total),
        )
        key = diagnose(heading, _sample_of_ids(people))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    found = Examination(
        made_at=now,
        orders_version=version,
        customers_version=told,
        key=key,
        shop=shop,
        files=files,
        pairs=duplicates.counts,
        crowded=duplicates.crowded,
        hidden=duplicates.hidden,
        arms=arms,
    )
    write_examination(folder_of_shop(settings, shop_id), found, duplicates.pairs)
    return found


def build_people(lines: pl.LazyFrame, told: pl.LazyFrame) -> pl.LazyFrame:
    """Order lines and the dataset of customers -> one row per customer (PEOPLE_SCHEMA)."""
    bought = (
        lines.filter(pl.col("customer_id").is_not_null())
        .group_by("customer_id")
        .agg(
            pl.col("household").drop_nulls().min(),
            pl.col("ordered_at").min().alias("first_at"),
            pl.col("ordered_at").max().alias("last_at"),
        )
    )
    return (
        bought.join(
            told.select("customer_id", "phone", "email"),
            on="customer_id",
            how="full",
            coalesce=True,
        )
        .with_columns(pl.coalesce("phone", "household").alias("phone"))
        .select(list(PEOPLE_SCHEMA))
    )


def _sample_of_ids(people: Path) -> pl.Series:
    """Customers drawn by the hash of their id: the same each time, and from all over the shop."""
    ids = pl.scan_parquet(people).select("customer_id")
    rows = int(ids.select(pl.len()).collect().item())
    every = max(1, rows // (10 * SAMPLED))
    drawn = ids.filter(pl.col("customer_id").hash(seed=3) % every == 0)
    return drawn.collect(engine="streaming").to_series()


def _key_heading(session: Session, shop_id: int) -> str:
    """What the latest stored file calls its customers."""
    return next(
        (
            import_.mapping[OrderField.CUSTOMER_ID]
            for import_ in list_imports(session, shop_id)
            if import_.state is ImportState.STORED
            and import_.mapping
            and OrderField.CUSTOMER_ID in import_.mapping
        ),
        "",
    )


def _latest_launches(session: Session, shop_id: int) -> list[LaunchedCampaign]:
    launched = [row for row in list_campaigns(session, shop_id) if row.state == LAUNCHED]
    latest = sorted(launched, key=lambda row: row.id, reverse=True)[:_CAMPAIGNS]
    return [launched_of(row) for row in latest]


def _arms_before(settings: Settings, campaign: LaunchedCampaign, lines: pl.LazyFrame) -> ArmsBefore:
    """How many of each arm's customers are found in orders from before the launch."""
    match = match_file(0, lines, campaign_ledger(settings, campaign), campaign.plan)
    return ArmsBefore(
        campaign_id=campaign.id,
        name=campaign.plan.name,
        before=match.before,
        p_value=match.p_value,
        flagged=match.flagged,
    )
