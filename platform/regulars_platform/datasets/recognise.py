"""Which kind of file it is, and what its columns are probably meant to say: by their headings.

Of several columns that could name the customer (or the product), the one whose values the shop's
orders know best is proposed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

import polars as pl

from regulars_platform.datasets.fields import FIELDS, Field, is_ignored, is_personal
from regulars_platform.datasets.figures import DAY_WORDS, FIGURES, find_figure, is_per_item
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.models import ATTRIBUTE, FIGURE, INDUSTRY, MOST_ATTRIBUTES
from regulars_platform.intake.cells import clean_key, is_masked
from regulars_platform.intake.headings import PREFERENCES, normalise
from regulars_platform.intake.models import FileForm, OrderField
from regulars_platform.intake.readers import column_name

_KEY_OF: Mapping[Kind, str] = {
    "customers": "customer_id",
    "products": "product",
    "events": "customer_id",
    "referrals": "customer_id",
    "points": "customer_id",
    "contacts": "customer_id",
}
"""The field by which a kind belongs to the shop's orders."""

_MOVEMENTS = {
    normalise(word)
    for word in [
        "points change",
        "change in points",
        "积分变动",
        "变动积分",
        "积分变化",
        "变动数量",
        "变动值",
    ]
}
_SENDING = {
    normalise(word)
    for word in [
        "sent at",
        "send time",
        "outcome",
        "delivery status",
        "发送时间",
        "触达时间",
        "发送状态",
        "发送结果",
        "触达结果",
        "触达渠道",
        "发送渠道",
        "触达方式",
        "发送方式",
    ]
}
_HAPPENING = {
    normalise(word)
    for word in [
        "event",
        "event type",
        "event time",
        "event date",
        "事件",
        "事件类型",
        "行为",
        "行为类型",
        "行为时间",
    ]
}
_MONEY_OF_ORDERS = (OrderField.AMOUNT, OrderField.TOTAL, OrderField.UNIT_PRICE)
_VAGUE = frozenset(map(normalise, ("name", "order", "cost", "price", "value", "type", "source")))
"""Headings that alone tell no kind of file."""


def recognise_kind(headings: Iterable[str]) -> Kind | None:
    """The kind of file that these headings belong to; None: no kind, or an order file."""
    names = list(headings)
    plain = {normalise(heading) for heading in names}
    if _is_shop_days(names, plain):
        return "shop_days"
    has_customer = _has(plain, "customers", "customer_id")
    if has_customer and plain & _MOVEMENTS:
        return "points"
    if has_customer and plain & _SENDING:
        return "contacts"
    if looks_like_orders(names):
        return None
    rules: tuple[tuple[Kind, bool], ...] = (
        ("points", has_customer and _has(plain, "points", "points") and _is_log(plain)),
        ("referrals", _has(plain, "referrals", "referrer_id") and len(plain) < 12),
        ("events", has_customer and bool(plain & _HAPPENING)),
        ("customers", has_customer and _says(plain, "customers")),
        ("products", _has(plain, "products", "product") and _says(plain, "products")),
    )
    return next((kind for kind, fits in rules if fits), None)


def looks_like_orders(headings: Iterable[str]) -> bool:
    """Whether there are orders with money in the file."""
    plain = {normalise(heading) for heading in headings}
    orders = set(PREFERENCES[OrderField.ORDER_ID]) - _VAGUE
    if "lineitemquantity" in plain:
        return True
    has_money = any(
        (set(PREFERENCES[field]) - _VAGUE) & plain
        for field in (*_MONEY_OF_ORDERS, OrderField.STATUS)
    )
    return bool(orders & plain) and has_money


def propose_columns(
    kind: Kind, form: FileForm, sample: pl.DataFrame, matches: Mapping[str, float]
) -> dict[str, str]:
    """Heading -> what it is taken for; columns to leave out are missing.

    matches: heading -> share of its values that the shop's orders know (see `match_keys`).
    """
    if kind == "shop_days":
        return _propose_figures(form.headings)
    plain = {heading: normalise(heading) for heading in form.headings}
    found: dict[str, str] = {}
    key = _KEY_OF[kind]
    chosen = _choose_key(key_candidates(kind, form, sample), matches)
    for field in FIELDS[kind]:
        if field.name == key:
            if chosen is not None:
                found[chosen] = key
            continue
        wanted = [
            heading
            for word in field.words
            for heading in form.headings
            if plain[heading] == word and heading not in found
        ]
        for heading in wanted if field.name == "name" else wanted[:1]:
            found[heading] = field.name
    if kind == "customers":
        own = (
            heading
            for heading in form.headings
            if heading not in found and _may_be_attribute(heading, form, sample)
        )
        found.update(dict.fromkeys(islice(own, MOST_ATTRIBUTES), ATTRIBUTE))
    return found


def key_candidates(kind: Kind, form: FileForm, sample: pl.DataFrame) -> list[str]:
    """Headings of columns that may name the customer (or the product), best known first; columns
    that are empty or masked throughout are no candidates."""
    if kind == "shop_days":
        return []
    field = _field(kind, _KEY_OF[kind])
    others = {word for other in FIELDS[kind] if other.name == "referrer_id" for word in other.words}
    return [
        heading
        for word in field.words
        for heading in form.headings
        if normalise(heading) == word and word not in others and _tells_apart(heading, form, sample)
    ]


def match_keys(
    kind: Kind, form: FileForm, sample: pl.DataFrame, known: Callable[[str, pl.Series], float]
) -> dict[str, float]:
    """For each candidate the share of its values that the orders know.

    known: told the column of the orders table and some values, says their share.
    """
    column = "product" if kind == "products" else "customer_id"
    return {
        heading: known(column, _keys(sample, form.headings.index(heading)).drop_nulls())
        for heading in key_candidates(kind, form, sample)
    }


def _choose_key(candidates: Sequence[str], matches: Mapping[str, float]) -> str | None:
    if not candidates:
        return None
    best = max(candidates, key=lambda heading: matches.get(heading, 0.0))
    return best if matches.get(best, 0.0) > 0 else candidates[0]


def _propose_figures(headings: Iterable[str]) -> dict[str, str]:
    names = list(headings)
    found: dict[str, str] = {}
    day = next((h for word in DAY_WORDS for h in names if normalise(h) == word), None)
    if day is not None:
        found[day] = "day"
    per_item = is_per_item(names)
    for heading in names:
        figure = find_figure(heading)
        if figure is None or heading == day:
            continue
        known, of_industry = figure
        target = (INDUSTRY if of_industry else FIGURE) + known.name
        if target not in found.values() and (known.per_item or not per_item):
            found[heading] = target
    return found


def figure_of(target: str) -> tuple[str, bool] | None:
    """The figure that a column is taken for, and whether it is the industry's."""
    for prefix in (FIGURE, INDUSTRY):
        name = target.removeprefix(prefix)
        if target.startswith(prefix) and name in FIGURES:
            return name, prefix == INDUSTRY
    return None


def _is_shop_days(names: list[str], plain: set[str]) -> bool:
    figures = [heading for heading in names if find_figure(heading) is not None]
    has_day = bool(plain & set(DAY_WORDS))
    orders = set(PREFERENCES[OrderField.ORDER_ID]) - _VAGUE - {normalise("orders")}
    certain = normalise("统计日期") in plain and bool(figures)
    return certain or (
        has_day
        and len(figures) >= 2
        and not plain & orders
        and not _has(plain, "customers", "customer_id")
    )


def _is_log(plain: set[str]) -> bool:
    return _has(plain, "points", "happened_at") and (
        _has(plain, "points", "reason") or _has(plain, "points", "direction")
    )


def _field(kind: Kind, name: str) -> Field:
    return next(field for field in FIELDS[kind] if field.name == name)


def _has(plain: set[str], kind: Kind, name: str) -> bool:
    return bool(plain & (set(_field(kind, name).words) - _VAGUE))


def _says(plain: set[str], kind: Kind) -> bool:
    """Whether anything beside the key is named (names and phones alone say nothing)."""
    return any(
        field.sort not in ("key", "person") and plain & set(field.words) for field in FIELDS[kind]
    )


def _tells_apart(heading: str, form: FileForm, sample: pl.DataFrame) -> bool:
    cells = _keys(sample, form.headings.index(heading))
    masked = cells.to_frame("key").select(is_masked(pl.col("key")).sum()).item()
    filled = cells.count()
    return bool(filled and masked < filled)


def _keys(sample: pl.DataFrame, position: int) -> pl.Series:
    return sample.select(clean_key(pl.col(column_name(position)))).to_series()


def _may_be_attribute(heading: str, form: FileForm, sample: pl.DataFrame) -> bool:
    if is_personal(heading) or is_ignored(heading):
        return False
    return _keys(sample, form.headings.index(heading)).count() > 0
