"""Part d: 1, 8, 50 and 500 segments, with and without real differences between them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from benchmarks.calibration import peers
from benchmarks.calibration.draws import Totals, add_up_lognormal
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
from benchmarks.calibration.shares import counted
from benchmarks.calibration.shops import as_arms
from benchmarks.calibration.tables import Column, Table

from regulars_experiments.effects import proportions, welch
from regulars_experiments.money_interval import Arms, build_limits, money_difference
from regulars_experiments.multiplicity import benjamini_hochberg, holm, segment_p_values
from regulars_experiments.results import Intervals
from regulars_experiments.segments import pool_segments, shared_errors

TITLE = "Many segments"
DISCOVERIES, POOLED = "discoveries", "pooled"
RATE_OF_FALSE, FAMILY = 0.10, 0.05
LEAST_POOLED = 0.93
CELLS_AT_ONCE = 50_000
_POOLED_INTERVALS = 20_000

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class World:
    """n customers in `segments` segments of unlike size; a tenth is held out in each.

    kind: "nothing true"; "one in ten" segments has 30% more buyers; "all differ": log share of
    buyers changes by N(0.03, 0.06).
    """

    segments: int
    n: int
    kind: str
    log_sd: float = 1.0

    @property
    def name(self) -> str:
        """As a scenario."""
        return f"{self.segments} segments of {self.n:,}, {self.kind}, sd {self.log_sd}"


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The segments of a world: their sizes, shares of buyers and median baskets; (segments,)."""

    held: Floats
    treated: Floats
    buyers: Floats
    basket: Floats


def cells(*, full: bool) -> Iterator[Cell]:
    """Each world; the largest with fewer repetitions."""
    sizes = ((1, 20_000), (8, 200_000), (50, 1_000_000), (500, 1_000_000), (500, 10_000_000))
    for segments, n in sizes if full else sizes[1:4]:
        for kind in ("nothing true", "one in ten", "all differ"):
            if segments == 1 and kind != "nothing true":
                continue
            for log_sd in (1.0, 1.4) if full and kind == "nothing true" else (1.0,):
                world = World(segments=segments, n=n, kind=kind, log_sd=log_sd)
                most = {1: None, 8: None, 50: 4_000, 500: 2_000}[segments]
                if not full:
                    most = {8: 600, 50: 200, 500: 40}[segments]
                yield Cell(
                    part="segments",
                    name=world.name,
                    work=measure,
                    arguments={"world": world},
                    repetitions=most if n < 10_000_000 else 1_000,
                    weight=n * 0.03 / 1e3,
                )


def shop_of(world: World, rng: np.random.Generator) -> Shop:
    """Sizes fall as 1 / (rank + 5); shares of buyers and baskets differ between segments."""
    weight = 1 / (np.arange(world.segments) + 5.0)
    size = np.round(world.n * weight / weight.sum())
    held = np.round(size / 10)
    return Shop(
        held=held,
        treated=size - held,
        buyers=np.minimum(0.03 * np.exp(0.3 * rng.standard_normal(world.segments)), 0.3),
        basket=40.0 * np.exp(0.4 * rng.standard_normal(world.segments)),
    )


def measure(rng: np.random.Generator, repetitions: int, *, world: World) -> Iterator[Row]:
    """False discoveries by each method, and intervals pooled over the segments."""
    shop = shop_of(world, rng)
    counts = _Discoveries(repetitions)
    pooled = _Pooled(most=max(100, _POOLED_INTERVALS // world.segments))
    portion = max(1, CELLS_AT_ONCE // world.segments)
    for done in range(0, repetitions, portion):
        many = min(portion, repetitions - done)
        more = _more_buyers(world, many, rng)
        arms = _draw(shop, more, world.log_sd, rng)
        product = money_difference(build_limits(arms), 0.95)
        counts.add(more, _p_values(arms, product))
        truth = (more - 1) * (shop.buyers * shop.basket) * np.exp(world.log_sd**2 / 2)
        pooled.add(truth, product, arms, (many, world.segments))
    yield from counts.rows(world)
    if world.segments > 1:
        yield from pooled.rows(world)


def _more_buyers(world: World, many: int, rng: np.random.Generator) -> Floats:
    """(repetitions, segments): by how much the share of buyers is multiplied."""
    shape = (many, world.segments)
    if world.kind == "one in ten":
        return np.where(rng.random(shape) < 0.1, 1.3, 1.0)
    if world.kind == "all differ":
        return np.exp(0.03 + 0.06 * rng.standard_normal(shape))
    return np.ones(shape)


def _draw(shop: Shop, more: Floats, log_sd: float, rng: np.random.Generator) -> Arms:
    """One cell per repetition and segment."""

    def side(n: Floats, share: Floats) -> Totals:
        sizes = np.broadcast_to(n, more.shape).ravel()
        counts = rng.binomial(sizes.astype(np.int64), np.broadcast_to(share, more.shape).ravel())
        (totals,) = add_up_lognormal(sizes, counts, 1.0, (log_sd,), rng)
        return totals.scaled(np.broadcast_to(shop.basket, more.shape).ravel())

    return as_arms(side(shop.held, shop.buyers), side(shop.treated, shop.buyers * more))


def _p_values(arms: Arms, product: Intervals) -> dict[str, Floats]:
    bought = arms.control_shape.buyers, arms.arm_shape.buyers
    ours = segment_p_values(arms.control, arms.arm, buyers=bought)
    tested = np.isfinite(ours)
    share_c, share_t = (
        counted(buyers, side.n)
        for buyers, side in zip(bought, (arms.control, arms.arm), strict=True)
    )
    usual = welch(arms.control, arms.arm, 0.95).p_value
    return {
        "money: Regulars": np.fmax(ours, np.where(tested, product.p_value, np.nan)),
        "money: by the money interval": np.where(tested, product.p_value, np.nan),
        "money: Welch, same segments": np.where(tested, usual, np.nan),
        "money: Welch, all segments": usual,
        "money: relative, all segments": peers.delta_lift_p(arms.control, arms.arm),
        "conversion: Regulars": np.maximum(
            proportions(share_c, share_t, 0.95).p_value, segment_p_values(share_c, share_t)
        ),
        "conversion: Welch, all segments": welch(share_c, share_t, 0.95).p_value,
        "conversion: relative, all segments": peers.delta_lift_p(share_c, share_t),
    }


class _Discoveries:
    """Counts over repetitions, per method and correction."""

    def __init__(self, repetitions: int) -> None:
        self.repetitions = repetitions
        self.found: dict[tuple[str, str], list[tuple[float, float, float, float]]] = {}

    def add(self, more: Floats, p_values: dict[str, Floats]) -> None:
        """more: (repetitions, segments); each array of p-values has that many cells."""
        corrections: dict[str, tuple[Callable[[Floats], Floats], float]] = {
            "Benjamini-Hochberg": (benjamini_hochberg, RATE_OF_FALSE),
            "Holm": (holm, FAMILY),
        }
        for method, flat in p_values.items():
            for name, (correct, level) in corrections.items():
                figures = self.found.setdefault((method, name), [])
                for values, effect in zip(flat.reshape(more.shape), more, strict=True):
                    claimed = correct(values) <= level
                    figures.append(_counted(claimed, effect != 1, np.isfinite(values)))

    def rows(self, world: World) -> Iterator[Row]:
        """One per method and correction."""
        for (method, correction), figures in self.found.items():
            any_false, share, false = np.array(figures)[:, :3].mean(axis=0)
            powers = np.array([power for *_, power in figures if not np.isnan(power)])
            power = float(powers.mean()) if len(powers) else float("nan")
            ours = method.endswith("Regulars")
            if not ours and (world.kind == "all differ" or correction == "Holm"):
                continue  # where no claim can be false, power alone says nothing of a wrong level
            level = RATE_OF_FALSE if correction == "Benjamini-Hochberg" else FAMILY
            rate = float(share if correction == "Benjamini-Hochberg" else any_false)
            judged = ours and world.kind != "all differ"
            yield Row(
                group=DISCOVERIES,
                scenario=world.name,
                method=f"{method}, {correction}",
                figures={
                    "any": float(any_false),
                    "rate": float(share),
                    "false": float(false),
                    "power": power,
                },
                verdict=at_most(rate, level, self.repetitions) if judged else NOT_JUDGED,
                bound=(
                    f"at most {level:.0%} false discoveries"
                    if correction == "Benjamini-Hochberg"
                    else f"any false claim in at most {level:.0%}"
                ),
                ours=ours,
            )


def _counted(claimed: Flags, true: Flags, tested: Flags) -> tuple[float, float, float, float]:
    """(any false, share of claims that is false, false claims, share of the true ones found)."""
    false = int((claimed & ~true).sum())
    could = int((true & tested).sum())
    power = float((claimed & true).sum() / could) if could else float("nan")
    return float(false > 0), false / max(int(claimed.sum()), 1), float(false), power


class _Pooled:
    """Intervals per segment, raw and pooled, over the first repetitions."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.found: dict[str, list[tuple[float, float, float, float]]] = {}

    def add(self, truth: Floats, product: Intervals, arms: Arms, shape: tuple[int, int]) -> None:
        """truth: (repetitions, segments)."""
        # each campaign's segments are a family of their own
        families = np.repeat(np.arange(shape[0]), shape[1]).astype(str).tolist()
        weighed = shared_errors(arms.control, arms.arm, families)
        estimates, errors, shared, low, high, n, mean = (
            values.reshape(shape)
            for values in (
                product.estimate, product.standard_error, weighed, product.low, product.high,
                arms.control.n, arms.control.mean,
            )
        )  # fmt: skip
        for row in range(shape[0]):
            known = np.isfinite(estimates[row]) & np.isfinite(errors[row])
            if known.sum() < 2 or len(self.found.get("raw", ())) >= self.most:
                continue
            typical = float((n[row] * mean[row]).sum() / n[row].sum())
            posterior = pool_segments(estimates[row], shared[row], n[row], mean[row])
            if posterior is None:
                continue
            ends = posterior.quantile(0.025), posterior.quantile(0.975)
            plugged = peers.plug_in_pooled(estimates[row][known], errors[row][known])
            best = int(np.argmax(estimates[row][known]))
            for name, (middle, bottom, top) in {
                "raw": (estimates[row][known], low[row][known], high[row][known]),
                "pooled": (posterior.mean()[known], ends[0][known], ends[1][known]),
                "pooled, segments without an answer": (
                    posterior.mean()[~known], ends[0][~known], ends[1][~known],
                ),
                "pooled, spread plugged in": plugged,
            }.items():  # fmt: skip
                if not len(middle):
                    continue
                own = truth[row][~known if "without" in name else known]
                place = best if len(middle) > best and "without" not in name else 0
                off = middle[place] - own[place] if "without" not in name else np.nan
                self.found.setdefault(name, []).append(
                    (
                        float(((bottom <= own) & (own <= top)).mean()),
                        float(((middle - own) ** 2).mean()) / typical**2,
                        float(off / typical),
                        float((top - bottom).mean() / typical),
                    )
                )

    def rows(self, world: World) -> Iterator[Row]:
        """One per way of answering."""
        for name, figures in self.found.items():
            values = np.array(figures)
            covered = float(values[:, 0].mean())
            slack = MONTE_CARLO_ERRORS * float(values[:, 0].std() / np.sqrt(len(values)))
            ours = name == "pooled"
            yield Row(
                group=POOLED,
                scenario=world.name,
                method=name,
                figures={
                    "campaigns": len(values),
                    "covered": covered,
                    "rmse": float(np.sqrt(values[:, 1].mean())),
                    "top": float(values[:, 2].mean()),
                    "width": float(values[:, 3].mean()),
                },
                verdict=(OK if covered >= LEAST_POOLED - slack else FAILS) if ours else NOT_JUDGED,
                bound=f"on average {LEAST_POOLED:.0%} or more hold the truth",
                ours=ours,
            )


TABLES = (
    Table(
        group=DISCOVERIES,
        title="False discoveries",
        words=(
            f"Benjamini-Hochberg at {RATE_OF_FALSE:.0%}, Holm at {FAMILY:.0%}, in each campaign "
            "over its segments. Any false: percent of campaigns with at least one false claim. "
            "False share: of all claims, on average. Found: of the segments with an effect that "
            "could be tested. Where all differ no claim is false."
        ),
        columns=(
            Column(key="any", heading="any false"),
            Column(key="rate", heading="false share"),
            Column(key="false", heading="false claims", style="ratio"),
            Column(key="power", heading="found"),
        ),
    ),
    Table(
        group=POOLED,
        title="Segments pooled towards the campaign's mean",
        words=(
            "Error and width in percent of what a customer brings; the best segment: how much more "
            "the segment with the highest raw effect seems to bring than it does."
        ),
        columns=(
            Column(key="campaigns", heading="campaigns", style="count"),
            Column(key="covered", heading="hold the truth"),
            Column(key="rmse", heading="typical error"),
            Column(key="top", heading="best segment overstated by"),
            Column(key="width", heading="width"),
        ),
    ),
)
