"""Shops with a known truth, many repetitions of one campaign at once."""

from dataclasses import dataclass, replace

import numpy as np
from benchmarks.calibration.draws import (
    Amounts,
    Totals,
    add_up,
    lognormal,
    resampled,
    with_returns,
)

from regulars_experiments.money_interval import Arms


@dataclass(frozen=True, kw_only=True)
class Group:
    """Customers who buy with probability `buyers` and then spend a lognormal amount.

    basket: median amount. log_sd: of the amounts. returns: share of buyers whose amount turns
    negative (goods of an earlier order sent back, a third of an amount). pool: draw amounts from
    these real ones (times `basket`) instead.
    """

    n: int
    buyers: float
    basket: float = 40.0
    log_sd: float = 1.0
    returns: float = 0.0
    pool: tuple[float, ...] = ()

    def mean(self) -> float:
        """True money per customer."""
        typical = float(np.mean(self.pool)) if self.pool else float(np.exp(self.log_sd**2 / 2))
        return self.buyers * self.basket * typical * (1 - self.returns * 4 / 3)

    def amounts(self) -> Amounts:
        """How one buyer's amount is drawn."""
        if self.pool:
            drawn = resampled(np.array(self.pool), self.basket)
        else:
            drawn = lognormal(self.basket, self.log_sd)
        return with_returns(drawn, self.returns) if self.returns else drawn


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A control group and an arm."""

    name: str
    control: Group
    arm: Group
    shape_changes: bool = False

    def truth(self) -> float:
        """True difference per customer."""
        return self.arm.mean() - self.control.mean()

    def true_lift(self) -> float:
        """True relative difference."""
        return self.arm.mean() / self.control.mean() - 1

    def expected_buyers(self) -> float:
        """Of the smaller group at the common share of buyers, as the product gates on."""
        groups = (self.control, self.arm)
        n = [group.n for group in groups]
        return min(n) * sum(group.n * group.buyers for group in groups) / sum(n)


def campaign(  # noqa: PLR0913 -- one parameter per thing that a scenario varies
    name: str,
    *,
    n: int,
    holdout: float,
    buyers: float,
    log_sd: float = 1.0,
    more_buyers: float = 1.0,
    larger_baskets: float = 1.0,
    wider: float = 0.0,
    returns: float = 0.0,
    pool: tuple[float, ...] = (),
) -> Campaign:
    """n customers, a share `holdout` kept back; the last five say what the campaign changes."""
    held = round(n * holdout)
    control = Group(n=held, buyers=buyers, log_sd=log_sd, returns=returns, pool=pool)
    if pool:
        control = replace(control, basket=1.0)
    arm = replace(
        control,
        n=n - held,
        buyers=buyers * more_buyers,
        basket=control.basket * larger_baskets,
        log_sd=log_sd + wider,
    )
    return Campaign(name=name, control=control, arm=arm, shape_changes=wider != 0)


def draw(shop: Campaign, repetitions: int, rng: np.random.Generator) -> Arms:
    """`repetitions` outcomes of the campaign, one per cell."""
    return as_arms(
        draw_group(shop.control, repetitions, rng), draw_group(shop.arm, repetitions, rng)
    )


def draw_group(group: Group, repetitions: int, rng: np.random.Generator) -> Totals:
    """The group's sums in each repetition."""
    bought = rng.binomial(group.n, group.buyers, repetitions)
    return add_up(group.n, bought, group.amounts(), rng)


def as_arms(control: Totals, arm: Totals) -> Arms:
    """What the money interval reads, one cell per repetition."""
    return Arms(
        control=control.summary(),
        arm=arm.summary(),
        control_shape=control.shape(),
        arm_shape=arm.shape(),
    )
