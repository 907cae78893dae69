"""Part c: somebody looks every day for 30 days and stops at the first proof."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.calibration import peers, product
from benchmarks.calibration.draws import Totals, add_up_lognormal
from benchmarks.calibration.scoring import (
    CONFIDENCE,
    NOT_JUDGED,
    Cell,
    Floats,
    Row,
    at_most,
)
from benchmarks.calibration.shops import as_arms
from benchmarks.calibration.tables import Column, Table
from scipy import special

from regulars_experiments.money_interval import Arms, build_limits
from regulars_experiments.sequential import least_buyers, sequential_limits

TITLE = "Looking every day"
DAYS = 30
MOST_FALSE_ALARMS = 0.055
NO_EFFECT, EFFECT = "no effect", "with an effect"


@dataclass(frozen=True, kw_only=True)
class Programme:
    """n customers by the last day. rolling: they arrive day by day, else all on the first.

    tuned: planned customers over those who come. repeat: share of buyers who buy once more.
    """

    name: str
    n: int
    holdout: float
    buyers: float
    log_sd: float
    rolling: bool = True
    more_buyers: float = 1.0
    tuned: float = 1.0
    repeat: float = 0.3


def programmes(*, full: bool) -> Iterator[Programme]:
    """Mild, heavy and rare shops, without and with an effect."""
    mild: dict[str, Any] = {"buyers": 0.05, "log_sd": 1.0}
    heavy: dict[str, Any] = {"buyers": 0.02, "log_sd": 1.4}
    rare: dict[str, Any] = {"buyers": 0.005, "log_sd": 1.0}
    yield Programme(name="50,000 mild", n=50_000, holdout=0.1, **mild)
    yield Programme(name="50,000 heavy", n=50_000, holdout=0.1, **heavy)
    yield Programme(
        name="one mailing to 50,000, heavy", n=50_000, holdout=0.1, rolling=False, **heavy
    )
    yield Programme(name="50,000 mild, buyers x1.3", n=50_000, holdout=0.1, more_buyers=1.3, **mild)
    if not full:
        return
    yield Programme(name="500,000 mild", n=500_000, holdout=0.1, **mild)
    yield Programme(name="500,000 heavy", n=500_000, holdout=0.1, **heavy)
    yield Programme(name="200,000 rare", n=200_000, holdout=0.1, **rare)
    yield Programme(name="200,000 heavy, 2% held out", n=200_000, holdout=0.02, **heavy)
    yield Programme(name="50,000 heavy, 50% held out", n=50_000, holdout=0.5, **heavy)
    yield Programme(
        name="50,000 heavy, planned 10x too many", n=50_000, holdout=0.1, tuned=10, **heavy
    )
    yield Programme(
        name="50,000 heavy, planned 10x too few", n=50_000, holdout=0.1, tuned=0.1, **heavy
    )
    yield Programme(
        name="one mailing to 50,000, mild", n=50_000, holdout=0.1, rolling=False, **mild
    )
    yield Programme(
        name="50,000 heavy, buyers x1.3", n=50_000, holdout=0.1, more_buyers=1.3, **heavy
    )
    yield Programme(
        name="500,000 heavy, buyers x1.3", n=500_000, holdout=0.1, more_buyers=1.3, **heavy
    )
    yield Programme(
        name="one mailing to 50,000, mild, buyers x1.3",
        n=50_000, holdout=0.1, rolling=False, more_buyers=1.3, **mild,
    )  # fmt: skip


def cells(*, full: bool) -> Iterator[Cell]:
    """One per programme."""
    for programme in programmes(full=full):
        yield Cell(
            part="peeking",
            name=programme.name,
            work=measure,
            arguments={"programme": programme},
            weight=programme.n * programme.buyers / 1e3,
        )


def measure(rng: np.random.Generator, repetitions: int, *, programme: Programme) -> Iterator[Row]:
    """Any look at which the truth is outside; any look with a proof; how wide at the end."""
    p, held = programme, round(programme.n * programme.holdout)
    draw = _rolling if p.rolling else _mailing
    control = draw(rng, repetitions, held, p.buyers, p)
    arm = draw(rng, repetitions, p.n - held, p.buyers * p.more_buyers, p)
    truth = _truth(p)
    looks: dict[str, list[tuple[Floats, Floats]]] = {}
    for of_control, of_arm in zip(control, arm, strict=True):
        arms = as_arms(of_control, of_arm)
        for name, limits in _methods(arms, p).items():
            looks.setdefault(name, []).append(limits)
    fixed = looks["the same without safety"][-1]
    for name, days in looks.items():
        low, high = (np.stack([pair[side] for pair in days]) for side in (0, 1))
        yield _row(p, name, low, high, truth, fixed[1] - fixed[0])


def _truth(p: Programme) -> float:
    typical = 40.0 * float(np.exp(p.log_sd**2 / 2))
    orders = 1.0 if p.rolling else 1 + p.repeat
    return p.buyers * (p.more_buyers - 1) * typical * orders


def _row(p: Programme, name: str, low: Floats, high: Floats, truth: float, fixed: Floats) -> Row:
    if not p.rolling:
        # a mailing's effect grows from day to day: with an effect only the last day has this truth
        days = np.array([_grown(p, day) for day in range(1, DAYS + 1)])[:, None]
        truth_by_day = truth * days
    else:
        truth_by_day = np.full((DAYS, 1), truth)
    known = ~(np.isnan(low) | np.isnan(high))
    too_high = (known & (low > truth_by_day)).any(axis=0)
    too_low = (known & (high < truth_by_day)).any(axis=0)
    better = known & (low > 0)
    ever = better.any(axis=0)
    day = np.where(ever, better.argmax(axis=0) + 1, np.nan)
    ours = name == "Regulars, peek-safe"
    alarms = float((too_high | too_low).mean())
    with np.errstate(invalid="ignore"):
        width = (high[-1] - low[-1]) / fixed
    last = width[np.isfinite(width)]
    return Row(
        group=NO_EFFECT if truth == 0 else EFFECT,
        scenario=p.name,
        method=name,
        figures={
            "alarms": alarms,
            "above": float(too_high.mean()),
            "below": float(too_low.mean()),
            "better": float(ever.mean()),
            "day": float(np.nanmedian(day)) if ever.any() else float("nan"),
            "width": float(np.median(last)) if len(last) else float("nan"),
            "refused": float(1 - known[-1].mean()),
            "first": float(np.argmax(known.mean(axis=1) > 0.5) + 1),
        },
        verdict=at_most(alarms, MOST_FALSE_ALARMS, low.shape[1]) if ours else NOT_JUDGED,
        bound=f"truth ever outside in at most {MOST_FALSE_ALARMS:.1%}",
        ours=ours,
    )


def _methods(arms: Arms, p: Programme) -> dict[str, tuple[Floats, Floats]]:
    limits = build_limits(arms)
    fixed = product.difference(limits)
    n_c, n_t = arms.control.n, arms.arm.n
    n = n_c + n_t
    expected = np.minimum(n_c, n_t) * (arms.control_shape.buyers + arms.arm_shape.buyers) / n
    planned = np.full(n.shape, p.n * p.tuned)
    safe = sequential_limits(
        limits.of_difference,
        fixed,
        n,
        planned,
        CONFIDENCE,
        expected_buyers=expected,
        least=least_buyers(limits.borrowed, n_c, n_t),
    )
    difference = arms.arm.mean - arms.control.mean
    error = np.sqrt(arms.control.error2 + arms.arm.error2)
    lifts = peers.delta_lift(arms.control, arms.arm, CONFIDENCE)
    # back from the interval to the error that GrowthBook's sequence takes
    q_c, q_t = arms.control.error2, arms.arm.error2
    freedom = (q_c + q_t) ** 2 / (q_c**2 / (n_c - 1) + q_t**2 / (n_t - 1))
    lift = (lifts[0] + lifts[1]) / 2
    lift_error = (lifts[1] - lifts[0]) / 2 / special.stdtrit(freedom, 0.5 + CONFIDENCE / 2)
    return {
        "Regulars, peek-safe": (safe.low, safe.high),
        "the same without safety": (fixed.low, fixed.high),
        "Welch every day": peers.welch_interval(arms.control, arms.arm, CONFIDENCE),
        "sequence, tuned at 5,000": peers.confidence_sequence(difference, error, n, tuned_at=5000),
        "sequence, tuned as planned": peers.confidence_sequence(
            difference, error, n, tuned_at=p.n * p.tuned
        ),
        "relative sequence, tuned at 5,000": _in_money(
            peers.confidence_sequence(lift, lift_error, n, tuned_at=5000), p
        ),
    }


def _in_money(limits: tuple[Floats, Floats], p: Programme) -> tuple[Floats, Floats]:
    """A lift's limits at the control's true mean, to be compared with differences."""
    scale = p.buyers * 40.0 * float(np.exp(p.log_sd**2 / 2)) * (1.0 if p.rolling else 1 + p.repeat)
    return limits[0] * scale, limits[1] * scale


def _rolling(
    rng: np.random.Generator, repetitions: int, n: int, buyers: float, p: Programme
) -> list[Totals]:
    """A thirtieth of the customers arrives each day, and buys then or not."""
    found: list[Totals] = []
    for day in range(DAYS):
        size = round(n * (day + 1) / DAYS) - round(n * day / DAYS)
        counts = rng.binomial(size, buyers, repetitions)
        (today,) = add_up_lognormal(size, counts, 40.0, (p.log_sd,), rng)
        found.append(today if not found else found[-1] + today)
    return found


def _grown(p: Programme, day: int) -> float:
    """Expected share of a mailing's sales that has come in by this day.

    The first order comes on a day drawn evenly, the second (if any) evenly on one of the days
    from then to the end.
    """
    first = day / DAYS
    second = sum((day - begun + 1) / (DAYS - begun + 1) / DAYS for begun in range(1, day + 1))
    return (first + p.repeat * second) / (1 + p.repeat)


def _mailing(
    rng: np.random.Generator, repetitions: int, n: int, buyers: float, p: Programme
) -> list[Totals]:
    """All are written to on the first day; some buy a second time. Sums of each day's state.

    Squares of cumulative amounts do not add up over days: a second order adds its increment.
    """
    counts = rng.binomial(n, buyers, repetitions)
    who = np.repeat(np.arange(repetitions), counts)
    days = rng.integers(0, DAYS, len(who))
    one = 40.0 * np.exp(p.log_sd * rng.standard_normal(len(who)))
    again = rng.random(len(who)) < p.repeat
    two = 40.0 * np.exp(p.log_sd * rng.standard_normal(int(again.sum())))
    later = days[again] + (rng.random(len(two)) * (DAYS - days[again])).astype(np.int64)
    before, after = one[again], one[again] + two
    place = np.concatenate([days * repetitions + who, later * repetitions + who[again]])

    def by_day(first: Floats, second: Floats) -> Floats:
        sums = np.bincount(
            place, weights=np.concatenate([first, second]), minlength=DAYS * repetitions
        )
        return sums.reshape(DAYS, repetitions).cumsum(axis=0)

    buyers_so_far = by_day(np.ones(len(one)), np.zeros(len(two)))
    money, squares = by_day(one, two), by_day(one**2, after**2 - before**2)
    logs = [
        by_day(np.log(one) ** power, np.log(after) ** power - np.log(before) ** power)
        for power in (1, 2, 3, 4)
    ]
    return [
        Totals(
            n=np.full(repetitions, float(n)),
            buyers=buyers_so_far[day],
            positive=buyers_so_far[day],
            first=money[day],
            second=squares[day],
            log1=logs[0][day],
            log2=logs[1][day],
            log3=logs[2][day],
            log4=logs[3][day],
        )
        for day in range(DAYS)
    ]


_COLUMNS = (
    Column(key="alarms", heading="truth ever outside"),
    Column(key="above", heading="ever too high"),
    Column(key="below", heading="ever too low"),
    Column(key="better", heading="ever proved better"),
    Column(key="day", heading="median day of proof", style="count"),
    Column(key="width", heading="width on day 30", style="ratio"),
    Column(key="first", heading="answers from day", style="count"),
    Column(key="refused", heading="refused on day 30"),
)

TABLES = (
    Table(
        group=NO_EFFECT,
        title="No effect, 30 daily looks",
        words=(
            "Truth ever outside: percent of programmes in which at least one of the 30 daily "
            "intervals misses, which with no effect is a false proof; 5 is right. Width: on the "
            "last day, against the product's ordinary interval."
        ),
        columns=_COLUMNS,
    ),
    Table(
        group=EFFECT,
        title="30% more buyers, 30 daily looks",
        words="Ever proved better: the power of who stops at the first proof.",
        columns=_COLUMNS,
    ),
)
