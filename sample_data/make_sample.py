"""Makes the files of the sample shop again, the same to the byte: python sample_data/make_sample.py

With `--out FOLDER` they are written there instead of beside this script.
"""

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sample_campaign import campaign_lines, history_lines, net_profits
from sample_files import other_files
from sample_plan import PLAN, SALT, audience, truth, who_is_told
from sample_response import SETTLE_UNTIL, both_futures, group_of
from sample_shop import (
    CHANNELS,
    DAY,
    GOODS,
    START,
    STATUSES,
    People,
    draw_people,
    fill_baskets,
    generator,
    minutes,
    simulate_orders,
    simulate_stall,
)

SEED = 2026
HISTORY = "orders_history.csv.gz"
OUTCOMES = "orders_campaign.csv.gz"
CAMPAIGN = "campaign.json"
TRUTH = "truth.json"


def simulate(seed: int) -> tuple[People, pl.DataFrame, pl.DataFrame]:
    """The people, and all orders and lines of both futures (see `both_futures`)."""
    people = draw_people(generator(seed, 1), SETTLE_UNTIL)
    end = minutes(SETTLE_UNTIL) + DAY
    own = simulate_orders(generator(seed, 2), people, end)
    stall = simulate_stall(generator(seed, 3), 0, end)
    orders = pl.concat([own, stall]).sort("minute", "customer", maintain_order=True)
    lines = fill_baskets(generator(seed, 4), orders)
    group = group_of(orders, people)
    return people, *both_futures(generator(seed, 5), people, orders, lines, group)


def as_export(lines: pl.DataFrame) -> pl.DataFrame:
    """What the shop's system writes: words instead of indices, money in yuan with two places."""
    goods = pl.Series([name for name, _, _ in GOODS])
    moment = pl.lit(START).cast(pl.Datetime("us")) + pl.duration(minutes=pl.col("minute"))
    return lines.select(
        pl.format("A{}", pl.col("number") + 100_000).alias("Order number"),
        customer_name().alias("Customer"),
        moment.dt.strftime("%Y-%m-%d %H:%M").alias("Ordered at"),
        pl.lit(pl.Series(STATUSES)).gather(pl.col("status")).alias("Status"),
        pl.lit(pl.Series(CHANNELS)).gather(pl.col("channel")).alias("Channel"),
        pl.lit(goods).gather(pl.col("product")).alias("Product"),
        pl.col("quantity").alias("Quantity"),
        (pl.col("price") / 100).alias("Unit price"),
        (pl.col("discount") / 100).alias("Discount"),
        ((pl.col("price") * pl.col("quantity") - pl.col("discount")) / 100).alias("Amount"),
        (pl.col("shipping") / 100).alias("Shipping fee"),
        (pl.col("refund") / 100).alias("Refunded"),
    )


def customer_name() -> pl.Expr:
    """The shop's own number of a customer."""
    return pl.format("C{}", pl.col("customer") + 10_001)


def customers_told(people: People, names: list[str]) -> NDArray[np.bool_]:
    """One entry per customer: whether the shop's number is among `names`."""
    numbers = pl.DataFrame({"customer": np.arange(len(people.first))}).select(customer_name())
    return numbers.to_series().is_in(names).to_numpy()


def write_json(value: dict[str, Any], path: Path) -> None:
    """Readable JSON."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_export(export: pl.DataFrame, path: Path) -> None:
    """One gzipped CSV; no time stamp inside, so that the same lines give the same bytes."""
    write_text(export.write_csv(float_precision=2), path)


def write_text(text: str, path: Path) -> None:
    """A text file, gzipped where its name says so."""
    plain = text.encode()
    is_packed = path.suffix == ".gz"
    path.write_bytes(gzip.compress(plain, compresslevel=9, mtime=0) if is_packed else plain)


def main() -> None:
    """Write the files and say how much is in them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    folder: Path = parser.parse_args().out
    people, orders, lines = simulate(SEED)
    history = as_export(history_lines(orders, lines, SEED))
    write_export(history, folder / HISTORY)
    drawn = audience(history)
    told = customers_told(people, who_is_told(drawn))
    outcomes = as_export(campaign_lines(orders, lines, told))
    write_export(outcomes, folder / OUTCOMES)
    write_json({"salt": SALT, "plan": PLAN}, folder / CAMPAIGN)
    profits = net_profits(orders, lines).with_columns(customer_name().alias("customer_id"))
    write_json(truth(drawn, profits), folder / TRUTH)
    others = other_files(
        SEED, history, outcomes, asked=set(drawn["customer_id"]), told=who_is_told(drawn)
    )
    for name, text in others.items():
        write_text(text, folder / name)
    print(f"{len(drawn)} customers drawn, {told.sum()} told; files written to {folder}")


if __name__ == "__main__":
    main()
