"""Part a: one person appears as two or three customers who buy together."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from benchmarks.calibration import peers, product
from benchmarks.calibration.draws import Counts, Floats, Totals
from benchmarks.calibration.scoring import (
    CONFIDENCE,
    NOT_JUDGED,
    USUAL,
    Cell,
    Row,
    score,
)
from benchmarks.calibration.shops import as_arms
from benchmarks.calibration.tables import INTERVAL, Table

from regulars_experiments.money_interval import build_limits

TITLE = "Duplicates of one person"
GROUP = "duplicates"
Flags = npt.NDArray[np.bool_]
_IDS = (0.7, 0.2, 0.1)  # shares of persons with one, two, three ids
_PORTION = 2_000_000


def cells(*, full: bool) -> Iterator[Cell]:
    """Ids drawn one by one, or persons drawn with all their ids."""
    for together in (False, True):
        for more in (1.0, 1.5) if full else (1.0,):
            for log_sd in (1.0, 1.4) if full else (1.0,):
                how = "persons drawn with all their ids" if together else "ids drawn one by one"
                yield Cell(
                    part="duplicates",
                    name=f"{how}, buyers x{more}, sd {log_sd}",
                    work=measure,
                    arguments={"together": together, "more": more, "log_sd": log_sd},
                    weight=20.0,
                )


def measure(
    rng: np.random.Generator, repetitions: int, *, together: bool, more: float, log_sd: float
) -> Iterator[Row]:
    """30,000 persons, a tenth held out, 3% buy, and then under each of their ids."""
    persons, share, holdout = 30_000, 0.03, 0.1
    portion = max(1, int(_PORTION / (persons * share * more * 1.5)))
    parts = [
        _draw(
            rng, min(portion, repetitions - done), persons, share, holdout, log_sd, more, together
        )
        for done in range(0, repetitions, portion)
    ]
    control, arm = (_joined([part[side] for part in parts]) for side in (0, 1))
    arms = as_arms(control, arm)
    typical = 40.0 * float(np.exp(log_sd**2 / 2))
    # drawn one by one, an id's person may be reached through another id as well
    reached = 1.0 if together else _reached(holdout)
    truth = share * (more - 1) * typical * (1.0 if together else reached)
    answer = product.difference(build_limits(arms))
    plain = peers.welch_interval(arms.control, arms.arm, CONFIDENCE)
    how = "persons drawn with all their ids" if together else "ids drawn one by one"
    for name, (low, high) in (("Regulars", (answer.low, answer.high)), ("Welch", plain)):
        found = score(low, high, truth, width_of=plain[1] - plain[0])
        judged = name == "Regulars" and not together and more == 1.0
        yield Row(
            group=GROUP,
            scenario=f"{how}, buyers x{more}, sd {log_sd}",
            method=name,
            figures=found.figures(),
            verdict=USUAL.verdict(found) if judged else NOT_JUDGED,
            bound=USUAL.words,
            ours=name == "Regulars",
        )


def _reached(holdout: float) -> float:
    """What of the effect on persons is left between ids of the two groups.

    A person is reached if any id is treated. A treated id is; a control id with k - 1 siblings is
    with chance 1 - holdout^(k-1). The difference between the groups is what remains.
    """
    ids = np.array(_IDS) * np.arange(1, 4)
    unreached = holdout ** np.arange(0, 3)
    return float((ids * unreached).sum() / ids.sum())


def _draw(
    rng: np.random.Generator,
    repetitions: int,
    persons: int,
    share: float,
    holdout: float,
    log_sd: float,
    more: float,
    together: bool,
) -> tuple[Totals, Totals]:
    """Every person's ids get their group; only those who would buy if reached are drawn."""
    many = rng.binomial(persons, share * more, repetitions)
    who = np.repeat(np.arange(repetitions), many)
    ids = rng.choice(np.array([1, 2, 3]), p=_IDS, size=len(who))
    slots = np.arange(3) < ids[:, None]
    held = rng.random((len(who), 3)) < holdout
    if together:
        held = np.repeat(held[:, :1], 3, axis=1)
    reached = (slots & ~held).any(axis=1)
    # of those who would buy if reached, 1 / more buy anyway
    buys = reached | (rng.random(len(who)) < 1 / more)
    base = np.log(40.0) + 0.8 * log_sd * rng.standard_normal(len(who))
    logs = base[:, None] + 0.6 * log_sd * rng.standard_normal((len(who), 3))
    slots &= buys[:, None]
    people = persons - np.bincount(who, minlength=repetitions)
    silent = np.stack([rng.binomial(people, p) for p in _IDS])
    if together:
        quiet_held = sum((k + 1) * rng.binomial(silent[k], holdout) for k in range(3))
        quiet = sum((k + 1) * silent[k] for k in range(3))
    else:
        quiet = sum((k + 1) * silent[k] for k in range(3))
        quiet_held = rng.binomial(quiet, holdout)
    known = np.arange(3) < ids[:, None]

    def totals(inside: Flags, others: Counts) -> Totals:
        place = np.broadcast_to(who[:, None], slots.shape)
        mine = slots & inside
        amounts = logs[mine]

        def add(values: Floats) -> Floats:
            found = np.bincount(place[mine], weights=values, minlength=repetitions)
            return found.astype(np.float64)

        present = np.bincount(place[known & inside], minlength=repetitions)
        money = np.exp(amounts)
        bought = add(np.ones(len(amounts)))
        return Totals(
            n=(others + present).astype(np.float64),
            buyers=bought,
            positive=bought,
            first=add(money),
            second=add(money**2),
            log1=add(amounts),
            log2=add(amounts**2),
            log3=add(amounts**3),
            log4=add(amounts**4),
        )

    return totals(held, quiet_held), totals(~held, quiet - quiet_held)


def _joined(parts: list[Totals]) -> Totals:
    return Totals(
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in Totals.__dataclass_fields__
        }
    )


TABLES = (
    Table(
        group=GROUP,
        title="30,000 persons, of whom 30% appear as two or three customers",
        words=(
            "Drawn one by one, each id may land in another group: the interval is right, but an "
            "offer that reaches a person by one id moves the sales of the others, so the effect "
            "itself is smaller than the truth per person. Drawn by person and counted by id, every "
            "method is too sure of itself: count by the unit that was drawn."
        ),
        columns=INTERVAL,
    ),
)
