"""The usual tenth of CDNOW (Fader & Hardie): 2,357 customers who began early in 1997."""

import datetime as dt

import polars as pl

from tests.shared import shared_file

LAST_FITTED = dt.date(1997, 9, 30)


def cdnow_tenth() -> pl.DataFrame:
    """Purchases: customer, day, cds, dollars; in the order of the file. Skips where it is not."""
    master, ids = shared_file("cdnow_master.txt"), shared_file("cdnow_tenth_ids.csv")
    rows = [row.split() for row in master.read_text(encoding="ascii").splitlines()]
    wanted = pl.read_csv(ids)["customer_id"]
    purchases = pl.DataFrame(rows, schema=["customer", "day", "cds", "dollars"], orient="row")
    return purchases.select(
        pl.col("customer").cast(pl.Int64),
        pl.col("day").str.to_date("%Y%m%d"),
        pl.col("cds").cast(pl.Int64),
        pl.col("dollars").cast(pl.Float64),
    ).filter(pl.col("customer").is_in(wanted.implode()))
