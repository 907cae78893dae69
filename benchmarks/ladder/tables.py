"""What was counted, as rows with a bound where one applies."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.ladder.one_threshold import Answering, RatioScore
from benchmarks.ladder.steps import StepScore, World

NOMINAL = 0.95
FOUND = 0.9
"""Shops of ten in which the recommended step must be at most one from the best."""
_ALLOWED = 0.015  # coverage between 93.5% and 96.5%, as in docs/calibration.md
_MARGIN = 3.0  # Monte Carlo errors beyond a bound that are let pass


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a table: its cells as text, and what it misses of its bounds."""

    cells: tuple[str, ...]
    failures: tuple[str, ...] = ()


STEP_HEAD = (
    "world",
    "shops",
    "within one step",
    "the best",
    "lost",
    "promised too much",
    "highest estimate: lost",
    "promised too much",
    "band holds",
    "single intervals hold",
    "proved better",
    "wrongly",
    "",
)
RATIO_HEAD = (
    "world",
    "shops",
    "band earns",
    "everyone",
    "best choice",
    "misplaced",
    "band holds",
    "proved wrongly",
    "",
)


def step_row(world: World, scores: Sequence[StepScore]) -> Row:
    """Of one world's ladders."""
    away = np.array([np.nan if score.away is None else score.away for score in scores])
    near, exact = (away <= 1).mean(), (away == 0).mean()
    covered = _mean([score.covered for score in scores])
    failures = covers(covered, len(scores))
    if world.judged and near < FOUND:
        failures = (*failures, f"best step within one in {percent(near)}, asked for 90%")
    known = bool(world.apart)
    return Row(
        cells=(
            world.name,
            str(len(scores)),
            percent(near) if known else "-",
            percent(exact) if known else "-",
            f"{_mean([score.lost for score in scores]):.3f}",
            f"{_mean([score.promised for score in scores]):.3f}",
            *(f"{_mean([score.by_highest[i] for score in scores]):.3f}" for i in (0, 1)),
            percent(covered),
            percent(_mean([score.each for score in scores])),
            percent(_mean([score.proved for score in scores])),
            percent(_mean([score.proved_wrong for score in scores])),
            "FAILS" if failures else "ok",
        ),
        failures=tuple(f"{world.name}: {words}" for words in failures),
    )


def ratio_row(world: Answering, scores: Sequence[RatioScore]) -> Row:
    """Of one world's single thresholds."""
    covered = _mean([score.covered for score in scores])
    failures = covers(covered, len(scores))
    return Row(
        cells=(
            world.name,
            str(len(scores)),
            *(
                f"{_mean([getattr(score, name) for score in scores]):.3f}"
                for name in ("followed", "everyone", "oracle")
            ),
            percent(_mean([score.misplaced for score in scores])),
            percent(covered),
            percent(_mean([score.proved_wrong for score in scores])),
            "FAILS" if failures else "ok",
        ),
        failures=tuple(f"{world.name}: {words}" for words in failures),
    )


def covers(share: float, repetitions: int) -> tuple[str, ...]:
    """What a band's coverage misses of its bound; nothing where that may be chance."""
    chance = _MARGIN * np.sqrt(NOMINAL * (1 - NOMINAL) / repetitions)
    if abs(share - NOMINAL) <= _ALLOWED + chance:
        return ()
    return (f"the band holds in {percent(share)}, asked for 95%",)


def markdown(head: Sequence[str], rows: Sequence[Row]) -> str:
    """A table; numbers stand on the right."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 2) + "|---|"]
    lines += ["| " + " | ".join(row.cells) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def percent(share: float) -> str:
    """Percent with one decimal."""
    return f"{100 * share:.1f}%"


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
