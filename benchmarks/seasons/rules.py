"""Everybody's decisions in the same seasons, and the money that they earn."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from benchmarks.seasons import bayes, product, shop
from benchmarks.seasons.bayes import Decided, Flags
from benchmarks.seasons.shop import Reading
from benchmarks.seasons.worlds import Floats, World, true_nets

from regulars_experiments.multiplicity import holm

ORACLE = "knows every effect (oracle)"
BAYES, BAYES_ALONE = "Bayes-optimal, all campaigns", "Bayes-optimal, this campaign alone"
OURS, OURS_ALONE = "Regulars, with memory", "Regulars, this campaign alone"
PROVED = "Regulars, only what is proved"
SIMPLE = ("significant at 5% (Welch)", "highest raw effect", "everyone", "nobody")
OTHERS = ("every raw effect above zero", "mean of all campaigns above zero")


@dataclass(frozen=True, kw_only=True)
class Played:
    """Seasons of one world. net: true net per customer; decided: by rule."""

    net: Floats
    one: Reading
    proved: Flags
    decided: Mapping[str, Decided]

    def by_season(self, rule: str) -> Floats:
        """Money of one season's rounds; (seasons,)."""
        value: Floats = self.decided[rule].earned(self.net).sum(axis=(1, 2))
        return value


def play(world: World, seasons: int, rng: np.random.Generator) -> Played:
    """Draw the seasons and let every rule decide."""
    lift = shop.lifts(true_nets(world, seasons, rng) * shop.SE)
    net = shop.nets(lift)
    first, second = shop.draw(lift, rng), shop.draw(lift, rng)
    one = shop.read(first, net.shape, tests=True)
    both = shop.read((first[0] + second[0], first[1] + second[1]), net.shape, tests=False)
    tests = np.stack([holm(row) for row in one.p_value.reshape(-1, net.shape[-1])])
    proved = (tests.reshape(net.shape) <= 1 - product.CONFIDENCE) & (one.estimate > 0)
    highest = (one.raw == one.raw.max(axis=-1, keepdims=True)) & (one.raw > 0)
    so_far = one.raw.cumsum(axis=1)
    return Played(
        net=net,
        one=one,
        proved=proved,
        decided={
            ORACLE: _at_once(net > 0),
            BAYES: bayes.follow(world, one.raw, both.raw, memory=True),
            OURS: product.follow(one, both, memory=True),
            BAYES_ALONE: bayes.follow(world, one.raw, both.raw, memory=False),
            OURS_ALONE: product.follow(one, both, memory=False),
            PROVED: _at_once(proved),
            SIMPLE[0]: _at_once(one.welch_low > 0),
            SIMPLE[1]: _at_once(highest),
            SIMPLE[2]: _at_once(np.ones(net.shape, np.bool_)),
            SIMPLE[3]: _at_once(np.zeros(net.shape, np.bool_)),
            OTHERS[0]: _at_once(one.raw > 0),
            OTHERS[1]: _at_once(so_far > 0),
        },
    )


def _at_once(kept: Flags) -> Decided:
    """Kept or stopped, nothing tested once more."""
    return Decided(kept=kept, tested=np.zeros(kept.shape, np.bool_))
