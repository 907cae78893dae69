"""Goods that one buys once in a life: whoever bought nothing else has nothing to buy again."""

import polars as pl


def bought_once(products: pl.LazyFrame) -> pl.Series:
    """Every name and second name of such goods, of the dataset `products`."""
    once = products.filter(pl.col("one_off")).select("product", "also").collect()
    return pl.concat([once["product"], once["also"]]).drop_nulls().unique()
