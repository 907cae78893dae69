"""What the orders say of every customer as of a day, from histories laid out by customer.

Definitions: docs/customer-features.md. Those of ORDER_FEATURES are the ones of `features`.
"""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from regulars_platform.customers.event_days import DEFAULT_EVENT_DAYS, EventSpan, event_dates
from regulars_platform.customers.histories import Before, read_names
from regulars_platform.customers.rhythm import DEFAULT_RHYTHM, Rhythm, stages
from regulars_platform.customers.runs import Array, Floats, Ints, Runs, gathered
from regulars_platform.customers.taste import taste_columns
from regulars_platform.intake.regions import plain_region
from regulars_platform.orders.table import MONEY_SCALE

EPOCH = dt.date(1970, 1, 1).toordinal()
YEAR = 365


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """What the shop's own settings say about orders.

    events: its event days; categories: product (as order lines name it) -> category.
    """

    rhythm: Rhythm = DEFAULT_RHYTHM
    events: tuple[EventSpan, ...] = DEFAULT_EVENT_DAYS
    categories: dict[str, str] = field(default_factory=dict)


Columns = dict[str, pl.Series]


def order_columns(folder: Path, as_of: dt.date, habits: Habits) -> pl.DataFrame:
    """One row per customer with an order before `as_of`, by customer_id; columns named as features.

    folder: see `write_histories`.
    """
    today = as_of.toordinal() - EPOCH
    ids = read_names(folder, "customers")
    size = len(ids)
    # reading and adding up leave Python alone, so that two of these really run at a time
    with ThreadPoolExecutor(1) as pool:
        tastes = pool.submit(taste_columns, folder, today, size, habits.categories)
        rows = Before(folder, "purchases", today)
        words = pool.submit(_words, rows, today)
        columns, bought = _purchases(rows, today, habits)
        columns |= _waiting(folder, today, bought)
        columns |= words.result() | tastes.result()
    frame = pl.DataFrame({"customer_id": ids, **columns})
    return frame.filter("known").drop("known")


@dataclass(frozen=True, slots=True, eq=False)
class _Bought:
    """By code. orders: purchases; known: has any order; at: moment of the last purchase."""

    orders: Ints
    known: Array
    at: Ints


def _purchases(rows: Before, today: int, habits: Habits) -> tuple[Columns, _Bought]:
    runs = rows.runs
    orders = runs.counts()
    has = orders > 0
    last_days, first_days = today - runs.last(rows.day), today - runs.first(rows.day)
    at = rows["at"]
    last_at, first_at = runs.last(at), runs.first(at)
    del at
    discounted, event = rows["discounted"], _on_events(rows.day, habits.events)
    money = _money(rows, runs, Before(rows.folder, "credits", today), today)
    median = _median_amounts(rows) / MONEY_SCALE
    interval = median_gaps(rows)
    late = _ratio_of_rhythm(last_days, interval, has)
    columns = {
        "orders": pl.Series(orders),
        "average_order_value": _floats(money.average),
        "median_order_value": _floats(median),
        "spend": pl.Series(money.spend),
        "refund_share": _floats(money.refund_share),
        "last_order_days": _whole(last_days, has),
        "first_order_days": _whole(first_days, has),
        "usual_interval_days": _floats(interval),
        "discount_share": _floats(_ratio(runs.sums(discounted), orders)),
        "last_order_at": _moments(last_at, has),
        "first_order_at": _moments(first_at, has),
        **_scores(last_days, orders, money.spend, has),
        "orders_365": pl.Series(runs.sums(rows.day >= today - YEAR)),
        "spend_365": pl.Series(money.spend_365),
        "last_order_value": _floats(money.last),
        "largest_order_value": _floats(money.largest),
        "basket_ratio": _floats(money.average / money.usual),
        "last_ratio": _floats(money.last / median),
        "deal_share": _floats(_ratio(runs.sums(event | discounted), orders)),
        "event_share": _floats(_ratio(runs.sums(event), orders)),
        "rhythm": stages(first_days, late, has, habits.rhythm),
        "rhythm_ratio": _floats(late),
        "refunded_orders_share": _floats(_ratio(money.refunded, orders)),
    }
    return columns, _Bought(orders, has | money.credited, last_at)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Money:
    """By code, currency units. usual: the shop's median order; refunded: orders with a refund."""

    average: Floats
    spend: Floats
    spend_365: Floats
    refund_share: Floats
    last: Floats
    largest: Floats
    refunded: Ints
    credited: Array
    usual: float


def _money(rows: Before, runs: Runs, notes: Before, today: int) -> _Money:
    """rows: purchases; notes: credit notes."""
    orders = runs.counts()
    amount, returned, notes_back = rows["amount"], rows["returned"], notes["returned"]
    credited = notes.runs
    bought = runs.sums(amount)
    back = runs.sums(returned) + credited.sums(notes_back)
    lately, notes_lately = rows.day >= today - YEAR, notes.day >= today - YEAR
    year = runs.sums((amount - returned) * lately) - credited.sums(notes_back * notes_lately)
    there = orders > 0
    return _Money(
        average=_ratio(bought / MONEY_SCALE, orders),
        spend=(bought - back) / MONEY_SCALE,
        spend_365=year / MONEY_SCALE,
        refund_share=_ratio(back, bought),
        last=np.where(there, runs.last(amount) / MONEY_SCALE, np.nan),
        largest=np.where(there, runs.place(runs.largest(amount)) / MONEY_SCALE, np.nan),
        refunded=runs.sums(returned > 0),
        credited=credited.counts() > 0,
        usual=_median(amount) / MONEY_SCALE,
    )


def _waiting(folder: Path, today: int, bought: _Bought) -> Columns:
    """Orders still to be paid: unpaid, and nothing bought since."""
    rows = Before(folder, "others", today)
    code = rows.runs.code_of_rows()
    after = rows["at"] > bought.at[code]
    still = rows["waiting"] & (after | (bought.orders[code] == 0))
    waiting = rows.runs.where(still)
    number = waiting.counts()
    return {
        "known": pl.Series(bought.known | (rows.runs.counts() > 0)),
        "unpaid_orders": pl.Series(number),
        "unpaid_days": _whole(today - waiting.last(rows.day[still]), number > 0),
    }


def _words(rows: Before, today: int) -> Columns:
    """The channel of most purchases; household and region of the latest order that names one."""
    runs, word = rows.words_of("channels")
    pairs, of_customer = runs.split(word)
    best = of_customer.best(pairs.lengths)
    folder = rows.folder
    return {
        "main_channel": gathered(read_names(folder, "channels"), word[pairs.starts], best),
        "household": _latest(folder, "households", today),
        "region_of_orders": _latest(folder, "regions", today, plain_region),
    }


def _latest(
    folder: Path,
    table: str,
    today: int,
    spelt: Callable[[pl.Expr], pl.Expr] = lambda word: word,
) -> pl.Series:
    """The word of each customer's latest order that has one. spelt: how it is written."""
    named = Before(folder, table, today)
    runs = named.runs
    last = np.where(runs.counts() > 0, runs.last(named["word"]).astype(np.int64), -1)
    words = read_names(folder, table).cast(pl.String).to_frame("word")
    return gathered(words.select(spelt(pl.col("word"))).to_series(), None, last)


def _scores(last_days: Array, orders: Ints, spend: Floats, has: Array) -> Columns:
    """Recency, frequency and money in fifths of the buyers, and the three together."""
    found = [_fifths(values, has) for values in (-last_days, orders, spend)]
    digits = found[0] * 100 + found[1] * 10 + found[2]
    texts = pl.Series([str(number) for number in range(556)])
    names = ("recency_score", "frequency_score", "monetary_score")
    return {name: _whole(score, has) for name, score in zip(names, found, strict=True)} | {
        "rfm": gathered(texts, None, np.where(has, digits, -1))
    }


def _fifths(values: Array, has: Array) -> Ints:
    """1 + how many fifths of the buyers are strictly below; equals have the same score."""
    known = values[has]
    n = len(known)
    score = np.ones(len(values), dtype=np.int64)
    if not n:
        return score
    places = [-(-n * fifth // 5) - 1 for fifth in range(1, 5)]
    edges = np.partition(known, places)
    for place in places:
        if place >= 0:
            score += values > edges[place]
    return score


def _ratio_of_rhythm(last_days: Array, interval: Floats, has: Array) -> Floats:
    """Days since the last order beside their own interval, else the shop's; NaN without either."""
    shop = _median(interval[~np.isnan(interval)])
    usual = np.where(np.isnan(interval), shop, interval)
    return np.where(has, last_days / usual, np.nan)


def _on_events(day: Array, events: tuple[EventSpan, ...]) -> Array:
    if not len(day):
        return np.zeros(0, dtype=np.bool_)
    first, last = int(day.min()), int(day.max())
    days = event_dates(
        events, dt.date.fromordinal(first + EPOCH), dt.date.fromordinal(last + EPOCH)
    )
    table = np.zeros(last - first + 1, dtype=np.bool_)
    table[[one.toordinal() - EPOCH - first for one in days]] = True
    found: Array = table[day - first]
    return found


def _median(values: Array) -> float:
    return float(np.median(values)) if len(values) else np.nan


def _ratio(part: Array, whole: Array) -> Floats:
    found = np.full(len(part), np.nan)
    np.divide(part, whole, out=found, where=whole > 0)
    return found


def median_gaps(rows: Before) -> Floats:
    """By code: the median of the days between purchases on different days, NaN with fewer than two.

    rows: purchases.
    """
    runs, places = rows.in_order_of("gaps")
    day = rows.whole("day")
    return runs.medians(lambda middle: day[places[middle]] - day[places[middle] - 1])


def _median_amounts(rows: Before) -> Floats:
    runs, places = rows.in_order_of("amounts")
    amount = rows.whole("amount")
    return runs.medians(lambda middle: amount[places[middle]])


def _floats(values: Floats) -> pl.Series:
    return pl.Series(values, dtype=pl.Float64).fill_nan(None)


def _whole(values: Array, known: Array) -> pl.Series:
    frame = pl.DataFrame({"value": values, "known": known})
    return frame.select(pl.when("known").then(pl.col("value").cast(pl.Int64)))["value"]


def _moments(values: Ints, known: Array) -> pl.Series:
    return _whole(values, known).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
