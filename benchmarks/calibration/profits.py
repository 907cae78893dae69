"""Part b: net profit, return on cost, and how much of an effect is kept."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import cast

import numpy as np
from benchmarks.calibration import peers
from benchmarks.calibration.columns import Drawer, Pair, Sums, draw_columns
from benchmarks.calibration.draws import Floats
from benchmarks.calibration.scoring import (
    CONFIDENCE,
    NOT_JUDGED,
    USUAL,
    Bound,
    Cell,
    Row,
    Score,
    score,
)
from benchmarks.calibration.tables import INTERVAL, Column, Table
from scipy import special

from regulars_experiments.comparison import Comparison
from regulars_experiments.profit import ProfitColumns, waterfall
from regulars_experiments.profit_ratios import margin_per_cost
from regulars_experiments.ratios import Extent, RatioSets, kept_share, return_on_cost

TITLE = "Net profit, return on cost, effect kept"
NET, RETURN, KEPT = "net profit", "return on cost", "kept"
MARGIN, CONTACT = Fraction(2, 5), 0.05
COLUMNS = ProfitColumns(
    goods="kept", returned="returned", kept="kept", offer_cost="offer", contact_cost="contact"
)
RETURN_BOUND = Bound(refused=1.0)
FIELLER = Bound(least=0.93, most=0.97, side=0.05, refused=1.0)
"""A Fieller set rests on each group's own variance; what it refuses is printed."""


def cells(*, full: bool) -> Iterator[Cell]:
    """A coupon that costs a share of each redeeming basket, by what it brings."""
    shops = (
        (30_000, 0.1, 1.4),
        (30_000, 0.1, 1.0),
        (200_000, 0.1, 1.4),
        (200_000, 0.02, 1.0),
        (30_000, 0.5, 1.4),
    )
    for n, holdout, log_sd in shops if full else shops[:1]:
        for more, coupon in ((1.0, 0.1), (1.5, 0.1), (1.2, 0.3)) if full else ((1.2, 0.1),):
            what = f"coupon of {coupon:.0%}, buyers x{more}; "
            yield Cell(
                part="profits",
                name=f"{what}{n:,}, {holdout:.0%} held out, sd {log_sd}",
                work=measure_net,
                arguments={
                    "n": n, "holdout": holdout, "log_sd": log_sd, "more": more, "coupon": coupon,
                },
                weight=n * 0.03 / 1e3,
            )  # fmt: skip
    for n in (100_000, 400_000) if full else (100_000,):
        for kept in (0.0, 0.5, 1.0, 1.5) if full else (0.5,):
            yield Cell(
                part="profits",
                name=f"{kept:.0%} of the effect kept; {n:,}, 20% held out",
                work=measure_kept,
                arguments={"n": n, "kept": kept},
                weight=n * 0.05 / 1e3,
            )


def _with_coupon(log_sd: float, coupon: float) -> Drawer:
    """Six in ten buyers redeem; the coupon takes a share of the basket, at most 20."""

    def draw(size: int, rng: np.random.Generator) -> Mapping[str, Floats]:
        kept = 40.0 * np.exp(log_sd * rng.standard_normal(size))
        redeems = rng.random(size) < 0.6
        return {"kept": kept, "offer": np.where(redeems, np.minimum(coupon * kept, 20.0), 0.0)}

    return draw


def _coupon_cost(log_sd: float, coupon: float) -> float:
    """E[min(coupon a, 20)] x 0.6, by the partial expectation of a lognormal."""
    cut = np.log(20.0 / coupon / 40.0) / log_sd
    below = 40.0 * np.exp(log_sd**2 / 2) * special.ndtr(cut - log_sd)
    return 0.6 * float(coupon * below + 20.0 * special.ndtr(-cut))


def measure_net(
    rng: np.random.Generator,
    repetitions: int,
    *,
    n: int,
    holdout: float,
    log_sd: float,
    more: float,
    coupon: float,
) -> Iterator[Row]:
    """Net = margin on what is kept - coupon - contact, all per assigned customer."""
    held, share = round(n * holdout), 0.03
    pair = Pair(
        _group(rng, repetitions, held, share, _with_coupon(log_sd, 0.0), contact=0.0),
        _group(rng, repetitions, n - held, share * more, _with_coupon(log_sd, coupon), CONTACT),
    )
    spend = share * 40.0 * float(np.exp(log_sd**2 / 2))
    margin = float(MARGIN) * spend * (more - 1)
    cost = share * more * _coupon_cost(log_sd, coupon) + CONTACT
    name = f"coupon of {coupon:.0%}, buyers x{more}; {n:,}, {holdout:.0%} held out, sd {log_sd}"
    expected = min(held, n - held) * share
    comparison = cast(Comparison, pair)
    found = waterfall(
        comparison, COLUMNS, margin_low=MARGIN, margin_high=MARGIN, confidence=CONFIDENCE
    )
    net = found.net
    value: dict[str, Fraction | int] = {"kept": MARGIN, "offer": -1, "contact": -1}
    plain = peers.welch_interval(*pair.summaries(value), CONFIDENCE)
    width = plain[1] - plain[0]
    for method, limits in (("Regulars", (net.low, net.high)), ("Welch", plain)):
        result = score(*limits, margin - cost, width_of=width)
        ours = method == "Regulars"
        yield Row(
            group=NET,
            scenario=name,
            method=method,
            figures={"expected": expected, "truth": margin - cost, **result.figures()},
            verdict=USUAL.verdict(result) if ours else NOT_JUDGED,
            bound=USUAL.words,
            ours=ours,
        )
    ratio = margin_per_cost(
        found, comparison, COLUMNS, margin_low=MARGIN, margin_high=MARGIN, confidence=CONFIDENCE
    )
    sides = pair.summaries({"kept": MARGIN}), pair.summaries({"offer": 1, "contact": 1})
    together = pair.covariances({"kept": MARGIN}, {"offer": 1, "contact": 1})
    own = return_on_cost(*sides, together, confidence=CONFIDENCE)
    for method, limits in (
        ("Regulars", (ratio.low, ratio.high)),
        ("Fieller, own variance", (own.low, own.high)),
    ):
        result = score(*limits, margin / cost, width_of=own.high - own.low)
        ours = method == "Regulars"
        yield Row(
            group=RETURN,
            scenario=name,
            method=method,
            figures={"expected": expected, "truth": margin / cost, **result.figures()},
            verdict=RETURN_BOUND.verdict(result) if ours else NOT_JUDGED,
            bound=RETURN_BOUND.words,
            ours=ours,
        )


def _group(
    rng: np.random.Generator,
    repetitions: int,
    n: int,
    share: float,
    drawer: Drawer,
    contact: float,
) -> Sums:
    return draw_columns(
        n,
        rng.binomial(n, share, repetitions),
        drawer,
        rng,
        shaped="kept",
        constants={"contact": contact, "returned": 0.0},
    )


def measure_kept(
    rng: np.random.Generator, repetitions: int, *, n: int, kept: float
) -> Iterator[Row]:
    """Spend of 14 days and of 60 of the same customers; of the early effect a share is left."""
    held, rate = n // 5, 0.05
    more = 0.3  # further early buyers; later sales change so that `kept` of the effect is left

    def drawer(early: float, late: float) -> Drawer:
        # every row buys early with chance early / (early + late), else (or also) later
        def draw(size: int, rng: np.random.Generator) -> Mapping[str, Floats]:
            first = np.where(
                rng.random(size) < early / (early + late),
                40.0 * np.exp(rng.standard_normal(size)),
                0.0,
            )
            again = (first == 0) | (rng.random(size) < 0.2)
            second = np.where(again, 40.0 * np.exp(rng.standard_normal(size)), 0.0)
            return {"early": first, "both": first + second}

        return draw

    late = 0.08
    lost = rate * more * (1 - kept)  # later purchases that were pulled forward or added

    def sums(size: int, early: float, later: float) -> Sums:
        counts = rng.binomial(size, early + later, repetitions)
        return draw_columns(size, counts, drawer(early, later), rng, shaped="both")

    # early buyers buy again with chance 0.2, so that their number moves the later sales too
    early_more = rate * (1 + more)
    later_more = late - lost - 0.2 * rate * more
    pair = Pair(sums(held, rate, late), sums(n - held, early_more, later_more))
    early_c, early_t = pair.summaries({"early": 1})
    both_c, both_t = pair.summaries({"both": 1})
    within = pair.covariances({"early": 1}, {"both": 1})
    sets = kept_share(
        both_t.mean - both_c.mean,
        early_t.mean - early_c.mean,
        late_error=np.sqrt(both_c.error2 + both_t.error2),
        early_error=np.sqrt(early_c.error2 + early_t.error2),
        covariance=within[0] / held + within[1] / (n - held),
        confidence=CONFIDENCE,
    )
    yield _kept_row(f"{kept:.0%} of the effect kept; {n:,}, 20% held out", sets, kept)


def _kept_row(name: str, sets: RatioSets, truth: float) -> Row:
    """Bounded sets count as intervals; sets without bounds are counted beside them."""
    answers = sets.undefined == np.array(None)
    bounded = answers & (sets.extent == Extent.BOUNDED)
    outside = answers & (sets.extent == Extent.OUTSIDE)
    everything = answers & (sets.extent == Extent.EVERYTHING)
    holds = (
        (bounded & (sets.low <= truth) & (truth <= sets.high))
        | (outside & ((truth <= sets.low) | (truth >= sets.high)))
        | everything
    )
    n = int(answers.sum())
    low, high = (np.where(bounded, ends, np.nan) for ends in (sets.low, sets.high))
    found = score(low, high, truth)
    covered = float(holds[answers].mean()) if n else float("nan")
    above = float((bounded & (sets.low > truth)).sum() / n) if n else float("nan")
    judged = Score(
        repetitions=len(answers), answered=n / len(answers), covered=covered,
        above=above, below=1 - covered - above if n else float("nan"),
        better=found.better, worse=found.worse, width=float("nan"),
    )  # fmt: skip
    return Row(
        group=KEPT,
        scenario=name,
        method="Regulars",
        figures={**judged.figures(), "bounded": float(bounded.mean()), "truth": truth},
        verdict=FIELLER.verdict(judged),
        bound=FIELLER.words,
        ours=True,
    )


TABLES = (
    Table(
        group=NET,
        title="Net profit per customer",
        words=(
            f"Margin {float(MARGIN):.0%}, contact {CONTACT} each, a coupon that six in ten buyers "
            "redeem (a share of the basket, at most 20). Truth: the true net profit per customer."
        ),
        columns=(
            Column(key="expected", heading="buyers expected", style="count"),
            Column(key="truth", heading="truth", style="number"),
            *INTERVAL,
        ),
    ),
    Table(
        group=RETURN,
        title="Return on cost",
        words=(
            "Margin that the campaign brought over what it cost more. Answered: the extra cost is "
            "clearly above zero; else there is no ratio. Fieller with each group's own variance "
            "misses as Welch does."
        ),
        columns=(
            Column(key="expected", heading="buyers expected", style="count"),
            Column(key="truth", heading="truth", style="ratio"),
            *INTERVAL[:5],
        ),
    ),
    Table(
        group=KEPT,
        title="Share of an early effect that is kept",
        words=(
            "Effect after 60 days over effect after 14. Bounded: in which the set has two ends; a "
            "set without ends that holds the truth counts as holding it."
        ),
        columns=(
            Column(key="truth", heading="truth", style="ratio"),
            Column(key="answered", heading="answered"),
            Column(key="bounded", heading="bounded"),
            Column(key="covered", heading="holds the truth"),
            Column(key="above", heading="too high"),
            Column(key="below", heading="too low"),
        ),
    ),
)
