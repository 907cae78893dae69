"""Part a: the money interval, without effect and where a campaign changes something."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from benchmarks.calibration import peers, product
from benchmarks.calibration.draws import Totals, add_up_lognormal
from benchmarks.calibration.scoring import (
    CHANGED,
    CONFIDENCE,
    FAILS,
    NOT_JUDGED,
    OK,
    USUAL,
    Cell,
    Row,
    Score,
    monte_carlo,
    must_decline,
    score,
)
from benchmarks.calibration.shops import Campaign, as_arms, campaign, draw_group
from benchmarks.calibration.tables import INTERVAL, Column, Table

from regulars_experiments.money_interval import (
    FLAGGED_SHAPE_Z,
    LEAST_EXPECTED_BUYERS,
    Arms,
    build_limits,
)

TITLE = "Money per customer"
BUYERS = (0.005, 0.02, 0.05, 0.2)
LOG_SDS = (0.7, 1.0, 1.4)
HOLDOUTS = (0.02, 0.05, 0.1, 0.2, 0.5)
SIZES = (1_000, 10_000, 100_000, 1_000_000)
SHARED = Path(__file__).parents[3] / "shared" / "data"
BORDER = 20.0
"""Expected buyers up to which hardly any repetition may be answered; 30 are needed."""
NO_EFFECT, EFFECT = "no effect", "with an effect"

# disjoint groups whose first one, two, ... make up the holdouts: one draw serves all five
_PIECES = (0.02, 0.03, 0.05, 0.1, 0.3, 0.5)


def cells(*, full: bool) -> Iterator[Cell]:
    """The grid without effect, then each thing that a campaign may change."""
    for n in SIZES if full else (10_000, 100_000):
        for buyers in BUYERS:
            yield Cell(
                part="money",
                name=f"grid n={n} buyers={buyers}",
                work=grid,
                arguments={"n": n, "buyers": buyers},
                weight=n * buyers / 1e4,
            )
    for shop in changes(full=full):
        yield Cell(
            part="money",
            name=shop.name,
            work=measure,
            arguments={"shop": shop},
            weight=(shop.control.n + shop.arm.n) * shop.control.buyers / 1e4,
        )


def changes(*, full: bool) -> Iterator[Campaign]:
    """What a campaign may do to buyers, baskets and their spread; returns; real amounts."""
    what: dict[str, dict[str, Any]] = {
        "buyers x0.7": {"more_buyers": 0.7},
        "buyers x1.5": {"more_buyers": 1.5},
        "baskets x0.8": {"larger_baskets": 0.8},
        "baskets x1.2": {"larger_baskets": 1.2},
        "spread -0.2": {"wider": -0.2},
        "spread +0.2": {"wider": 0.2},
        "3% returns": {"returns": 0.03},
        "15% returns": {"returns": 0.15},
    }
    # 90 buyers in a holdout of 10%, then 600; 60 in one of 2%; equal groups
    plans = ((30_000, 0.1), (200_000, 0.1), (100_000, 0.02), (30_000, 0.5))
    for n, holdout in plans if full else plans[:1]:
        for log_sd in (1.0, 1.4) if full else (1.4,):
            for name, change in what.items():
                label = f"{name}; {n:,}, {holdout:.0%} held out, sd {log_sd}"
                yield campaign(label, n=n, holdout=holdout, buyers=0.03, log_sd=log_sd, **change)
    yield from real_amounts(full=full)


def real_amounts(*, full: bool) -> Iterator[Campaign]:
    """Amounts of real orders, where the data folder stands beside the checkout."""
    for name, pool in (("Hillstrom", _hillstrom()), ("Online Retail", _online_retail())):
        if not pool:
            continue
        for holdout in (0.05, 0.1, 0.2) if full else (0.1,):
            for more in (1.0, 1.5) if full else (1.0,):
                what = "" if more == 1.0 else f", buyers x{more}"
                label = f"amounts of {name}{what}; 30,000, {holdout:.0%} held out"
                yield campaign(
                    label, n=30_000, holdout=holdout, buyers=0.03, pool=pool, more_buyers=more
                )


def _hillstrom() -> tuple[float, ...]:
    path = SHARED / "hillstrom.csv"
    if not path.is_file():
        return ()
    amounts = pl.read_csv(path, columns=["spend"], infer_schema=False)["spend"].cast(pl.Float64)
    return tuple(amounts.filter(amounts > 0).to_list())


def _online_retail() -> tuple[float, ...]:
    path = SHARED / "online_retail_2009_2010.csv.gz"
    if not path.is_file():
        return ()
    lines = pl.scan_csv(path, infer_schema=False).filter(pl.col("Customer ID") != "")
    money = pl.col("Quantity").cast(pl.Float64) * pl.col("Price").cast(pl.Float64)
    totals = lines.group_by("Invoice").agg(money.sum().alias("total")).collect()["total"]
    return tuple(totals.filter(totals > 0).sort().to_list())


def grid(rng: np.random.Generator, repetitions: int, *, n: int, buyers: float) -> Iterator[Row]:
    """Nobody is affected: all spreads and holdouts at this size and share of buyers."""
    drawn = []
    for share in _PIECES:
        size = round(n * share)
        counts = rng.binomial(size, buyers, repetitions)
        drawn.append(add_up_lognormal(size, counts, 40.0, LOG_SDS, rng))
    for place, log_sd in enumerate(LOG_SDS):
        pieces = [totals[place] for totals in drawn]
        for cut, holdout in enumerate(HOLDOUTS, start=1):
            shop = campaign(
                f"{n:,}, {buyers:.1%} buy, sd {log_sd}, {holdout:.0%} held out",
                n=n,
                holdout=holdout,
                buyers=buyers,
                log_sd=log_sd,
            )
            yield from rows(shop, as_arms(_sum(pieces[:cut]), _sum(pieces[cut:])), group=NO_EFFECT)


def _sum(pieces: list[Totals]) -> Totals:
    total = pieces[0]
    for piece in pieces[1:]:
        total = total + piece
    return total


def measure(rng: np.random.Generator, repetitions: int, *, shop: Campaign) -> Iterator[Row]:
    """One campaign."""
    arms = as_arms(
        draw_group(shop.control, repetitions, rng), draw_group(shop.arm, repetitions, rng)
    )
    yield from rows(shop, arms, group=EFFECT)


def rows(shop: Campaign, arms: Arms, *, group: str) -> Iterator[Row]:
    """The product's interval and its peers' on the same repetitions."""
    limits = build_limits(arms)
    answer = product.difference(limits)
    low, high = answer.low, answer.high
    expected = shop.expected_buyers()
    plain = peers.welch_interval(arms.control, arms.arm, CONFIDENCE)
    width = plain[1] - plain[0]
    truth, lift = shop.truth(), shop.true_lift()
    ours = score(low, high, truth, width_of=width)
    usual = score(*plain, truth, width_of=width)
    noticed = np.abs(np.nan_to_num(limits.shape_z)) > FLAGGED_SHAPE_Z
    common = {"expected": expected, "effect": truth}
    yield Row(
        group=group,
        scenario=shop.name,
        method="Regulars",
        figures={
            **common,
            **ours.figures(),
            "flag": float(noticed.mean()),
            "welch": usual.covered,
            "welch_above": usual.above,
        },
        verdict=verdict(shop, expected, ours, usual),
        bound=bound(shop, expected),
        ours=True,
    )
    scale = shop.control.mean()
    yield Row(
        group=group, scenario=shop.name, method="Welch", figures={**common, **usual.figures()}
    )
    relative = score(*product.lift(limits, answer), lift, width_of=width / scale)
    yield Row(
        group=group,
        scenario=shop.name,
        method="Regulars, relative",
        figures={**common, **relative.figures()},
        verdict=verdict(shop, expected, relative, usual),
        bound=bound(shop, expected),
    )
    for name, interval in (
        ("relative, delta method", peers.delta_lift),
        ("log ratio", peers.log_ratio_lift),
        ("Fieller, own variance", peers.fieller_lift),
    ):
        found = score(*interval(arms.control, arms.arm, CONFIDENCE), lift, width_of=width / scale)
        yield Row(
            group=group, scenario=shop.name, method=name, figures={**common, **found.figures()}
        )


def verdict(shop: Campaign, expected: float, ours: Score, usual: Score) -> str:
    """Judged by the bounds of the design."""
    if expected < LEAST_EXPECTED_BUYERS:
        return must_decline(ours) if expected <= BORDER else NOT_JUDGED
    if not shop.shape_changes:
        return USUAL.verdict(ours)
    if expected < 100:
        return CHANGED.verdict(ours)
    # the arm's own variance from here on: no worse than Welch
    slack = monte_carlo(ours.covered, ours.judged)
    no_worse = ours.covered >= min(usual.covered, USUAL.least) - slack
    return OK if no_worse and CHANGED.verdict(ours) == OK else FAILS


def bound(shop: Campaign, expected: float) -> str:
    """In words."""
    if expected < LEAST_EXPECTED_BUYERS:
        return "no answer" if expected <= BORDER else "on the border"
    if not shop.shape_changes:
        return USUAL.words
    return CHANGED.words if expected < 100 else "no worse than Welch"


SUMMARY = "summary"
_EXPECTED = Column(key="expected", heading="buyers expected", style="count")
_FLAG = Column(key="flag", heading="spread flagged")
_WELCH = (
    Column(key="welch", heading="Welch holds it"),
    Column(key="welch_above", heading="Welch too high"),
)

TABLES = (
    Table(
        group=SUMMARY,
        title="No effect: every method by the share held out",
        words=(
            "Over all scenarios without effect in which 30 or more buyers are expected in the "
            "smaller group: the share of intervals that hold the truth (lowest, middle and highest "
            "scenario), the worst misses on each side, and the middle width against Welch's."
        ),
        columns=(
            Column(key="scenarios", heading="scenarios", style="count"),
            Column(key="least", heading="holds the truth, least"),
            Column(key="middle", heading="middle"),
            Column(key="most", heading="most"),
            Column(key="above", heading="too high, worst"),
            Column(key="below", heading="too low, worst"),
            Column(key="width", heading="width", style="ratio"),
        ),
    ),
    Table(
        group=EFFECT,
        title="What a campaign may change, returns, and real amounts",
        words=(
            "Buyers, baskets (amounts) and their spread as the campaign changes them, among 3% who "
            "buy. 3% and 15% returns: that share of buyers sends goods of an earlier order back."
        ),
        columns=(_EXPECTED, *INTERVAL, _FLAG, *_WELCH),
        only_ours=True,
    ),
    Table(
        group=NO_EFFECT,
        title="No effect: each scenario",
        words="Every proof here is false. Declined: too few buyers, so no number is given.",
        columns=(
            _EXPECTED,
            *INTERVAL[:5],
            _FLAG,
            *_WELCH,
        ),
        only_ours=True,
    ),
)


def summaries(rows: Sequence[Row]) -> list[Row]:
    """One row per share held out and method, over the answered scenarios without effect."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.group == NO_EFFECT and row.figures["expected"] >= LEAST_EXPECTED_BUYERS:
            held = row.scenario.rsplit(", ", 1)[1]
            found.setdefault((held, row.method), []).append(row)
    return [
        Row(
            group=SUMMARY,
            scenario=held,
            method=method,
            figures=_over(members),
            ours=members[0].ours,
        )
        for (held, method), members in sorted(found.items(), key=_by_holdout)
    ]


def _by_holdout(item: tuple[tuple[str, str], list[Row]]) -> int:
    return int(item[0][0].split("%")[0])


def _over(rows: Sequence[Row]) -> dict[str, float]:
    covered = [row.figures["covered"] for row in rows]
    return {
        "scenarios": len(rows),
        "least": min(covered),
        "middle": float(np.median(covered)),
        "most": max(covered),
        "above": max(row.figures["above"] for row in rows),
        "below": max(row.figures["below"] for row in rows),
        "width": float(np.median([row.figures["width"] for row in rows])),
    }
