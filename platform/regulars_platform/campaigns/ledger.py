"""The ledger: who got which arm. Written once at launch, never changed, checked when read."""

import hashlib
import io
import os
from pathlib import Path

import polars as pl

from regulars_experiments.assignment import draw
from regulars_platform.campaigns.codes import personal_codes
from regulars_platform.campaigns.errors import LedgerDamagedError
from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.thresholds import own_threshold, with_arm_thresholds
from regulars_platform.storage.placing import place

LEDGER_SCHEMA: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "unit_id": pl.String(),  # what was drawn: the customer, the household, or the group
    "segment": pl.String(),  # the stratum of the draw
    "arm": pl.String(),  # "holdout", or the name of a treated arm
    "orders": pl.Int64(),  # the customer's, as of the plan's day
    "average_order_value": pl.Float64(),  # currency units; null without a purchase
    "spend": pl.Float64(),  # currency units, net of refunds
    "pre_spend": pl.Int64(),  # ten-thousandths, net, in a window as long as the outcome window
    "code": pl.String(),  # of a personal offer; null otherwise
    "threshold": pl.Int64(),  # ten-thousandths, where it is the customer's own; null otherwise
}
"""Columns of a ledger; one row per customer, by customer_id."""

_LATER = ("threshold",)
"""Columns that ledgers written before there were such things lack."""


def draw_ledger(
    plan: Plan, drawn: pl.DataFrame, pre_spend: pl.DataFrame, *, salt: str
) -> pl.DataFrame:
    """Draw an arm for every customer of `drawn` (see Population), columns as in LEDGER_SCHEMA.

    pre_spend: customer_id, window_spend (ten-thousandths) for customers who have any.
    """
    members = with_unit_id(drawn, plan.unit)
    # the member who spent most, then the first by id, speaks for the unit
    units = members.sort(["unit_id", "spend", "customer_id"], descending=[False, True, False])
    units = units.unique("unit_id", keep="first", maintain_order=True).select("unit_id", "segment")
    arms = draw(units.iter_rows(), shares=plan.shares, salt=salt)
    names = plan.arm_names
    personal = {arm.name for arm in plan.arms if arm.offer.reach == "personal"}
    codes = personal_codes(
        (unit for unit, arm in arms.items() if names[arm] in personal), salt=salt
    )
    drawn_units = units.with_columns(
        pl.Series("arm", [names[arms[unit]] for unit in units["unit_id"]], dtype=pl.String),
        pl.Series("code", [codes.get(unit) for unit in units["unit_id"]], dtype=pl.String),
    )
    return (
        members.drop("segment")
        .join(drawn_units, on="unit_id", how="left")
        .join(pre_spend, on="customer_id", how="left")
        .with_columns(pl.col("window_spend").fill_null(0).alias("pre_spend"))
        .pipe(with_arm_thresholds, plan.arms, unit=plan.unit)
        .with_columns(own_threshold(plan.arms))
        .select(pl.col(name).cast(kind) for name, kind in LEDGER_SCHEMA.items())
        .sort("customer_id")
    )


def write_ledger(shop_dir: Path, ledger: pl.DataFrame) -> tuple[str, str]:
    """Write a ledger where it is found by its content; returns its file name and SHA-256.

    The file is complete and on the disk when this returns, and nobody can write to it.
    """
    buffer = io.BytesIO()
    ledger.write_parquet(buffer)
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    path = _folder(shop_dir) / f"{digest}.parquet"
    place(path, content, mode=0o400)
    _sync_folder(path.parent)
    return path.name, digest


def read_ledger(shop_dir: Path, name: str, sha256: str) -> pl.DataFrame:
    """A stored ledger, columns as in LEDGER_SCHEMA; LedgerDamagedError if it is not as written.

    What a ledger of an older version lacks is null.
    """
    path = ledger_path(shop_dir, name)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise LedgerDamagedError.missing(name) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise LedgerDamagedError.changed(name)
    found = pl.read_parquet(io.BytesIO(content))
    return found.with_columns(
        pl.lit(None, dtype=LEDGER_SCHEMA[name]).alias(name)
        for name in _LATER
        if name not in found.columns
    )


def discard_ledger(shop_dir: Path, name: str) -> None:
    """Remove the ledger of a launch that did not come about."""
    ledger_path(shop_dir, name).unlink(missing_ok=True)


def ledger_path(shop_dir: Path, name: str) -> Path:
    """Where a ledger of that name is."""
    return _folder(shop_dir) / Path(name).name


def with_unit_id(customers: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Customers (customer_id, household; group where groups are drawn) with `unit_id`: what is
    drawn for each of them."""
    return customers.with_columns(_unit_id(unit).alias("unit_id"))


def _unit_id(unit: str) -> pl.Expr:
    customer = pl.col("customer_id")
    if unit == "customer":
        return customer
    shared = pl.col(unit).str.strip_chars()
    # the words keep a household called 17 apart from a customer called 17
    return (
        pl.when(shared.is_not_null() & (shared != ""))
        .then(pl.lit(f"{unit}:") + shared)
        .otherwise(pl.lit("customer:") + customer)
    )


def _folder(shop_dir: Path) -> Path:
    return shop_dir / "ledgers"


def _sync_folder(folder: Path) -> None:
    """A renamed file survives a power cut only once its folder is on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
