"""Part e: five arms against one holdout."""

from collections.abc import Iterator

import numpy as np
from benchmarks.calibration.draws import Totals, add_up_lognormal
from benchmarks.calibration.scoring import NOT_JUDGED, Cell, Floats, Row, at_most
from benchmarks.calibration.shares import counted
from benchmarks.calibration.shops import as_arms
from benchmarks.calibration.tables import Column, Table

from regulars_experiments.effects import proportions, welch
from regulars_experiments.money_interval import build_limits, money_difference
from regulars_experiments.multiplicity import holm

TITLE = "Several arms"
GROUP = "arms"
ARMS, LEVEL, MOST = 5, 0.05, 0.055


def cells(*, full: bool) -> Iterator[Cell]:
    """Nothing true, or one arm of five with more buyers."""
    for n, holdout in ((50_000, 0.1), (300_000, 0.05)) if full else ((50_000, 0.1),):
        for log_sd in (1.0, 1.4) if full else (1.4,):
            for more in (1.0, 1.4):
                yield Cell(
                    part="arms",
                    name=f"{n:,}, {holdout:.0%} held out, sd {log_sd}, one arm x{more}",
                    work=measure,
                    arguments={"n": n, "holdout": holdout, "log_sd": log_sd, "more": more},
                    weight=n * 0.03 / 1e3,
                )


def measure(
    rng: np.random.Generator,
    repetitions: int,
    *,
    n: int,
    holdout: float,
    log_sd: float,
    more: float,
) -> Iterator[Row]:
    """The first arm has `more` times as many buyers, the others have no effect."""
    held = round(n * holdout)
    size = (n - held) // ARMS

    def group(customers: int, share: float) -> Totals:
        counts = rng.binomial(customers, share, repetitions)
        (totals,) = add_up_lognormal(customers, counts, 40.0, (log_sd,), rng)
        return totals

    control = group(held, 0.03)
    treated = [group(size, 0.03 * (more if place == 0 else 1.0)) for place in range(ARMS)]
    found: dict[str, list[Floats]] = {}
    for arm in treated:
        arms = as_arms(control, arm)
        shares = counted(control.buyers, held), counted(arm.buyers, size)
        for method, p_value in {
            "money: Regulars": money_difference(build_limits(arms), 0.95).p_value,
            "money: Welch": welch(arms.control, arms.arm, 0.95).p_value,
            "conversion: Regulars": proportions(*shares, 0.95).p_value,
        }.items():
            found.setdefault(method, []).append(p_value)
    true = np.array([more != 1.0, *[False] * (ARMS - 1)])
    for method, columns in found.items():
        p_values = np.stack(columns, axis=1)
        adjusted = np.stack([holm(row) for row in p_values])
        for name, values in ((f"{method}, Holm", adjusted), (f"{method}, alone", p_values)):
            claimed = values <= LEVEL
            any_false = float((claimed & ~true).any(axis=1).mean())
            ours = name.endswith("Regulars, Holm")
            yield Row(
                group=GROUP,
                scenario=f"{n:,}, {holdout:.0%} held out, sd {log_sd}, one arm x{more}",
                method=name,
                figures={
                    "any": any_false,
                    "power": float(claimed[:, 0].mean()) if more != 1.0 else float("nan"),
                },
                verdict=at_most(any_false, MOST, repetitions) if ours else NOT_JUDGED,
                bound=f"any false claim in at most {MOST:.1%}",
                ours=ours,
            )


TABLES = (
    Table(
        group=GROUP,
        title="Five arms, one holdout",
        words=(
            "Any false: percent of campaigns in which at least one arm without effect is claimed "
            "to have one. Found: the arm with an effect is claimed. Alone: without correction."
        ),
        columns=(
            Column(key="any", heading="any false"),
            Column(key="power", heading="found"),
        ),
    ),
)
