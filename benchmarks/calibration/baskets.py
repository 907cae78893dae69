"""Part b: average order value, a ratio of two sums that both vary."""

from collections.abc import Iterator

import numpy as np
from benchmarks.calibration import peers
from benchmarks.calibration.draws import blocks
from benchmarks.calibration.scoring import (
    CONFIDENCE,
    NOT_JUDGED,
    USUAL,
    Bound,
    Cell,
    Floats,
    Row,
    score,
)
from benchmarks.calibration.tables import INTERVAL, Column, Table

from regulars_experiments.effects import ratio_difference, ratio_summary
from regulars_experiments.moments import Shape, Summary
from regulars_experiments.money_interval import Arms
from regulars_experiments.ratio_interval import as_ratio, build_ratio_limits, calibrated_ratio

TITLE = "Average order value"
GROUP = "average order value"
_FEW_BUYERS = Bound(most=0.985, refused=1.0)  # a wide interval may cover more; refused below 30
_MORE_ORDERS = 0.4  # mean of the further orders of a buyer


def cells(*, full: bool) -> Iterator[Cell]:
    """60% to 98% of customers without an order; and a small holdout with few buyers."""
    for expected in (35, 50, 150) if full else (50,):
        for log_sd in (0.7, 1.0, 1.4) if full else (1.0,):
            for holdout in (0.02, 0.1, 0.3) if full else (0.1,):
                customers = round(expected / 0.05 / holdout)
                yield Cell(
                    part="baskets",
                    name=_scenario(customers, 0.05, log_sd, holdout),
                    work=measure,
                    arguments={
                        "customers": customers,
                        "buyers": 0.05,
                        "log_sd": log_sd,
                        "holdout": holdout,
                    },
                    weight=customers * 0.05 / 1e3,
                )
    for buyers in (0.02, 0.05, 0.4) if full else (0.05,):
        for log_sd in (0.7, 1.0, 1.4) if full else (1.0,):
            for holdout in (0.1, 0.5) if full else (0.1,):
                yield Cell(
                    part="baskets",
                    name=_scenario(50_000, buyers, log_sd, holdout),
                    work=measure,
                    arguments={"buyers": buyers, "log_sd": log_sd, "holdout": holdout},
                    weight=50_000 * buyers / 1e3,
                )


def measure(
    rng: np.random.Generator,
    repetitions: int,
    *,
    customers: int = 50_000,
    buyers: float,
    log_sd: float,
    holdout: float,
) -> Iterator[Row]:
    """Amounts of the treated are a tenth larger."""
    n, truth = customers, 0.1
    held = round(n * holdout)
    control, shape_c = _ratio(rng, repetitions, held, buyers, 40.0, log_sd)
    arm, shape_t = _ratio(rng, repetitions, n - held, buyers, 40.0 * (1 + truth), log_sd)
    mean = 40.0 * float(np.exp(log_sd**2 / 2))
    fitted = build_ratio_limits(
        Arms(
            control=as_ratio(control),
            arm=as_ratio(arm),
            control_shape=shape_c,
            arm_shape=shape_t,
        )
    )
    ours = calibrated_ratio(fitted, CONFIDENCE)
    plain = ratio_difference(control, arm, CONFIDENCE)
    width = ours.high - ours.low
    expected = min(held, n - held) * buyers
    bound = USUAL if expected > 200 else _FEW_BUYERS
    methods = {
        "Regulars": ((ours.low, ours.high), truth * mean, width),
        "delta method": ((plain.low, plain.high), truth * mean, width),
        "relative, delta method": (peers.delta_lift(control, arm, CONFIDENCE), truth, width / mean),
        "log ratio": (peers.log_ratio_lift(control, arm, CONFIDENCE), truth, width / mean),
        "Fieller": (peers.fieller_lift(control, arm, CONFIDENCE), truth, width / mean),
    }
    for name, (limits, true, against) in methods.items():
        found = score(*limits, true, width_of=against)
        product = name == "Regulars"
        yield Row(
            group=GROUP,
            scenario=_scenario(customers, buyers, log_sd, holdout),
            method=name,
            figures={"expected": expected, **found.figures()},
            verdict=bound.verdict(found) if product else NOT_JUDGED,
            bound=bound.words,
            ours=product,
        )


def _ratio(
    rng: np.random.Generator,
    repetitions: int,
    n: int,
    buyers: float,
    basket: float,
    log_sd: float,
) -> tuple[Summary, Shape]:
    counts = rng.binomial(n, buyers, repetitions)
    # money, orders, their squares and product, per repetition
    sums, logs = np.zeros((5, repetitions)), np.zeros((4, repetitions))
    for size, starts, where in blocks(counts):
        orders, money = _orders(rng, size, basket, log_sd)
        for row, values in enumerate((money, orders, money**2, orders**2, money * orders)):
            sums[row, where] += np.add.reduceat(values, starts)
        log = np.log(money)
        for power in range(4):
            logs[power, where] += np.add.reduceat(log ** (power + 1), starts)
    money, orders, money2, orders2, both = sums

    def summary(first: Floats, second: Floats) -> Summary:
        return Summary(
            n=np.full(repetitions, float(n)),
            mean=first / n,
            variance=(second - first**2 / n) / (n - 1),
            mean_square=second / n,
        )

    covariance = (both - money * orders / n) / (n - 1)
    bought = counts.astype(np.float64)
    return (
        ratio_summary(summary(money, money2), summary(orders, orders2), covariance),
        Shape(buyers=bought, positive=bought, logs=tuple(logs)),
    )


def _scenario(customers: int, buyers: float, log_sd: float, holdout: float) -> str:
    return f"{customers:,}, {buyers:.0%} buy, sd {log_sd}, {holdout:.0%} held out"


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
            "the product's own interval."
        ),
        columns=(Column(key="expected", heading="buyers expected", style="count"), *INTERVAL),
    ),
)
