"""Do the columns mean what we take them for? Goods + freight - discount = paid says so.

The same words mean different sums in different exports (with freight or without, before discounts
or after); where the sum does not hold on most rows, a column means something else.
"""

from collections.abc import Mapping

import polars as pl

from regulars_platform.intake.cells import clean
from regulars_platform.intake.models import Arithmetic, OrderField
from regulars_platform.intake.money import decimal_evidence, read_numbers
from regulars_platform.intake.readers import column_name

CENT = 100  # ten-thousandths: exports round to cents


def check_sums(
    sample: pl.DataFrame, mapping: Mapping[OrderField, str], positions: Mapping[OrderField, int]
) -> Arithmetic | None:
    """On how many of the first rows the sum holds; None where the columns leave nothing to check.

    sample: records as text (columns c0, c1, ...). Only rows with both sides filled are asked.
    """
    goods = OrderField.AMOUNT if OrderField.AMOUNT in mapping else OrderField.GOODS
    if goods not in mapping or OrderField.TOTAL not in mapping:
        return None
    added = [name for name in (OrderField.SHIPPING,) if name in mapping]
    discounts = (OrderField.ORDER_DISCOUNT, OrderField.PAYMENT_DISCOUNT)
    # an amount after discount has lost it already
    taken = [name for name in discounts if goods is OrderField.GOODS and name in mapping]
    numbers = {
        name: _numbers(sample, positions[name])
        for name in (goods, *added, *taken, OrderField.TOTAL)
    }
    frame = pl.DataFrame({str(name): column for name, column in numbers.items()})
    filled = frame.filter(
        pl.col(goods).is_not_null() & pl.col(OrderField.TOTAL).is_not_null()
    ).fill_null(0)
    if filled.is_empty():
        return None
    left = pl.sum_horizontal(pl.col(name) for name in (goods, *added))
    less = pl.sum_horizontal(pl.lit(0), *(pl.col(name).abs() for name in taken))
    off = left - less - pl.col(OrderField.TOTAL)
    sides = " + ".join(mapping[name] for name in (goods, *added))
    minus = "".join(f" \u2212 {mapping[name]}" for name in taken)
    return Arithmetic(
        equation=f"{sides}{minus} = {mapping[OrderField.TOTAL]}",
        held=int(filled.select((off.abs() <= CENT).sum()).item()),
        rows=filled.height,
    )


def _numbers(sample: pl.DataFrame, position: int) -> pl.Series:
    cells = sample.select(clean(pl.col(column_name(position)))).to_series()
    evidence = decimal_evidence(cells)
    return read_numbers(cells, "comma" if evidence.comma > evidence.point else "point")["value"]
