"""One threshold for all: is the band of customers for whom it pays the right one?"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from benchmarks.ladder.shops import MONEY, UNIT, Floats, Shop, baskets, past_values
from benchmarks.ladder.steps import plan

from regulars_experiments.aggregation import aggregate
from regulars_experiments.threshold_ratios import NATURAL_EDGES, find_ratios, ratio_bin

THRESHOLD = 79 * UNIT
_HELD, _SENT = "holdout", "told"


@dataclass(frozen=True, kw_only=True)
class Answering:
    """How many more buy, by r = past order value / threshold.

    nearby: share more at r = 0.9, falling on both sides; everywhere: share more at any r.
    """

    name: str
    nearby: float = 0.0
    everywhere: float = 0.0

    def more(self, ratio: Floats) -> Floats:
        """Times as many buyers as without the offer."""
        away = np.log(ratio / 0.9) / 0.25
        found: Floats = 1 + self.everywhere + self.nearby * np.exp(-0.5 * away**2)
        return found


SHOP = Shop(held=1 / 3)
WORLDS = (
    Answering(name="pays for those who were near it", nearby=0.6),
    Answering(name="pays for nobody"),
    Answering(name="pays for everybody", everywhere=0.5),
)


@dataclass(frozen=True, kw_only=True)
class RatioTruth:
    """Customers in the order of r, and the running sum of what telling them truly earns."""

    ratios: Floats
    running: Floats

    def between(self, edges: Floats) -> Floats:
        """True net profit per customer in each bin; (bins,)."""
        places = np.searchsorted(self.ratios, edges)
        sums = np.concatenate([[0.0], self.running])[places]
        found: Floats = np.diff(sums) / np.maximum(np.diff(places), 1)
        return found


def truth_of(answering: Answering, rng: np.random.Generator, many: int) -> RatioTruth:
    """By many customers, each with the expected profit of one order told and not told."""
    past = past_values(SHOP, many, rng)
    ratios = past / THRESHOLD
    told = baskets(SHOP, past, np.full(many, THRESHOLD), rng)
    alone = baskets(SHOP, past, None, rng)
    margin = SHOP.margin * told.goods - told.offer_cost
    net = SHOP.buyers * answering.more(ratios) * margin - SHOP.buyers * SHOP.margin * alone.goods
    order = ratios.argsort()
    value = net[order] / UNIT - SHOP.contact_cost
    return RatioTruth(ratios=ratios[order], running=value.cumsum())


@dataclass(frozen=True, kw_only=True)
class RatioScore:
    """One campaign; shares are of the customers, money per customer of the whole shop.

    misplaced: who is inside the advised band but truly loses money, or outside and truly pays.
    followed, everyone, oracle: true profit of the band, of telling everybody, of the best choice
    among the same bins. covered: the band of limits. proved_wrong: a bin proved on the wrong side.
    """

    misplaced: float
    followed: float
    everyone: float
    oracle: float
    covered: bool
    proved_wrong: bool


def play(answering: Answering, truth: RatioTruth, number: int, seed: tuple[int, ...]) -> RatioScore:
    """Draw one shop's campaign and let the product answer."""
    rng = np.random.default_rng([*seed, number])
    moments = aggregate(_outcomes(answering, rng).lazy(), plan("arm", "bin"))
    curve = find_ratios(moments, control=_HELD, arm=_SENT, edges=NATURAL_EDGES, money=MONEY)
    net = truth.between(curve.edges)
    share = curve.customers / curve.customers.sum()
    inside = np.zeros(len(net), dtype=np.bool_)
    if curve.first is not None and curve.last is not None:
        inside[curve.first : curve.last + 1] = True
    wrong = (curve.proved & (net <= 0)) | (curve.proved_to_lose & (net >= 0))
    return RatioScore(
        misplaced=float(share @ (inside != (net > 0))),
        followed=float((share * net) @ inside),
        everyone=float(share @ net),
        oracle=float(share @ np.maximum(net, 0)),
        covered=bool(((curve.band.low <= net) & (net <= curve.band.high)).all()),
        proved_wrong=bool(wrong.any()),
    )


def _outcomes(answering: Answering, rng: np.random.Generator) -> pl.DataFrame:
    held = round(SHOP.customers * SHOP.held)
    frames = []
    for arm, n in ((_HELD, held), (_SENT, SHOP.customers - held)):
        told = arm == _SENT
        past = past_values(SHOP, n, rng)
        chance = SHOP.buyers * (answering.more(past / THRESHOLD) if told else 1.0)
        bought = rng.random(n) < chance
        found = baskets(SHOP, past, np.full(n, THRESHOLD) if told else None, rng)
        contact = round(SHOP.contact_cost * UNIT) if told else 0
        frames.append(
            pl.DataFrame(
                {
                    "arm": pl.Series([arm]).new_from_index(0, n),
                    "ratio": past / THRESHOLD,
                    "goods": np.where(bought, found.goods, 0),
                    "offer_cost": np.where(bought, found.offer_cost, 0),
                    "contact_cost": np.full(n, contact),
                }
            )
        )
    binned = ratio_bin(pl.col("ratio"), NATURAL_EDGES).alias("bin")
    return pl.concat(frames).with_columns(binned)
