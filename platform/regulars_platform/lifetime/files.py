"""What is expected of each customer, in a file of the shop's folder; features and lists read it."""

import hashlib
import io
import os
from pathlib import Path

import polars as pl

from regulars_platform.lifetime.errors import NoLifetimeError
from regulars_platform.storage.placing import place

CUSTOMER_SCHEMA: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "repeats": pl.Int64(),  # purchase days after the first
    "last_day": pl.Date(),
    "spent": pl.Int64(),  # ten-thousandths, net of refunds
    "alive_probability": pl.Float64(),
    "expected_orders_90": pl.Float64(),
    "orders_low_90": pl.Int64(),  # of 20 such customers 19 place so many orders ...
    "orders_high_90": pl.Int64(),  # ... to so many
    "any_order_90": pl.Float64(),  # the chance of at least one
    "expected_value_90": pl.Float64(),  # currency units
    "value_low_90": pl.Float64(),
    "value_high_90": pl.Float64(),
    "expected_orders_365": pl.Float64(),
    "orders_low_365": pl.Int64(),
    "orders_high_365": pl.Int64(),
    "any_order_365": pl.Float64(),
    "expected_value_365": pl.Float64(),
    "value_low_365": pl.Float64(),
    "value_high_365": pl.Float64(),
}
KEPT = 3
"""Files of so many answers stay."""
_LATEST = "customers.parquet"


def latest_path(shop_dir: Path) -> Path:
    """The file of the latest answer, under the name by which customer features find it."""
    return _folder(shop_dir) / _LATEST


def write_customers(shop_dir: Path, frame: pl.DataFrame) -> tuple[str, str]:
    """Write under its own SHA-256; returns file name and SHA-256."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    place(_folder(shop_dir) / f"{digest}.parquet", content)
    return f"{digest}.parquet", digest


def show_latest(shop_dir: Path, name: str) -> None:
    """From now on features read this file; all but the latest few are removed."""
    folder = _folder(shop_dir)
    shown = folder / _LATEST
    if not (shown.is_file() and shown.samefile(folder / name)):
        link = folder / f"{name}.{os.getpid()}.tmp"
        link.unlink(missing_ok=True)
        os.link(folder / name, link)
        link.replace(shown)  # a reader finds the old file or the new one
        os.utime(shown)  # features are as new as this
    files = [path for path in folder.glob("*.parquet") if path.name != _LATEST]
    for path in sorted(files, key=lambda one: one.stat().st_mtime, reverse=True)[KEPT:]:
        path.unlink(missing_ok=True)


def has_file(shop_dir: Path, name: str) -> bool:
    """Whether the file of an answer is still there."""
    return (_folder(shop_dir) / Path(name).name).is_file()


def read_customers(shop_dir: Path, name: str, sha256: str) -> pl.DataFrame:
    """A stored file; NoLifetimeError if it is not as it was written."""
    try:
        content = (_folder(shop_dir) / Path(name).name).read_bytes()
    except FileNotFoundError:
        raise NoLifetimeError.changed() from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise NoLifetimeError.changed()
    return pl.read_parquet(io.BytesIO(content))


def _folder(shop_dir: Path) -> Path:
    return shop_dir / "lifetime"
