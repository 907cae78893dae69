"""From the seasons of a world to rows of a table, and whether a row keeps its bound."""

from collections.abc import Iterator

import numpy as np
from benchmarks.calibration.scoring import (
    FAILS,
    MONTE_CARLO_ERRORS,
    NOT_JUDGED,
    OK,
    Cell,
    Floats,
    Row,
    at_most,
)
from benchmarks.calibration.tables import Column, Table
from benchmarks.seasons import rules, shop
from benchmarks.seasons.rules import BAYES, BAYES_ALONE, ORACLE, OURS, OURS_ALONE, SIMPLE, Played
from benchmarks.seasons.worlds import CAMPAIGNS, SEGMENTS, WORLDS, World

EARNED, CLAIMED = "earned", "claimed"
LEAST, FALSE_CLAIMS = 0.95, 0.025
_ABOVE_ZERO = "interval above zero, one segment by itself"
_CORRECTED = "proved better, as the report says it (all segments)"


def cells(seasons: int) -> list[Cell]:
    """One per world; half as many seasons where segments differ more: chance matters less there."""
    return [
        Cell(
            part="seasons",
            name=world.name,
            work=measure,
            arguments={"world": world},
            repetitions=seasons if world.between < 1 else seasons // 2,
        )
        for world in WORLDS
    ]


def measure(rng: np.random.Generator, repetitions: int, *, world: World) -> Iterator[Row]:
    """What each rule earns, and how often something false is said to be proved."""
    played = rules.play(world, repetitions, rng)
    money = {rule: played.by_season(rule) for rule in played.decided}
    for rule, earned in money.items():
        share, error = share_of(earned, money[BAYES])
        verdict, bound = _judged(rule, money)
        yield Row(
            group=EARNED,
            scenario=world.name,
            method=rule,
            figures={
                "profit": float(earned.mean()),
                "bayes": share,
                "error": error,
                "alone": share_of(earned, money[BAYES_ALONE])[0],
                "oracle": share_of(earned, money[ORACLE])[0],
                "tested": float(played.decided[rule].tested.mean()),
            },
            verdict=verdict,
            bound=bound,
            ours=rule in (OURS, OURS_ALONE),
        )
    yield from _claims(world, played)


def share_of(earned: Floats, reference: Floats) -> tuple[float, float]:
    """Sum over sum, and its Monte Carlo error by the delta method; arrays by season."""
    share = float(earned.sum() / reference.sum())
    spread = float(np.std(earned - share * reference, ddof=1))
    return share, spread / len(earned) ** 0.5 / abs(float(reference.mean()))


def earns_more(earned: Floats, other: Floats) -> bool:
    """False only where the other is ahead by more than three Monte Carlo errors."""
    ahead = other - earned
    error = float(np.std(ahead, ddof=1)) / len(ahead) ** 0.5
    return bool(ahead.mean() <= MONTE_CARLO_ERRORS * error)


def _judged(rule: str, money: dict[str, Floats]) -> tuple[str, str]:
    """(verdict, bound in words)."""
    if rule not in (OURS, OURS_ALONE):
        return NOT_JUDGED, ""
    reference = BAYES if rule == OURS else BAYES_ALONE
    rivals = (*SIMPLE, OURS_ALONE) if rule == OURS else SIMPLE
    share, error = share_of(money[rule], money[reference])
    kept = share >= LEAST - MONTE_CARLO_ERRORS * error and all(
        earns_more(money[rule], money[rival]) for rival in rivals
    )
    bound = f"{LEAST:.0%} of the Bayes-optimal rule with the same data, and more than simple rules"
    return OK if kept else FAILS, bound


def _claims(world: World, played: Played) -> Iterator[Row]:
    """Of the segments whose true net is zero or less."""
    worthless = played.net <= 0
    n = int(worthless.sum())
    for method, claimed in (
        (_ABOVE_ZERO, played.one.low > 0),
        (_CORRECTED, played.proved),
    ):
        false = float(claimed[worthless].mean())
        yield Row(
            group=CLAIMED,
            scenario=world.name,
            method=method,
            figures={
                "worthless": float(worthless.mean()),
                "false": false,
                "power": float(claimed[~worthless].mean()),
            },
            verdict=at_most(false, FALSE_CLAIMS, n),
            bound=f"at most {FALSE_CLAIMS:.1%} false claims",
            ours=True,
        )


TABLES = (
    Table(
        group=EARNED,
        title=f"{CAMPAIGNS} campaigns of {SEGMENTS} segments, {shop.ROUNDS} rounds each",
        words=(
            "Profit of a season's rounds, and as a share (%) of three references: of the "
            "Bayes-optimal rule that sees all campaigns so far, of the one that sees this campaign "
            "alone, and of an oracle that knows every effect. Error: one Monte Carlo error of the "
            "first share. Tested: segments tested once more before the verdict."
        ),
        columns=(
            Column(key="profit", heading="profit per season", style="count"),
            Column(key="bayes", heading="of Bayes"),
            Column(key="error", heading="error"),
            Column(key="alone", heading="of Bayes, alone"),
            Column(key="oracle", heading="of the oracle"),
            Column(key="tested", heading="tested again"),
        ),
    ),
    Table(
        group=CLAIMED,
        title="What is said to be proved",
        words=(
            "Segments whose true net in that campaign is zero or less, and how many of them (%) "
            "were said to be better nevertheless; beside it, how many of the truly better were."
        ),
        columns=(
            Column(key="worthless", heading="net zero or less"),
            Column(key="false", heading="false claims", style="fine"),
            Column(key="power", heading="true ones proved"),
        ),
    ),
)
