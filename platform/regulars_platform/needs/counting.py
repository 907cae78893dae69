"""How many customers each product and each need serves, and how many lack which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from regulars_platform.customers.store import FeatureStore
from regulars_platform.needs.tree import BigNeed
from regulars_platform.segments.goods import sold, store_products
from regulars_platform.segments.purchases import buyers, product_names, purchases
from regulars_platform.segments.rules import Bought, Group, Rule

Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class LeafCount:
    """served: customers who bought something for it; lacking: customers of other leaves of the big
    need who did not; products: how many serve it."""

    name: str
    products: int
    served: int
    lacking: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NeedCount:
    """served: customers who bought for it in any way; one_way: of these, who bought for a single
    one of its leaf needs; unplaced: products that are told to be for the big need, and for none of
    its leaves; buyers: customers of the shop.

    Who bought nothing but unplaced products is served, and in no leaf: which of them they lack is
    not known.
    """

    need: BigNeed
    served: int
    one_way: int
    leaves: tuple[LeafCount, ...]
    unplaced: int
    buyers: int


def count_needs(
    store: FeatureStore, version: int, needs: Sequence[BigNeed]
) -> tuple[NeedCount, ...]:
    """Every need as of now, at a version of the orders."""
    total = int(buyers(store, version).select(pl.len()).collect().item())
    rows = purchases(store, version)
    listed = store_products(store)["product"]
    found = []
    for need in needs:
        serving = dict.fromkeys((*need.served_by, need.name))
        names = {one: product_names(store.shop_dir, "need", one) for one in serving}
        held = {leaf: _held(rows, products, total) for leaf, products in names.items()}
        # a product that goes by two names is one
        single = {leaf: int(listed.is_in(known).sum()) for leaf, known in names.items()}
        found.append(_counted(need, single, held, total))
    return tuple(found)


def _counted(
    need: BigNeed, products: dict[str, int], held: dict[str, Flags], total: int
) -> NeedCount:
    ways = np.sum([held[leaf] for leaf in need.served_by], axis=0)
    at_leaves = int((ways > 0).sum())
    return NeedCount(
        need=need,
        served=int(((ways > 0) | held[need.name]).sum()),
        one_way=int((ways == 1).sum()) if len(need.served_by) > 1 else 0,
        leaves=tuple(
            LeafCount(
                name=leaf,
                products=products[leaf],
                served=int(held[leaf].sum()),
                lacking=at_leaves - int(held[leaf].sum()),
            )
            for leaf in need.served_by
        ),
        unplaced=products[need.name] if need.leaves else 0,
        buyers=total,
    )


def _held(rows: pl.LazyFrame, products: list[str], total: int) -> Flags:
    held: Flags = np.zeros(total, dtype=np.bool_)
    if products:
        did = rows.filter(pl.col("product").is_in(products)).select("buyer").collect()["buyer"]
        held[did.to_numpy()] = True
    return held


def lacking_rule(need: BigNeed, leaf: str) -> Rule:
    """Bought for another leaf of the need, and nothing for this one."""
    others: list[Rule] = [Bought(by="need", name=one) for one in need.leaves if one != leaf]
    return Group(
        joiner="all",
        rules=(
            Group(joiner="any", rules=tuple(others)),
            Bought(by="need", name=leaf, held=False),
        ),
    )


def bought_not_rule(first: str, second: str) -> Rule:
    """Bought one product and never the other."""
    return Group(
        joiner="all",
        rules=(
            Bought(by="product", name=first),
            Bought(by="product", name=second, held=False),
        ),
    )


def one_off_products(store: FeatureStore, version: int) -> list[dict[str, Any]]:
    """Goods bought once in a life: product, customers, those of most customers first."""
    once = store_products(store).filter(pl.col("one_off"))
    counted = once.select("product").join(sold(store, version), on="product", how="left")
    shown = counted.with_columns(pl.col("customers").fill_null(0))
    return list(
        shown.sort(["customers", "product"], descending=[True, False]).iter_rows(named=True)
    )
