"""The cycle's files in the shop's folder: rows of customers and products, cycles of products, the
document that says what they rest on, and the dates that customer features read.

`latest.json` names the files that count; it is replaced last, whole or not at all.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from regulars_platform.cycle.dates import CYCLE_SCHEMA
from regulars_platform.storage.placing import place

ROW_SCHEMA: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "product": pl.String(),
    "purchases": pl.Int64(),
    "last_day": pl.Date(),
    "pieces": pl.Float64(),  # bought on that day
    "rests_on": pl.String(),  # own | product | unit
    "based_on": pl.Int64(),  # intervals of their own, or customers of the product
    "every": pl.Float64(),  # days from the last purchase
    "due_on": pl.Date(),
    "mark": pl.String(),  # not_listed | not_sold | null
}


def cycle_folder(shop_dir: Path) -> Path:
    """Where everything lies."""
    return shop_dir / "cycle"


def read_latest(shop_dir: Path) -> dict[str, Any] | None:
    """What `show_latest` wrote: key, inputs, document, made_at; None before the first."""
    try:
        found = json.loads((cycle_folder(shop_dir) / "latest.json").read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    there = (cycle_folder(shop_dir) / f"rows-{found.get('key')}.parquet").is_file()
    return dict(found) if there else None


def scan_rows(shop_dir: Path, key: str) -> pl.LazyFrame:
    """ROW_SCHEMA: every customer and product with a date."""
    return pl.scan_parquet(cycle_folder(shop_dir) / f"rows-{key}.parquet", schema=ROW_SCHEMA)


def read_cycles(shop_dir: Path, key: str) -> pl.DataFrame:
    """CYCLE_SCHEMA."""
    path = cycle_folder(shop_dir) / f"cycles-{key}.parquet"
    return pl.read_parquet(path) if path.is_file() else pl.DataFrame(schema=CYCLE_SCHEMA)


def show_latest(shop_dir: Path, told: Mapping[str, Any]) -> None:
    """From now on these files count; those of other answers are removed."""
    folder = cycle_folder(shop_dir)
    place(folder / "latest.json", json.dumps(told, sort_keys=True).encode())
    for kind in ("rows", "cycles"):
        for path in folder.glob(f"{kind}-*.parquet"):
            if path.name != f"{kind}-{told['key']}.parquet":
                path.unlink(missing_ok=True)
