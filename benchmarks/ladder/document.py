"""The document that `--write` makes: words first, tables after."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.ladder.shops import STEPS, UNIT, Shop
from benchmarks.ladder.tables import RATIO_HEAD, STEP_HEAD, Row, markdown

_INTRODUCTION = """\
# Thresholds: does the ladder find the best step?

A ladder offers the same thing from several thresholds: k times each customer's own past order
value, rounded up to a price point, for k = {steps}. The report
recommends the step with the highest expected profit and draws a band around the curve that should
hold at all steps at once in 95% of campaigns. Whether it does can only be known where the truth is:
in simulated shops.

Each shop has {customers:,} customers, a holdout (a sixth) and five equal arms. Past order values
are lognormal (median {typical:g}, log-sd {spread:g}); a basket is the past value times a lognormal
factor (log-sd {changing:g}); of the baskets that end up to 15% below the threshold four in ten are
padded to just above it; the offer costs {offer:g} per order that reaches the threshold, telling
costs {contact:g} each, the margin is 40%; 18% of the holdout buy. The share of buyers in each arm
is set so that the arm's true profit is the wanted one: highest at one step (each in turn), lower on
both sides. A "detectable difference" is the one between two arms that such a shop proves in 4 of 5
cases. Customers are drawn one by one, and the product's own aggregation and functions answer.
"""

_STEPS = """\
## The recommended step

- *within one step*: percent of shops in which the recommended step is the best or beside it.
- *lost*: profit per customer that the recommended step earns less than the best; *promised too
  much*: how much less it earns than is expected of it. *Highest estimate*: the same two if one
  takes the arm with the highest estimate at its word.
- *band holds*: percent of shops in which the truth is inside the band at every step;
  *single intervals*: percent of ordinary intervals that hold their own step's truth.
- *proved better*: the recommended step against a neighbour, after correction; *wrongly*: a
  neighbour that is no worse. Where all steps earn the same each proof is wrong.
"""

_RATIOS = """\
## One threshold for all

The threshold is 79; a third of the shop is held out. Profits are true ones, per customer of the
whole shop: of telling the advised band only, of telling everyone, and of the best choice among the
same bins. *Misplaced*: percent of customers on the wrong side of that choice. *Proved wrongly*:
percent of shops in which any bin is proved to pay that does not, or the reverse.
"""


def words() -> str:
    """The introduction with the numbers of the usual shop."""
    shop = Shop()
    return _INTRODUCTION.format(
        steps=", ".join(f"{step / UNIT:g}" for step in STEPS),
        customers=shop.customers,
        typical=shop.typical,
        spread=shop.spread,
        changing=shop.changing,
        offer=shop.offer_cost,
        contact=shop.contact_cost,
    )


def write(
    path: Path, command: str, steps: Sequence[Row], ratios: Sequence[Row], failures: Sequence[str]
) -> None:
    """The whole document. command: with which it is made again."""
    verdict = "Every row keeps its bound." if not failures else "Out of bounds:\n"
    listed = "".join(f"\n- {failure}" for failure in failures)
    path.write_text(
        "\n".join(
            [
                words(),
                f"Made by `{command}`. {verdict}{listed}\n",
                _STEPS,
                markdown(STEP_HEAD, steps),
                _RATIOS,
                markdown(RATIO_HEAD, ratios),
            ]
        ),
        encoding="utf-8",
    )
