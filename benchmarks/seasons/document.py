"""The document that the full run writes: what was asked, what was found, the tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from benchmarks.calibration import tables
from benchmarks.calibration.scoring import FAILS, Row
from benchmarks.seasons import judging, rules, shop
from benchmarks.seasons.worlds import CAMPAIGNS, SEGMENTS

_WIDTH = 100
_INTRODUCTION = f"""\
A verdict is worth what following it earns. In simulated shops the truth is known, so it can be
counted: seasons of {CAMPAIGNS} campaigns, one every 30 days, always the same offer to the same
{SEGMENTS} segments. Every campaign tests all segments with a fifth held out; then each rule says
per segment: keep, stop, or test once more in the next round and then keep or stop. The verdict
governs the {shop.ROUNDS} rounds until the next campaign, and what these earn is counted. The
campaigns' own tests cost every rule the same and are not.
"""
_HOW = f"""\
## The worlds

They were fixed before the first run (`benchmarks/seasons/worlds.py`). The unit is SE, the standard
error of net profit per customer that one campaign gives of a segment of 40,000 customers: 12% of
what such a customer brings. Segments have 16,000 to 80,000 customers; 3% of them buy, for a
lognormal amount (median 40, log-sd 1.0, margin 40%).

- The true net of a segment is normal around the programme's mean, with a standard deviation of 0.5,
  1 or 2 SE between segments. The programme's mean is itself normal from season to season: on
  average a quarter of that deviation below zero, give or take half of it.
- Every campaign adds something of its own to each segment's effect: half of that deviation.
- With drift each segment also wanders on its own, within a year by as much as segments differ at
  the start (Brownian motion; 3.2 years in a season).
- Contact costs {shop.CONTACT:.2f} per customer, and the offer, {shop.DISCOUNT:.0%} off everything,
  an eighth of each buyer's margin. More than half of the segments lose by it.

## The rules

- *Oracle*: knows every true effect. *Bayes-optimal*: knows the distribution of effects and all
  figures of the world, and believes exactly what follows (a Kalman filter over all segments);
  decides by expected money of the campaign's rounds, one more test included. Once from all
  campaigns so far, once from this one alone.
- *Regulars*: the product's own functions, from the sums of the test to the advice; knows nothing of
  the world. *With memory* is what it advises where earlier campaigns are remembered; how much it
  doubts them was chosen on other draws of these worlds. *Only what is proved*: keeps only segments
  that are proved better.
- *Significant at 5%*: Welch's interval of the segment lies above zero. *Highest raw effect*: the
  one segment with the largest difference, if that is above zero. *Mean of all campaigns above
  zero*: the plain average of the raw effects so far, a memory that forgets and doubts nothing.

Regulars must earn {judging.LEAST:.0%} of the Bayes-optimal rule that sees the same data, more than
*significant at 5%*, *highest raw effect*, everyone and nobody, and with memory more than without; a
row fails only beyond three Monte Carlo errors. What is said to be proved is a separate matter: at
most {judging.FALSE_CLAIMS:.1%} of the segments that do not pay may be said to be better.
"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What was run."""

    command: str
    seed: int
    seasons: int
    date: str


def write(path: Path, run: Run, rows: Sequence[Row]) -> None:
    """The document, and beside it every figure as comma-separated values."""
    path.write_text("\n".join(lines(run, rows, path.with_suffix(".csv").name)) + "\n", "utf-8")
    tables.write_all(path.with_suffix(".csv"), {"seasons": rows})


def lines(run: Run, rows: Sequence[Row], figures: str) -> Iterator[str]:
    """All lines."""
    yield "# What following the verdicts earns"
    yield ""
    yield _INTRODUCTION
    yield from wrap(
        f"Measured by `{run.command}`: {run.seasons:,} seasons in each world where segments "
        f"differ by 0.5 SE and half as many in the others, seed {run.seed}"
        f"{f', {run.date}' if run.date else ''}. `make seasons` plays fewer in half a minute. "
        f"All figures: [{figures}]({figures}).",
        _WIDTH,
    )
    yield ""
    yield "## What it shows"
    yield ""
    for sentence in findings(rows):
        yield from wrap(f"- {sentence}", _WIDTH, subsequent_indent="  ")
    yield ""
    yield _HOW
    for table in judging.TABLES:
        yield f"## {table.title}"
        yield ""
        yield from wrap(table.words, _WIDTH)
        yield ""
        yield from tables.markdown(table, [row for row in rows if row.group == table.group])
        yield ""


def findings(rows: Sequence[Row]) -> Iterator[str]:
    """The figures that answer the question, in sentences; all of them from the rows."""
    earned = [row for row in rows if row.group == judging.EARNED]

    def span(rule: str, figure: str) -> str:
        values = [row.figures[figure] for row in earned if row.method == rule]
        return f"{min(values):.1%} to {max(values):.1%}"

    error = max(row.figures["error"] for row in earned if row.method == rules.OURS)
    yield (
        f"With memory Regulars earns {span(rules.OURS, 'bayes')} of what the Bayes-optimal rule "
        f"earns from the same campaigns (Monte Carlo error at most {100 * error:.1f} points), and "
        f"{span(rules.OURS, 'oracle')} of what an oracle would."
    )
    yield (
        f"From one campaign alone it earns {span(rules.OURS_ALONE, 'alone')} of the rule that sees "
        f"that one alone, which is {span(rules.OURS_ALONE, 'bayes')} of the one that remembers: "
        "what is missing to the line above is what memory is worth."
    )
    others = ", ".join(f"{rule} {span(rule, 'bayes')}" for rule in (*rules.SIMPLE, *rules.OTHERS))
    yield (
        f"Of the same: {others}. Keeping only what is proved: {span(rules.PROVED, 'bayes')}; "
        "evidence answers another question than what to do."
    )
    false = [row.figures["false"] for row in rows if row.group == judging.CLAIMED]
    yield f"Of segments that do not pay, {min(false):.2%} to {max(false):.2%} were claimed to."
    failures = [row for row in rows if row.verdict == FAILS]
    judged = sum(bool(row.verdict) for row in rows)
    yield (
        f"{judged} rows were judged, {len(failures)} out of bounds by more than three Monte Carlo "
        "errors."
    ) + "".join(f" {row.scenario}, {row.method}: asked {row.bound}." for row in failures)
