"""Of whom a programme of products that are due tells: which product, bought when, how many."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from regulars_platform.customers.whole import due_products
from regulars_platform.datasets.titles import product_titles

DUE = "due "
"""How the occasion begins that names the day."""

MOST_NAMED = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class DueProduct:
    """product: what customers call it, several of one day in a row; bought_on: the latest day on
    which any of them was bought; pieces: of that day, where only one product is due."""

    product: str
    bought_on: dt.date | None
    pieces: str

    def variables(self) -> dict[str, str]:
        """As `delivery.templates.VARIABLES` names them; "" where it is not known."""
        return {
            "product": self.product,
            "bought_on": "" if self.bought_on is None else self.bought_on.isoformat(),
            "pieces": self.pieces,
        }


NOTHING_KNOWN = DueProduct(product="", bought_on=None, pieces="")


def named_products(
    shop_dir: Path, occasions: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], DueProduct]:
    """(customer id, occasion) -> what is due then, of those that are about a day on which something
    is due, as far as the repurchase cycle still says so."""
    wanted = pl.DataFrame(
        [
            (one, about, about.removeprefix(DUE))
            for one, about in occasions
            if about.startswith(DUE)
        ],
        schema={"customer_id": pl.String, "occasion": pl.String, "day": pl.String},
        orient="row",
    )
    if wanted.is_empty():
        return {}
    day = pl.col("due_on").dt.to_string("%Y-%m-%d").alias("day")
    rows = (
        due_products(shop_dir)
        .filter(pl.col("product").is_not_null())
        .with_columns(day)
        .join(wanted.lazy(), on=["customer_id", "day"], how="inner")
        .sort("last_day", "product", descending=[True, False])
        .collect(engine="streaming")
    )
    titles = product_titles(shop_dir, rows["product"].unique().to_list())
    found: dict[tuple[str, str], DueProduct] = {}
    for (customer, occasion), part in rows.group_by("customer_id", "occasion", maintain_order=True):
        names = [titles.get(name, name) for name in part["product"].unique(maintain_order=True)]
        pieces = part["pieces"][0] if part.height == 1 else None
        found[str(customer), str(occasion)] = DueProduct(
            product=_in_a_row(names[:MOST_NAMED]),
            bought_on=part["last_day"].max(),  # type: ignore[arg-type]
            pieces="" if pieces is None else f"{pieces:g}",
        )
    return found


def _in_a_row(names: list[str]) -> str:
    """As the language of the names has it."""
    mark = ", " if all(name.isascii() for name in names) else "、"
    return mark.join(names)
