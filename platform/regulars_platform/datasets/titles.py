"""What products are called, where orders know them by a number only."""

from collections.abc import Collection
from pathlib import Path

import polars as pl

from regulars_platform.datasets.table import DatasetTable


def product_titles(shop_dir: Path, names: Collection[str]) -> dict[str, str]:
    """name (either one of a product) -> its title, where the file of products has one that says
    more than the name."""
    if not names:
        return {}
    wanted = pl.Series(sorted(set(names)), dtype=pl.String).implode()
    named = pl.col("title").is_not_null()
    rows = DatasetTable(shop_dir, "products").scan().filter(named)
    either = [
        rows.select(pl.col(name).alias("name"), "title").filter(pl.col("name").is_in(wanted))
        for name in ("also", "product")  # the name it is listed by counts last, and stays
    ]
    found = pl.concat(either).collect()
    return {name: title for name, title in found.iter_rows() if title != name}
