"""The sample shop: its goods, its customers, and the orders they place of their own accord.

Time is counted in minutes from midnight of 1 January 2025 in the shop's time zone, money in whole
fen (1/100 CNY). Nothing here knows of the campaign: `simulate_orders` runs the same people on past
the day of launch, and that is what each of them does when not written to.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

START = dt.date(2025, 1, 1)
DAY = 24 * 60
SHIPPING_FEE = 600  # what a parcel costs the customer, and what the courier takes from the shop
CUSTOMERS = 22_300  # about 20,000 of them buy before the campaign
WHOLESALERS = 24
EVENTS = {  # day -> how strongly it draws orders to itself
    dt.date(2025, 3, 8): 0.10,
    dt.date(2025, 6, 18): 0.18,
    dt.date(2025, 11, 11): 0.25,
    dt.date(2025, 12, 12): 0.12,
    dt.date(2026, 3, 8): 0.10,
    dt.date(2026, 6, 18): 0.18,
}
CHANNELS = ("Web shop", "Mobile app", "Marketplace", "Market stall")
STATUSES = ("Paid", "Unpaid", "Cancelled")

GOODS: tuple[tuple[str, int, int], ...] = (  # name, price in fen, popularity
    ("Jasmine green tea 50 g", 1990, 9),
    ("Jasmine green tea 250 g", 6990, 6),
    ("Longjing tea 50 g", 3990, 7),
    ("Longjing tea 125 g", 8800, 3),
    ("Tieguanyin oolong 100 g", 3290, 8),
    ("Da Hong Pao oolong 50 g", 4590, 4),
    ("White peony tea 60 g", 2990, 5),
    ("Ripe pu-erh mini cakes, tin of 12", 4280, 5),
    ("Raw pu-erh cake 357 g", 12800, 2),
    ("Keemun black tea 100 g", 2790, 7),
    ("Lapsang souchong 100 g", 3190, 3),
    ("Chrysanthemum blossoms 40 g", 1580, 6),
    ("Rose buds 50 g", 1780, 5),
    ("Roasted barley tea, 30 bags", 1290, 8),
    ("Ginger and date tea, 20 bags", 1850, 6),
    ("Sampler of six teas", 5900, 6),
    ("Gift box Spring", 16800, 2),
    ("Glass teapot 600 ml", 6900, 4),
    ("Porcelain gaiwan", 5500, 3),
    ("Clay teapot 180 ml", 15800, 1),
    ("Cup with strainer", 3900, 6),
    ("Travel flask 350 ml", 7900, 4),
    ("Bamboo tea scoop", 990, 5),
    ("Tea towel, linen", 1690, 5),
    ("Cork coasters, set of 4", 1450, 4),
    ("Bamboo tray small", 4900, 3),
    ("Bamboo tray large", 9900, 1),
    ("Storage tin 150 g", 1590, 6),
    ("Beeswax candle", 2390, 5),
    ("Incense, cedar, 40 sticks", 2590, 4),
    ("Incense holder, ceramic", 2980, 3),
    ("Cotton table runner", 5980, 2),
    ("Osmanthus honey 250 g", 3580, 5),
    ("Sesame crisps 180 g", 1250, 8),
    ("Walnut cakes, box of 8", 2680, 6),
    ("Dried persimmon 200 g", 2250, 4),
    ("Rock sugar 300 g", 850, 5),
    ("Refill bags, 100 pieces", 690, 4),
)
PRICES: Ints = np.array([price for _, price, _ in GOODS], dtype=np.int64)
POPULARITY: Floats = np.array([share for _, _, share in GOODS], dtype=np.float64)


@dataclass(frozen=True, kw_only=True, slots=True)
class People:
    """What the shop does not know about its customers; one array entry per customer."""

    first: Ints  # minute of the first order
    gap_days: Floats  # mean days between two orders while the customer stays
    leaving: Floats  # chance that an order was the last one
    basket: Floats  # usual order value, fen
    bargains: Floats  # chance that an ordinary order carries a discount
    channel: Ints  # usual channel, index into CHANNELS
    wholesale: NDArray[np.bool_]


def minutes(day: dt.date) -> int:
    """Midnight at the start of `day`."""
    return (day - START).days * DAY


def generator(seed: int, step: int) -> np.random.Generator:
    """The stream of one step, so that a change in one step leaves the others as they are."""
    return np.random.default_rng([seed, step])


def draw_people(rng: np.random.Generator, last_first_day: dt.date) -> People:
    """The customers, ordered by their first order, which is on or before `last_first_day`."""
    n = CUSTOMERS
    loyal = rng.random(n) < 0.22
    wholesale = np.zeros(n, dtype=np.bool_)
    wholesale[rng.choice(n, WHOLESALERS, replace=False)] = True
    days = (last_first_day - START).days + 1
    # a shop that grows: 60% more newcomers a day at the end; a fifth were customers before the file
    growth = 1 + 0.6 * np.arange(days) / days
    newcomer_day = rng.choice(days, size=n, p=growth / growth.sum())
    known_before = rng.random(n) < np.where(loyal, 0.30, 0.12)
    day = np.where(known_before, np.minimum(rng.exponential(35, n), days - 1), newcomer_day)
    first = np.sort(day.astype(np.int64)) * DAY + minute_of_day(rng, n)
    gap = np.where(loyal, 46.0, 72.0) * np.exp(rng.normal(0, 0.35, n))
    return People(
        first=first,
        gap_days=np.where(wholesale, 40.0, gap),
        leaving=np.where(wholesale, 0.0, np.where(loyal, 0.04, 0.46)),
        basket=np.where(
            wholesale, rng.uniform(150_000, 500_000, n), np.exp(rng.normal(np.log(6700), 0.40, n))
        ),
        bargains=rng.beta(0.4, 4.0, n),
        channel=rng.choice(3, n, p=[0.45, 0.33, 0.22]),
        wholesale=wholesale,
    )


def minute_of_day(rng: np.random.Generator, n: int) -> Ints:
    """Minutes after midnight: few at night, most in the evening."""
    hours = np.array(
        [2, 1, 1, 1, 1, 2, 4, 7, 9, 11, 12, 12, 12, 11, 10, 10, 10, 10, 11, 14, 17, 16, 11, 5]
    )
    return rng.choice(24, n, p=hours / hours.sum()) * 60 + rng.integers(0, 60, n)


def simulate_orders(rng: np.random.Generator, people: People, end: int) -> pl.DataFrame:
    """Every order that customers place before minute `end`, sorted by time.

    Columns: customer (index), minute, status, channel (indices), rate (discount in percent),
    target (fen to be filled with goods).
    """
    who, when = _order_times(rng, people, end)
    when, on_event = _drawn_to_events(rng, when, people.first[who])
    n = len(who)
    usual = rng.random(n) < 0.85
    bargain = on_event | (rng.random(n) < people.bargains[who])
    frame = pl.DataFrame(
        {
            "customer": who,
            "minute": when,
            "status": draw_status(rng, n),
            "channel": np.where(usual, people.channel[who], rng.integers(0, 3, n)),
            "rate": np.where(bargain, rng.choice([5, 10, 15, 20], n, p=[0.2, 0.5, 0.2, 0.1]), 0),
            "target": people.basket[who] * np.exp(rng.normal(0, 0.22, n)),
        }
    )
    return frame.sort("minute", "customer")


def draw_status(rng: np.random.Generator, n: int) -> Ints:
    """Indices into STATUSES: some orders are never paid, a few are cancelled."""
    return rng.choice(3, n, p=[0.945, 0.030, 0.025])


def _order_times(rng: np.random.Generator, people: People, end: int) -> tuple[Ints, Ints]:
    """Buy till you leave: after each order a customer stays, or not, and waits a random gap."""
    who = np.arange(len(people.first))
    when = people.first.copy()
    all_who, all_when = [who], [when]
    while len(who):
        stays = rng.random(len(who)) >= people.leaving[who]
        returns = ~stays & (rng.random(len(who)) < 0.45)  # some who left come back much later
        mean = np.where(stays, people.gap_days[who], 380.0)
        gap = np.where(stays, 2.0, 45.0) + rng.exponential(mean)
        goes_on = stays | returns
        who, when, gap = who[goes_on], when[goes_on], gap[goes_on]
        day = when // DAY + np.ceil(gap).astype(np.int64)
        when = day * DAY + minute_of_day(rng, len(who))
        who, when = who[when < end], when[when < end]
        all_who.append(who)
        all_when.append(when)
    return np.concatenate(all_who), np.concatenate(all_when)


def _drawn_to_events(
    rng: np.random.Generator, when: Ints, first: Ints
) -> tuple[Ints, NDArray[np.bool_]]:
    """Some orders of the fortnight around an event day are placed on that day."""
    moved = when.copy()
    on_event = np.zeros(len(when), dtype=np.bool_)
    for day, pull in EVENTS.items():
        near = np.abs(when - minutes(day)) < 12 * DAY
        drawn = near & (rng.random(len(when)) < 2 * pull) & (minutes(day) > first)
        moved[drawn] = minutes(day) + when[drawn] % DAY
        on_event |= drawn | (moved // DAY == minutes(day) // DAY)
    return moved, on_event


def simulate_stall(rng: np.random.Generator, start: int, end: int) -> pl.DataFrame:
    """Orders of passers-by at the market stall: no customer is known. Columns as above."""
    n = int((end - start) / DAY * 3.2)
    return pl.DataFrame(
        {
            "customer": pl.Series([None] * n, dtype=pl.Int64),
            "minute": np.sort(
                rng.integers(start // DAY, end // DAY, n) * DAY + rng.integers(540, 1140, n)
            ),
            "status": np.zeros(n, dtype=np.int64),
            "channel": np.full(n, CHANNELS.index("Market stall"), dtype=np.int64),
            "rate": np.zeros(n, dtype=np.int64),
            "target": np.exp(rng.normal(np.log(3500), 0.5, n)),
        }
    )


def fill_baskets(rng: np.random.Generator, orders: pl.DataFrame) -> pl.DataFrame:
    """Goods for each order's `target`: one row per line.

    Columns: order (row number in `orders`), product, quantity, price, discount and refund (fen).
    """
    n = len(orders)
    lines = rng.choice([1, 2, 3, 4], n, p=[0.40, 0.34, 0.18, 0.08])
    order = np.repeat(np.arange(n), lines)
    weight = rng.gamma(3.0, 1.0, len(order))
    share = weight / np.bincount(order, weight)[order]
    budget = orders["target"].to_numpy()[order] * share
    product = _choose_goods(rng, budget)
    quantity = np.maximum(1, np.rint(budget / PRICES[product])).astype(np.int64)
    return price_lines(rng, orders, order, product, quantity)


def _choose_goods(rng: np.random.Generator, budget: Floats) -> Ints:
    """A product per line: popular ones more often, and those that suit the line's budget."""
    chosen = np.empty(len(budget), dtype=np.int64)
    for part in np.array_split(np.arange(len(budget)), max(1, len(budget) // 20_000)):
        misfit = np.log(PRICES)[None, :] - np.log(np.minimum(budget[part], 16_000))[:, None]
        weight = np.cumsum(POPULARITY * np.exp(-(misfit**2) / (2 * 0.35**2)) + 1e-12, axis=1)
        pick = rng.random(len(part)) * weight[:, -1]
        chosen[part] = (weight < pick[:, None]).sum(axis=1)
    return chosen


def price_lines(
    rng: np.random.Generator, orders: pl.DataFrame, order: Ints, product: Ints, quantity: Ints
) -> pl.DataFrame:
    """Price, discount and refund per line; `order` are row numbers in `orders`.

    One line in forty comes back, and one order in a hundred as a whole; only paid ones.
    """
    price = PRICES[product]
    rate = orders["rate"].to_numpy()[order]
    discount = (price * quantity * rate) // 100
    amount = price * quantity - discount
    paid = orders["status"].to_numpy()[order] == 0
    whole_back = rng.random(len(orders)) < 0.01
    back = paid & (whole_back[order] | (rng.random(len(order)) < 0.025))
    return pl.DataFrame(
        {
            "order": order,
            "product": product,
            "quantity": quantity,
            "price": price,
            "discount": discount,
            "refund": np.where(back, amount, 0),
        }
    )
