"""A campaign that is worth exactly nothing: what does the chosen plan claim to be worth?

20,000 customers, of whom one in ten buys; telling brings one more buyer in a hundred and costs just
what these bring. Nothing else is true of anybody, so every plan is worth 0 per customer. The whole
procedure runs on each: linear learners, rules, card, cut-offs, all chosen inside cross-fitting.
The naive value is that of the best candidate, chosen and valued on the same customers; that of a
random order is what a cut-off alone invents.

    python benchmarks/honest_policy.py --runs 400 --held-out 0.5 0.1 --write docs/honest-policy.md
"""

import argparse
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from regulars_experiments.results import Estimate
from regulars_experiments.uplift.candidates import Limits
from regulars_experiments.uplift.cross_fitting import cross_fit
from regulars_experiments.uplift.lineup import line_up
from regulars_experiments.uplift.policy import Chosen, Standing, choose
from regulars_experiments.uplift.randomised import Features, Randomised
from regulars_experiments.verdicts import Evidence

CUSTOMERS, BUYERS, MORE, MARGIN = 20_000, 0.10, 0.01, 0.4
LOG_MEAN, LOG_SD = 3.2, 1.0
COST = MORE * MARGIN * float(np.exp(LOG_MEAN + LOG_SD**2 / 2))
LEARNERS = (("S", "linear"), ("T", "linear"), ("X", "linear"), ("DR", "linear"))

INTRODUCTION = """# What a chosen plan claims where every plan is worth nothing

`make honest-policy`: {runs} simulated campaigns of 20,000 customers each, of whom one in ten buys.
Telling brings one more buyer in a hundred, costs just what these bring ({cost:.3f} per customer),
and nothing else is true of anybody. The whole procedure runs on each (linear learners): whatever it
reports above zero is flattery. Naive: chosen and valued on the same customers. At most 3% of the
chosen plans may be proved better.

"""


@dataclass
class Tally:
    """Sums over the runs."""

    honest: list[float] = field(default_factory=list)
    naive: list[float] = field(default_factory=list)
    random_naive: list[float] = field(default_factory=list)
    random_honest: list[float] = field(default_factory=list)
    verdicts: dict[str, Counter[Evidence]] = field(default_factory=lambda: defaultdict(Counter))
    kinds: Counter[str] = field(default_factory=Counter)


def campaign(rng: np.random.Generator, held_out: float) -> Randomised:
    """One campaign of the world above; its four features have nothing to do with anything."""
    n = CUSTOMERS
    arm = (rng.random(n) >= held_out).astype(np.int64)
    bought = rng.random(n) < BUYERS + MORE * arm
    amounts = MARGIN * np.exp(rng.normal(LOG_MEAN, LOG_SD, n))
    features = np.column_stack(
        [rng.gamma(2, 40, n), rng.integers(0, 2, n), rng.exponential(100, n), rng.normal(size=n)]
    )
    return Randomised(
        features=Features(
            names=("spend", "member", "days", "noise"), values=features, categories=(None,) * 4
        ),
        outcome=np.where(bought, amounts, 0.0) - COST * arm,
        arm=arm,
        probabilities=np.array([held_out, 1 - held_out]),
        arm_names=("held out", "told"),
        bought=bought,
        contact_costs=np.array([0.0, COST]),
    )


def run(seed: int, held_out: float) -> tuple[Chosen, tuple[Standing, ...]]:
    """The procedure on one campaign."""
    data = campaign(np.random.default_rng([20261122, seed]), held_out)
    fitted = cross_fit(data, learners=LEARNERS, seed=seed)
    lineup = line_up(data, fitted, segments=None, limits=Limits(), seed=seed)
    return choose(data, lineup.ground, lineup.candidates, comparisons={}, confidence=0.95)


def tally(runs: int, held_out: float) -> Tally:
    """All runs."""
    found = Tally()
    for seed in range(runs):
        chosen, board = run(seed, held_out)
        found.kinds[chosen.kind] += 1
        if isinstance(chosen.value.value, Estimate):
            found.honest.append(chosen.value.value.estimate)
        found.naive.append(chosen.naive_value)
        random = next(row for row in board if row.kind == "random")
        found.random_naive.append(random.naive_value)
        if isinstance(random.value.value, Estimate):
            found.random_honest.append(random.value.value.estimate)
        for one in (chosen.value, *chosen.against):
            found.verdicts[f"chosen plan against {one.against}"][one.verdict] += 1
        for row in board:
            found.verdicts[f"candidate {row.name} against nobody"][row.value.verdict] += 1
    return found


def described(runs: int, held_out: float, found: Tally) -> str:
    """One section of Markdown."""
    lines = [f"## {held_out:.0%} held out", "", "| per customer | mean | its error |"]
    lines.append("| --- | ---: | ---: |")
    for name, values in (
        ("reported value of the chosen plan", found.honest),
        ("naive value of the best candidate", found.naive),
        ("cut-off on a random order, its value", found.random_honest),
        ("cut-off on a random order, naive value", found.random_naive),
    ):
        error = np.std(values, ddof=1) / np.sqrt(len(values))
        lines.append(f"| {name} | {np.mean(values):+.4f} | {error:.4f} |")
    lines += ["", "| compared | proved better | proved worse |", "| --- | ---: | ---: |"]
    for name, verdicts in found.verdicts.items():
        better, worse = (verdicts[kind] for kind in (Evidence.PROVED_BETTER, Evidence.PROVED_WORSE))
        lines.append(f"| {name} | {better / runs:.1%} | {worse / runs:.1%} |")
    kinds = ", ".join(f"{kind} {count}" for kind, count in found.kinds.most_common())
    return "\n".join([*lines, "", f"Chosen: {kinds}.", ""])


def main() -> None:
    """Print what was found, or write it as a document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--held-out", type=float, nargs="+", default=[0.5, 0.1])
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    text = INTRODUCTION.format(runs=asked.runs, cost=COST) + "\n".join(
        described(asked.runs, held_out, tally(asked.runs, held_out)) for held_out in asked.held_out
    )
    print(text)
    if asked.write is not None:
        asked.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
