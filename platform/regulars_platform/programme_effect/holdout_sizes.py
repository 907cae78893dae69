"""What a global holdout costs and what it could tell, from the shop's own orders; what it moves."""

import datetime as dt
import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl

from regulars_experiments.design import Baseline, detectable_effect
from regulars_experiments.results import Reason
from regulars_platform.campaigns.pooled import HOPED, rounds_until
from regulars_platform.customers.histories import Before, read_names
from regulars_platform.customers.store import FeatureStore
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.reach.holdout import GlobalHoldout, in_holdout

QUARTER_DAYS = 91
SHARES = (200, 500, 1_000, 2_000)
"""Suggested, in basis points."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SizePlan:
    """A share held back. held: customers; spent: what such customers spent in a quarter, of which
    only what contacts would have added is forgone; forgone: at the gain hoped for, spend times
    margin; detectable: gain in gross profit per customer and quarter that would be proved four
    times out of five, relative: as a share of spend, None: nothing would, for the reason `why`;
    quarters: how many it takes to prove the gain hoped for."""

    share: int
    customers: int
    held: int
    spent: float
    forgone: float
    detectable: float | None
    relative: float | None
    why: Reason | None
    quarters: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Moves:
    """What a rotation did to the customers known now."""

    out: int
    into: int
    stay: int


def quarter_spend(store: FeatureStore, version: int, day: dt.date) -> pl.DataFrame:
    """customer_id, spend (ten-thousandths) of everybody known before the QUARTER_DAYS that end
    before `day`; 0 where they bought nothing in them. Kept once worked out."""
    name = f"quarterspend-{store.version_key(version)}-{day.isoformat()}"
    return store.kept(name, lambda: _quarter_spend(store, version, day)).collect()


def _quarter_spend(store: FeatureStore, version: int, day: dt.date) -> pl.LazyFrame:
    folder = store.histories(version)
    stop = (day - _EPOCH).days
    start = stop - QUARTER_DAYS
    bought, notes, others = (
        Before(folder, table, stop) for table in ("purchases", "credits", "others")
    )
    net = (bought["amount"] - bought["returned"]) * (bought.day >= start)
    spend = bought.runs.sums(net) - notes.runs.sums(notes["returned"] * (notes.day >= start))
    first = np.full(bought.runs.size, stop)
    for rows in (bought, notes, others):
        known = rows.runs.codes
        first[known] = np.minimum(first[known], rows.runs.first(rows.day)[known])
    # in a shop younger than a quarter everybody counts
    young = bool(len(first)) and first.min() >= start
    counts = (first < start) | ((first < stop) & young)
    people = pl.DataFrame({"customer_id": read_names(folder, "customers"), "spend": spend})
    return people.filter(pl.Series(counts)).lazy()


_EPOCH = dt.date(1970, 1, 1)


def plan_sizes(
    spend: pl.DataFrame, shares: tuple[int, ...] = SHARES, *, margin: float
) -> tuple[SizePlan, ...]:
    """spend: see `quarter_spend`; margin: as a share of the price."""
    money = spend["spend"].cast(pl.Float64) / MONEY_SCALE
    n = len(money)
    if n == 0:
        return ()
    baseline = Baseline(
        buyers=np.array([(money > 0).sum() / n], dtype=np.float64),
        mean=np.array([money.mean() or 0.0], dtype=np.float64),
        sd=np.array([money.std() or 0.0], dtype=np.float64),
    )
    return tuple(_size(share, n, baseline, margin) for share in shares)


def _size(share: int, n: int, baseline: Baseline, margin: float) -> SizePlan:
    held = round(n * share / 10_000)
    mean = float(baseline.mean[0])
    found = detectable_effect(baseline, n_control=held, n_arm=n - held)
    why = found.undefined[0]
    return SizePlan(
        share=share,
        customers=n,
        held=held,
        spent=held * mean,
        forgone=held * mean * HOPED * margin,
        detectable=None if why is not None else float(found.difference[0]) * margin,
        relative=None if why is not None else float(found.relative[0]),
        why=why,
        quarters=rounds_until(baseline, n_control=held, n_arm=n - held, hoped=HOPED),
    )


def draw_counts(
    store: FeatureStore,
    version: int,
    day: dt.date,
    before: GlobalHoldout | None,
    after: GlobalHoldout,
) -> tuple[int, Moves]:
    """Of the customers of `quarter_spend`: how many are in the later draw, and how they moved.

    Kept once worked out, as it takes a hash of every id.
    """

    def build() -> pl.LazyFrame:
        ids = quarter_spend(store, version, day)["customer_id"]
        moves = rotation_moves(ids, before, after)
        return pl.LazyFrame({"out": [moves.out], "into": [moves.into], "stay": [moves.stay]})

    draws = [f"{one.salt}:{one.share}" for one in (before, after) if one is not None]
    key = hashlib.sha256("|".join([str(len(draws)), *draws]).encode()).hexdigest()[:16]
    name = f"holdoutdraw-{store.version_key(version)}-{day.isoformat()}-{key}"
    out, into, stay = store.kept(name, build).collect().row(0)
    return into + stay, Moves(out=out, into=into, stay=stay)


def rotation_moves(
    customers: pl.Series, before: GlobalHoldout | None, after: GlobalHoldout
) -> Moves:
    """Of these ids: who came out, who went in, who is in both."""
    now = in_holdout(customers, salt=after.salt, share=after.share)
    if before is None:
        return Moves(out=0, into=int(now.sum()), stay=0)
    then = in_holdout(customers, salt=before.salt, share=before.share)
    return Moves(
        out=int((then & ~now).sum()),
        into=int((now & ~then).sum()),
        stay=int((then & now).sum()),
    )
