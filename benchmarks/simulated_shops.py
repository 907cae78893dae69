"""Shops with a known truth, many repetitions of one campaign at once.

Only the buyers are drawn, so that 4,000 repetitions of a campaign on 50,000 customers take seconds:
what the product's money interval reads (`Arms`) is built with one cell per repetition.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from regulars_experiments.moments import Shape, Summary
from regulars_experiments.money_interval import Arms

Floats = npt.NDArray[np.float64]


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
    control, control_shape = draw_group(shop.control, repetitions, rng)
    arm, arm_shape = draw_group(shop.arm, repetitions, rng)
    return Arms(control=control, arm=arm, control_shape=control_shape, arm_shape=arm_shape)


def draw_group(group: Group, repetitions: int, rng: np.random.Generator) -> tuple[Summary, Shape]:
    """Figures and shape of the group in each repetition; arrays of shape (repetitions,)."""
    bought = rng.binomial(group.n, group.buyers, repetitions)
    total = int(bought.sum())
    if group.pool:
        amounts = group.basket * rng.choice(np.array(group.pool), total)
    else:
        amounts = group.basket * np.exp(group.log_sd * rng.standard_normal(total))
    if group.returns:
        amounts = np.where(rng.random(total) < group.returns, -amounts / 3, amounts)
    which = np.repeat(np.arange(repetitions), bought)

    def per_repetition(values: Floats, where: npt.NDArray[np.int64] = which) -> Floats:
        return np.bincount(where, weights=values, minlength=repetitions)

    first, second = per_repetition(amounts), per_repetition(amounts**2)
    above = amounts > 0
    logs, where = np.log(amounts[above]), which[above]
    n = np.full(repetitions, float(group.n))
    return (
        Summary(
            n=n,
            mean=first / n,
            variance=np.maximum(second - first**2 / n, 0) / (n - 1),
            mean_square=second / n,
        ),
        Shape(
            buyers=bought.astype(np.float64),
            positive=np.bincount(where, minlength=repetitions).astype(np.float64),
            logs=tuple(per_repetition(logs**power, where) for power in (1, 2, 3, 4)),
        ),
    )
