"""The document that the full run writes: words first, tables after."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from benchmarks.calibration import findings, parts, tables
from benchmarks.calibration.scoring import FAILS, Row

_INTRODUCTION = """\
A 95% interval should miss the truth in 5% of campaigns, half of them on each side. Whether it does
can only be known where the truth is known: in simulated shops. Here the product's own functions
answer for thousands of simulated campaigns, and so do the methods of other engines on the same
numbers. What has a bound is said to keep it or not, and what fails is listed.
"""

_HOW = """\
## How it is done

A customer buys with a given probability; a buyer spends an amount with a lognormal distribution
("sd" is that of its logarithm), or one drawn from the real orders of two public data sets (the
purchases of the MineThatData e-mail challenge; invoice totals of Online Retail II). Those need
their files beside the checkout; without them their rows are left out. Only buyers are drawn:
everybody else is a zero.

Random numbers start from the seed; each scenario draws its own stream, so the same command prints
the same table again, whatever runs beside it. In the first part all scenarios of one size and share
of buyers are read from one set of draws: five holdouts and three spreads, right each for itself but
not independent of each other. The heaviest scenarios have fewer repetitions than the others
(500 segments, pooled intervals, seasons, everything in one plan).

A row keeps its bound if it is inside, or outside by at most three Monte Carlo errors. With 30 or
more buyers expected in the smaller group, 93.5% to 96.5% of the money intervals must hold the
truth, at most 4% may miss on either side and at most 1% be refused; where the campaign changes how
amounts spread, 88%. With fewer buyers there must be no answer.

### Words in the tables

- *answered*: percent of repetitions with an interval at all. *holds the truth*: percent of these.
- *too high*: the whole interval lies above the truth, so the campaign looks better than it is;
  *too low*: the reverse.
- *width*: middle width, against Welch's.
- *proved better*, *proved worse*: the interval excludes zero. Where nothing is true both are false
  proofs.
- *spread flagged*: percent in which the product warns that the campaign changed how amounts
  spread.
- Methods of others, written out from their documentation: *relative, delta method* (GrowthBook),
  *log ratio* (tea-tasting), *Fieller, own variance*, confidence *sequences* (GrowthBook's form).
- "-": there is no such number. The last column: ok, FAILS, declined (rightly no answer), or nothing
  where no bound applies.
"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What was run."""

    command: str
    seed: int
    repetitions: int
    date: str


def write(path: Path, run: Run, rows: Mapping[str, Sequence[Row]]) -> None:
    """The document, and beside it every figure as comma-separated values."""
    path.write_text("\n".join(lines(run, rows, path.with_suffix(".csv").name)) + "\n", "utf-8")
    tables.write_all(path.with_suffix(".csv"), rows)


def lines(run: Run, rows: Mapping[str, Sequence[Row]], figures: str) -> Iterator[str]:
    """All lines."""
    yield "# Do the intervals mean what they say?"
    yield ""
    yield _INTRODUCTION
    yield from wrap(
        f"Measured by `{run.command}`: {run.repetitions:,} repetitions per scenario, seed "
        f"{run.seed}{f', {run.date}' if run.date else ''}. `make calibration` takes about a "
        f"minute. All figures, also those that the tables leave out: [{figures}]({figures}).",
        100,
    )
    yield ""
    yield "## What it shows"
    yield ""
    for sentence in findings.sentences(rows):
        yield from wrap(f"- {sentence}", 100, subsequent_indent="  ")
    yield ""
    yield from _failures(rows)
    yield ""
    yield _HOW
    for part in parts.PARTS:
        if part.name in rows:
            yield from chapter(part, rows[part.name])


def _failures(rows: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    judged = sum(bool(row.verdict) for members in rows.values() for row in members)
    failures = {
        name: [row for row in members if row.verdict == FAILS] for name, members in rows.items()
    }
    yield "## What is out of its bound"
    yield ""
    yield f"{judged:,} rows were judged, {sum(map(len, failures.values()))} fail."
    for part in parts.PARTS:
        if failures.get(part.name):
            yield ""
            yield from wrap(f"**{part.title}.** {_WHY.get(part.name, '')}".strip(), 100)
            yield ""
            for row in failures[part.name]:
                yield from wrap(_failure(row), 100, subsequent_indent="  ")


def _failure(row: Row) -> str:
    figures = ", ".join(
        f"{name} {tables.shown(row.figures[key], 'percent')}%"
        for key, name in _SHOWN.items()
        if key in row.figures
    )
    return f"- {row.scenario}; {row.method}: {figures}. Asked: {row.bound}."


_WHY = {
    "segments": (
        "Effects are pooled in money. Where they grow with what a segment's customers spend, the "
        "segments with the larger effects are the less certain ones and count less, so the pooled "
        "mean lies off by a little; with hundreds of segments the pooled interval is narrow enough "
        "to show it. And a few segments far away from all others are pulled towards them."
    ),
}
"""What is known about rows that fail; said only where some do."""

_SHOWN = {
    "covered": "holds the truth",
    "above": "too high",
    "below": "too low",
    "alarms": "truth ever outside",
    "any": "any false",
    "rate": "false share",
    "proved": "proved",
    "flagged": "flagged",
    "bayes": "of Bayes",
}


def chapter(part: parts.Part, rows: Sequence[Row]) -> Iterator[str]:
    """One part with its tables."""
    yield ""
    yield f"## {part.title}"
    for table in part.tables:
        members = part.listed(table, rows)
        if members:
            yield ""
            yield f"### {table.title}"
            yield ""
            yield from wrap(table.words, 100)
            yield ""
            yield from tables.markdown(table, members)
