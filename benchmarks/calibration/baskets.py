"""Part b: average order value, a ratio of two sums that both vary."""

from collections.abc import Iterator

import numpy as np
from benchmarks.calibration import peers
from benchmarks.calibration.draws import blocks
from benchmarks.calibration.scoring import (
    CONFIDENCE,
    NOT_JUDGED,
    USUAL,
    Cell,
    Floats,
    Row,
    score,
)
from benchmarks.calibration.tables import INTERVAL, Column, Table

from regulars_experiments.effects import ratio_difference, ratio_summary
from regulars_experiments.moments import Summary

TITLE = "Average order value"
GROUP = "average order value"
_MORE_ORDERS = 0.4  # mean of the further orders of a buyer


def cells(*, full: bool) -> Iterator[Cell]:
    """60% to 98% of customers without an order."""
    for buyers in (0.02, 0.05, 0.4) if full else (0.05,):
        for log_sd in (0.7, 1.0, 1.4) if full else (1.0,):
            for holdout in (0.1, 0.5) if full else (0.1,):
                yield Cell(
                    part="baskets",
                    name=f"50,000, {buyers:.0%} buy, sd {log_sd}, {holdout:.0%} held out",
                    work=measure,
                    arguments={"buyers": buyers, "log_sd": log_sd, "holdout": holdout},
                    weight=50_000 * buyers / 1e3,
                )


def measure(
    rng: np.random.Generator, repetitions: int, *, buyers: float, log_sd: float, holdout: float
) -> Iterator[Row]:
    """Amounts of the treated are a tenth larger."""
    n, truth = 50_000, 0.1
    held = round(n * holdout)
    control = _ratio(rng, repetitions, held, buyers, 40.0, log_sd)
    arm = _ratio(rng, repetitions, n - held, buyers, 40.0 * (1 + truth), log_sd)
    mean = 40.0 * float(np.exp(log_sd**2 / 2))
    ours = ratio_difference(control, arm, CONFIDENCE)
    width = ours.high - ours.low
    methods = {
        "Regulars": ((ours.low, ours.high), truth * mean, width),
        "relative, delta method": (peers.delta_lift(control, arm, CONFIDENCE), truth, width / mean),
        "log ratio": (peers.log_ratio_lift(control, arm, CONFIDENCE), truth, width / mean),
        "Fieller": (peers.fieller_lift(control, arm, CONFIDENCE), truth, width / mean),
    }
    for name, (limits, true, against) in methods.items():
        found = score(*limits, true, width_of=against)
        product = name == "Regulars"
        yield Row(
            group=GROUP,
            scenario=f"50,000, {buyers:.0%} buy, sd {log_sd}, {holdout:.0%} held out",
            method=name,
            figures={"expected": min(held, n - held) * buyers, **found.figures()},
            verdict=USUAL.verdict(found) if product else NOT_JUDGED,
            bound=USUAL.words,
            ours=product,
        )


def _ratio(
    rng: np.random.Generator,
    repetitions: int,
    n: int,
    buyers: float,
    basket: float,
    log_sd: float,
) -> Summary:
    counts = rng.binomial(n, buyers, repetitions)
    # money, orders, their squares and product, per repetition
    sums = np.zeros((5, repetitions))
    for size, starts, where in blocks(counts):
        orders, money = _orders(rng, size, basket, log_sd)
        for row, values in enumerate((money, orders, money**2, orders**2, money * orders)):
            sums[row, where] += np.add.reduceat(values, starts)
    money, orders, money2, orders2, both = sums

    def summary(first: Floats, second: Floats) -> Summary:
        return Summary(
            n=np.full(repetitions, float(n)),
            mean=first / n,
            variance=(second - first**2 / n) / (n - 1),
            mean_square=second / n,
        )

    covariance = (both - money * orders / n) / (n - 1)
    return ratio_summary(summary(money, money2), summary(orders, orders2), covariance)


def _orders(
    rng: np.random.Generator, size: int, basket: float, log_sd: float
) -> tuple[Floats, Floats]:
    """Orders and money of so many buyers; each order has an amount of its own."""
    orders = 1 + rng.poisson(_MORE_ORDERS, size)
    starts = np.cumsum(orders) - orders
    amounts = basket * np.exp(log_sd * rng.standard_normal(int(orders.sum())))
    money: Floats = np.add.reduceat(amounts, starts) if size else np.zeros(0)
    return orders.astype(np.float64), money


TABLES = (
    Table(
        group=GROUP,
        title="Difference of average order values",
        words=(
            "Orders of those who buy; amounts are a tenth larger among the treated. Width: against "
            "the product's own interval, which is the usual delta method."
        ),
        columns=(Column(key="expected", heading="buyers expected", style="count"), *INTERVAL),
    ),
)
