"""What is expected of each customer, in a file of the shop's folder; features and lists read it."""

import hashlib
import io
import os
import tempfile
from pathlib import Path

import polars as pl

from regulars_platform.lifetime.errors import NoLifetimeError

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
    "expected_orders_365": pl.Float64(),
    "orders_low_365": pl.Int64(),
    "orders_high_365": pl.Int64(),
    "any_order_365": pl.Float64(),
    "expected_value_365": pl.Float64(),
}
FEATURE_COLUMNS = (
    "expected_orders_90",
    "expected_orders_365",
    "expected_value_90",
    "expected_value_365",
    "alive_probability",
)
KEPT = 3
"""Files of so many answers stay."""
_LATEST = "latest"


def lifetime_columns(shop_dir: Path) -> pl.LazyFrame:
    """customer_id and FEATURE_COLUMNS of the latest answer, sorted by customer_id.

    Money in currency units. An empty frame of that schema where nothing was worked out; null where
    the models cannot tell. Customers without a purchase that counts have no row.
    """
    name = lifetime_version(shop_dir)
    path = None if name is None else _folder(shop_dir) / f"{name}.parquet"
    if path is None or not path.is_file():
        schema = {name: CUSTOMER_SCHEMA[name] for name in ("customer_id", *FEATURE_COLUMNS)}
        return pl.LazyFrame(schema=schema)
    return pl.scan_parquet(path).select("customer_id", *FEATURE_COLUMNS)


def lifetime_version(shop_dir: Path) -> str | None:
    """Names what `lifetime_columns` reads now, for the keys of caches; None: nothing."""
    try:
        return (_folder(shop_dir) / _LATEST).read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def write_customers(shop_dir: Path, frame: pl.DataFrame) -> tuple[str, str]:
    """Write under its own SHA-256; returns file name and SHA-256."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    content = buffer.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    _put(_folder(shop_dir) / f"{digest}.parquet", content)
    return f"{digest}.parquet", digest


def show_latest(shop_dir: Path, name: str) -> None:
    """From now on features read this file; all but the latest few are removed."""
    _put(_folder(shop_dir) / _LATEST, Path(name).stem.encode("ascii"))
    folder = _folder(shop_dir)
    os.utime(folder / name)
    files = sorted(folder.glob("*.parquet"), key=lambda one: one.stat().st_mtime, reverse=True)
    for path in files[KEPT:]:
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


def _put(path: Path, content: bytes) -> None:
    """Whole or not at all, whatever dies in between."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _folder(shop_dir: Path) -> Path:
    return shop_dir / "lifetime"
