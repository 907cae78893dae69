"""Shops of 50,000 customers with a known best threshold, drawn customer by customer.

A customer has a past order value v. Who buys spends v times a lognormal factor; a basket that ends
a little below the threshold is sometimes padded to just above it; from the threshold on the offer
costs what it costs. How many buy depends on the arm, and is set so that the arm's true net profit
per customer is the one wanted. So the truth is known, and the amounts look like a shop's.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import polars as pl

from regulars_experiments.price_points import personal_thresholds
from regulars_experiments.profit import ProfitColumns
from regulars_experiments.thresholds import Ladder, Money

Floats = npt.NDArray[np.float64]

UNIT = 10_000
HOLDOUT = "holdout"
STEPS = (9_000, 10_000, 11_500, 13_000, 15_000)
LADDER = Ladder(control=HOLDOUT, arms=tuple(f"k = {step / UNIT:g}" for step in STEPS), steps=STEPS)
COLUMNS = ProfitColumns(goods="goods", offer_cost="offer_cost", contact_cost="contact_cost")
MONEY = Money(
    columns=COLUMNS, margin_low=Fraction(2, 5), margin_high=Fraction(2, 5), confidence=0.95
)
MANY = 1_000_000
"""Customers from whom the true profit per buyer is known, to about 1 in 1,000."""


@dataclass(frozen=True, kw_only=True)
class Shop:
    """One kind of shop. buyers: share of the holdout that buys; money in currency units.

    typical, spread: median and log-sd of past order values. changing: log-sd of a basket around
    them. near, padding: baskets from (1 - near) T on are padded with this chance.
    """

    customers: int = 50_000
    held: float = 1 / 6
    buyers: float = 0.18
    typical: float = 60.0
    spread: float = 0.5
    changing: float = 0.45
    near: float = 0.15
    padding: float = 0.4
    offer_cost: float = 6.0
    contact_cost: float = 0.05
    margin: float = 0.4


@dataclass(frozen=True, kw_only=True)
class Baskets:
    """What some buyers spent and what the offer cost in their orders; ten-thousandths."""

    goods: npt.NDArray[np.int64]
    offer_cost: npt.NDArray[np.int64]


def past_values(shop: Shop, n: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Past order values in ten-thousandths, to the cent."""
    values = rng.lognormal(np.log(shop.typical), shop.spread, n)
    return np.round(values * 100).astype(np.int64) * (UNIT // 100)


def baskets(
    shop: Shop,
    past: npt.NDArray[np.int64],
    threshold: npt.NDArray[np.int64] | None,
    rng: np.random.Generator,
) -> Baskets:
    """One order of each customer; threshold None: nothing was offered."""
    factor = rng.lognormal(0.0, shop.changing, len(past))
    goods = np.round(past * factor / 100).astype(np.int64) * 100
    if threshold is None:
        return Baskets(goods=goods, offer_cost=np.zeros_like(goods))
    close = (goods < threshold) & (goods >= (1 - shop.near) * threshold)
    padded = close & (rng.random(len(past)) < shop.padding)
    raised = threshold * rng.uniform(1.0, 1.08, len(past))
    goods = np.where(padded, np.round(raised / 100).astype(np.int64) * 100, goods)
    cost = np.where(goods >= threshold, round(shop.offer_cost * UNIT), 0)
    return Baskets(goods=goods, offer_cost=cost)


def profit_per_buyer(
    shop: Shop, step: int | None, rng: np.random.Generator, many: int = MANY
) -> float:
    """True margin less the offer's cost of one order under this step (None: the holdout)."""
    past = past_values(shop, many, rng)
    threshold = None if step is None else personal_thresholds(past, step, "nines", 0)
    found = baskets(shop, past, threshold, rng)
    return float((shop.margin * found.goods - found.offer_cost).mean()) / UNIT


@dataclass(frozen=True, kw_only=True)
class Profits:
    """True profit per buyer of the holdout and of each step; detectable: see `profits`."""

    held: float
    steps: tuple[float, ...]
    detectable: float


@dataclass(frozen=True, kw_only=True)
class Truth:
    """net: true net profit per customer of each step, against the holdout. buyers: shares."""

    net: Floats
    held_buyers: float
    buyers: tuple[float, ...]


def profits(shop: Shop, rng: np.random.Generator, many: int = MANY) -> Profits:
    """By many draws, once per kind of shop.

    What it can detect between two steps: 2.8 standard errors, which are proved in 4 of 5 cases.
    """
    found = baskets(shop, past_values(shop, many, rng), None, rng)
    margin = shop.margin * found.goods / UNIT
    variance = shop.buyers * float((margin**2).mean()) - (shop.buyers * float(margin.mean())) ** 2
    each = shop.customers * (1 - shop.held) / len(STEPS)
    return Profits(
        held=float(margin.mean()),
        steps=tuple(profit_per_buyer(shop, step, rng, many) for step in STEPS),
        detectable=2.8 * float(np.sqrt(2 * variance / each)),
    )


def truth_of(shop: Shop, known: Profits, net: Floats) -> Truth:
    """The shares of buyers at which the steps earn `net` per customer more than the holdout."""
    held = shop.buyers * known.held
    shares = (held + net + shop.contact_cost) / np.array(known.steps)
    if (shares < 0).any() or (shares > 1).any():
        raise ValueError(f"no share of buyers earns {net} more than {held:.2f}")
    return Truth(net=net, held_buyers=shop.buyers, buyers=tuple(shares.tolist()))


def response(best: int, apart: float, level: float) -> Floats:
    """A concave curve over the steps with its top at one of them.

    apart: how far the neighbours' net lies below the top. level: net at the top.
    """
    away = np.abs(np.arange(len(STEPS)) - best)
    found: Floats = level - apart * away**1.25
    return found


def outcomes(shop: Shop, truth: Truth, rng: np.random.Generator) -> pl.DataFrame:
    """One campaign: a row for every customer drawn, buyers or not."""
    held = round(shop.customers * shop.held)
    each = (shop.customers - held) // len(STEPS)
    groups: list[tuple[str, int, float, int | None]] = [(HOLDOUT, held, truth.held_buyers, None)]
    groups += [
        (arm, each, share, step)
        for arm, share, step in zip(LADDER.arms, truth.buyers, STEPS, strict=True)
    ]
    frames = []
    for arm, n, share, step in groups:
        bought = int(rng.binomial(n, share))
        past = past_values(shop, bought, rng)
        threshold = None if step is None else personal_thresholds(past, step, "nines", 0)
        found = baskets(shop, past, threshold, rng)
        contact = 0 if step is None else round(shop.contact_cost * UNIT)
        none = np.zeros(n - bought, dtype=np.int64)
        frames.append(
            pl.DataFrame(
                {
                    "arm": pl.Series([arm]).new_from_index(0, n),
                    "goods": np.concatenate([found.goods, none]),
                    "offer_cost": np.concatenate([found.offer_cost, none]),
                    "contact_cost": np.full(n, contact),
                }
            )
        )
    return pl.concat(frames)
