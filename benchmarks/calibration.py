"""Do the intervals mean what they say? Simulated shops with known truth, a table per scenario.

    python benchmarks/calibration.py [--reps 4000] [--seed 20261121] [--short] [--markdown]

Beside Welch's interval stands the product's calibrated money interval, computed by the product's
own functions. Nominal 95%. "above": the whole interval lies above the truth (the campaign looks
better than it is: with no effect, a false proof); "below": the whole interval lies below it. 2.5%
each is right. Repetitions in which the product declines to answer are counted, and judged by
neither method.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from simulated_shops import Campaign, campaign, draw

from regulars_experiments.effects import welch
from regulars_experiments.money_interval import FLAGGED_SHAPE_Z, build_limits, money_difference
from regulars_experiments.results import Intervals

CONFIDENCE = 0.95
BUYERS_AT_ONCE = 4_000_000
SHARED = Path(__file__).parents[2] / "shared" / "data"


@dataclass(frozen=True, kw_only=True)
class Misses:
    """Shares of the answered repetitions, 0 to 1."""

    above: float
    below: float

    @property
    def covered(self) -> float:
        """Share in which the interval holds the truth."""
        return 1 - self.above - self.below


@dataclass(frozen=True, kw_only=True)
class Row:
    """One scenario. width: median of calibrated over Welch's. proved: share called better."""

    shop: Campaign
    repetitions: int
    answered: float
    welch: Misses
    calibrated: Misses
    width: float
    flagged: float
    proved: float

    def verdict(self) -> str:
        """Judged with three Monte Carlo errors of slack, by the bounds of the design."""
        few = self.shop.expected_buyers() < 30
        if few:
            return "declined" if self.answered < 0.001 else "answered too few"
        n = max(self.repetitions * self.answered, 1)
        covered = self.calibrated.covered
        slack = 3 * np.sqrt(covered * (1 - covered) / n)
        if self.shop.shape_changes:
            return "ok" if covered >= 0.88 - slack else "FAILS"
        side = max(self.calibrated.above, self.calibrated.below)
        side_slack = 3 * np.sqrt(side * (1 - side) / n)
        fits = 0.935 - slack <= covered <= 0.965 + slack and side <= 0.04 + side_slack
        return "ok" if fits else "FAILS"


def scenarios(*, short: bool) -> Iterator[Campaign]:
    """The battery: ordinary cases first, then each thing that may go wrong."""
    for log_sd in (1.0, 1.4):
        yield campaign(f"2% buy, sd {log_sd}", n=20_000, holdout=0.1, buyers=0.02, log_sd=log_sd)
        yield campaign(f"5% buy, sd {log_sd}", n=50_000, holdout=0.1, buyers=0.05, log_sd=log_sd)
    hard = {"n": 30_000, "holdout": 0.1, "buyers": 0.03, "log_sd": 1.4}
    yield campaign("buyers x1.5", **hard, more_buyers=1.5)
    yield campaign("baskets x0.8", **hard, larger_baskets=0.8)
    yield campaign("spread narrower by 0.2", **hard, wider=-0.2)
    yield campaign("too few to tell", n=5_000, holdout=0.1, buyers=0.02, log_sd=1.4)
    if short:
        return
    yield campaign("sd 0.7", n=20_000, holdout=0.1, buyers=0.02, log_sd=0.7)
    yield campaign("0.5% buy", n=100_000, holdout=0.1, buyers=0.005, log_sd=1.4)
    yield campaign("20% buy", n=10_000, holdout=0.1, buyers=0.2, log_sd=1.4)
    for holdout in (0.02, 0.05, 0.2, 0.3, 0.4, 0.5):
        yield campaign(
            f"{holdout:.0%} held out", n=100_000, holdout=holdout, buyers=0.02, log_sd=1.4
        )
    yield campaign("200,000 customers", n=200_000, holdout=0.1, buyers=0.02, log_sd=1.4)
    yield campaign("1,000,000 customers", n=1_000_000, holdout=0.1, buyers=0.02, log_sd=1.0)
    yield campaign("buyers x0.7", **hard, more_buyers=0.7)
    yield campaign("baskets x1.2", **hard, larger_baskets=1.2)
    yield campaign("spread wider by 0.2", **hard, wider=0.2)
    many = {**hard, "n": 200_000}
    yield campaign("narrower by 0.2, 600 buyers", **many, wider=-0.2)
    yield campaign("wider by 0.2, 600 buyers", **many, wider=0.2)
    yield campaign("3% returns below zero", **hard, returns=0.03)
    yield from _real()


def _real() -> Iterator[Campaign]:
    """Amounts of real orders, where the data folder stands beside the checkout."""
    spend = SHARED / "hillstrom.csv"
    if spend.is_file():
        amounts = pl.read_csv(spend, columns=["spend"], infer_schema=False)["spend"].cast(
            pl.Float64
        )
        pool = tuple(amounts.filter(amounts > 0).to_list())
        yield campaign("real amounts: Hillstrom", n=30_000, holdout=0.1, buyers=0.02, pool=pool)
    orders = SHARED / "online_retail_2009_2010.csv.gz"
    if orders.is_file():
        lines = pl.scan_csv(orders, infer_schema=False).filter(pl.col("Customer ID") != "")
        money = pl.col("Quantity").cast(pl.Float64) * pl.col("Price").cast(pl.Float64)
        totals = lines.group_by("Invoice").agg(money.sum().alias("total")).collect()["total"]
        pool = tuple(totals.filter(totals > 0).sort().to_list())
        yield campaign("real amounts: Online Retail", n=30_000, holdout=0.1, buyers=0.03, pool=pool)


def measure(shop: Campaign, repetitions: int, rng: np.random.Generator) -> Row:
    """Draw in portions that fit into memory and count the misses."""
    per_draw = shop.control.n * shop.control.buyers + shop.arm.n * shop.arm.buyers
    portion = max(1, min(repetitions, int(BUYERS_AT_ONCE / per_draw)))
    parts = [
        _answers(shop, min(portion, repetitions - done), rng)
        for done in range(0, repetitions, portion)
    ]
    low, high, welch_low, welch_high, shape_z = np.concatenate(parts, axis=1)
    known = ~np.isnan(low)
    truth, nan = shop.truth(), float("nan")
    with np.errstate(invalid="ignore", divide="ignore"):
        width = (high - low)[known] / (welch_high - welch_low)[known]

    def misses(below: np.ndarray, above: np.ndarray) -> Misses:
        if not known.any():
            return Misses(above=nan, below=nan)
        return Misses(
            above=float((below[known] > truth).mean()), below=float((above[known] < truth).mean())
        )

    return Row(
        shop=shop,
        repetitions=repetitions,
        answered=float(known.mean()),
        welch=misses(welch_low, welch_high),
        calibrated=misses(low, high),
        width=float(np.median(width)) if known.any() else nan,
        flagged=float((np.abs(np.nan_to_num(shape_z)) > FLAGGED_SHAPE_Z).mean()),
        proved=float((low[known] > 0).mean()) if known.any() else nan,
    )


def _answers(shop: Campaign, repetitions: int, rng: np.random.Generator) -> np.ndarray:
    """(5, repetitions): limits of the product, of Welch, and the z of the change of shape."""
    arms = draw(shop, repetitions, rng)
    limits = build_limits(arms)
    product: Intervals = money_difference(limits, CONFIDENCE)
    plain = welch(arms.control, arms.arm, CONFIDENCE)
    return np.stack([product.low, product.high, plain.low, plain.high, limits.shape_z])


HEADINGS = (
    "scenario", "held out", "buyers", "answered", "Welch", "above", "below",
    "product", "above", "below", "width", "flag", "proved", "",
)  # fmt: skip


def cells(row: Row) -> tuple[str, ...]:
    """The row as text; percentages, and the ratio of widths."""

    def percent(share: float) -> str:
        return "-" if np.isnan(share) else f"{100 * share:.1f}"

    return (
        row.shop.name,
        f"{row.shop.control.n:,}",
        f"{row.shop.expected_buyers():.0f}",
        percent(row.answered),
        *(percent(value) for value in (row.welch.covered, row.welch.above, row.welch.below)),
        *(
            percent(value)
            for value in (row.calibrated.covered, row.calibrated.above, row.calibrated.below)
        ),
        "-" if np.isnan(row.width) else f"{row.width:.2f}",
        percent(row.flagged),
        percent(row.proved),
        row.verdict(),
    )


def line(texts: tuple[str, ...], *, markdown: bool) -> str:
    """One line of the table."""
    if markdown:
        return "| " + " | ".join(texts) + " |"
    return f"{texts[0]:<28}" + "".join(f"{text:>9}" for text in texts[1:-1]) + f"  {texts[-1]}"


def main() -> int:
    """Print the table; exit code 1 if a scenario fails its bounds."""
    parser = argparse.ArgumentParser(description="Coverage of the money interval.")
    parser.add_argument("--reps", type=int, default=4_000, help="repetitions per scenario")
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--short", action="store_true", help="only the first eight scenarios")
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    options = parser.parse_args()
    print(line(HEADINGS, markdown=options.markdown))
    if options.markdown:
        print("| --- |" + " ---: |" * (len(HEADINGS) - 2) + " --- |")
    failed = 0
    for number, shop in enumerate(scenarios(short=options.short)):
        # each scenario has its own stream, so that leaving one out does not change the others
        row = measure(shop, options.reps, np.random.default_rng([options.seed, number]))
        print(line(cells(row), markdown=options.markdown), flush=True)
        failed += row.verdict() not in ("ok", "declined")
    print(f"\n{options.reps:,} repetitions each, seed {options.seed}; {failed} out of bounds.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
