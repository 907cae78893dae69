"""What the tables say, in sentences that need no statistics. Every number comes from the rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from benchmarks.calibration import money, peeking, planning, seasons, segments
from benchmarks.calibration.scoring import Row

from regulars_experiments.money_interval import LEAST_EXPECTED_BUYERS

Rows = Mapping[str, Sequence[Row]]


def sentences(rows: Rows) -> Iterator[str]:
    """One paragraph per part that was run."""
    told: dict[str, Callable[[Sequence[Row]], Iterator[str]]] = {
        "money": _money,
        "peeking": _peeking,
        "segments": _segments,
        "seasons": _seasons,
        "planning": _planning,
        "mixed": _mixed,
    }
    for name, tell in told.items():
        if rows.get(name):
            yield from tell(rows[name])


def _figures(
    rows: Sequence[Row], key: str, method: str, *, group: str, keep: Callable[[Row], bool]
) -> list[float]:
    return [
        row.figures[key]
        for row in rows
        if row.group == group and row.method == method and keep(row)
    ]


def _percent(value: float) -> str:
    return f"{100 * value:.1f}%"


def _money(rows: Sequence[Row]) -> Iterator[str]:
    def small_holdout(row: Row) -> bool:
        equal = row.scenario.endswith("50% held out")
        return row.figures["expected"] >= LEAST_EXPECTED_BUYERS and not equal

    def of(key: str, method: str) -> list[float]:
        return _figures(rows, key, method, group=money.NO_EFFECT, keep=small_holdout)

    ours, usual, width = of("better", "Regulars"), of("better", "Welch"), of("width", "Regulars")
    if not ours:
        return
    covered = of("covered", "Regulars")
    yield (
        f"**A worthless campaign.** Over {len(ours)} kinds of shop with 2% to 20% of customers "
        f"held out, the usual method (Welch) calls a worthless campaign profitable in "
        f"{_percent(min(usual))} to {_percent(max(usual))} of cases; 2.5% would be right. The "
        f"product does in {_percent(min(ours))} to {_percent(max(ours))}, and its 95% intervals "
        f"hold the truth in {_percent(min(covered))} to {_percent(max(covered))}. The price is an "
        f"interval {min(width):.2f} to {max(width):.2f} times as wide."
    )
    refused = _figures(
        rows, "answered", "Regulars", group=money.NO_EFFECT,
        keep=lambda row: row.figures["expected"] <= money.BORDER,
    )  # fmt: skip
    enough = _figures(
        rows, "answered", "Regulars", group=money.NO_EFFECT,
        keep=lambda row: row.figures["expected"] >= LEAST_EXPECTED_BUYERS,
    )  # fmt: skip
    if refused:
        yield (
            f"**When it does not answer.** Where {money.BORDER:.0f} buyers or fewer are expected "
            f"in the smaller group it gave no number in at least {_percent(1 - max(refused))} of "
            f"cases; with {LEAST_EXPECTED_BUYERS} or more it refused at most "
            f"{_percent(1 - min(enough))}."
        )


def _peeking(rows: Sequence[Row]) -> Iterator[str]:
    def worst(method: str) -> float:
        found = _figures(rows, "alarms", method, group=peeking.NO_EFFECT, keep=lambda _: True)
        return max(found)

    yield (
        "**Looking every day.** Who looks at Welch's interval on each of 30 days and stops at the "
        f"first proof is fooled in up to {_percent(worst('Welch every day'))} of worthless "
        f"programmes, and by another engine's safe interval in up to "
        f"{_percent(worst('sequence, tuned at 5,000'))}; by the product's peek-safe interval in "
        f"{_percent(worst('Regulars, peek-safe'))} at most."
    )


def _segments(rows: Sequence[Row]) -> Iterator[str]:
    def null(row: Row) -> bool:
        return row.scenario.startswith("500 segments") and "nothing true" in row.scenario

    def most(method: str) -> float:
        return max(_figures(rows, "false", method, group=segments.DISCOVERIES, keep=null))

    correction = "Benjamini-Hochberg"
    any_false = max(
        _figures(
            rows, "any", f"money: Regulars, {correction}", group=segments.DISCOVERIES, keep=null
        )
    )
    yield (
        "**500 segments, nothing true.** The usual correction at 10% on the usual p-values "
        f"'discovers' up to {most(f'money: Welch, all segments, {correction}'):.0f} segments per "
        f"campaign; the product's finds any in {_percent(any_false)} of campaigns."
    )
    tops = {
        name: _figures(rows, "top", name, group=segments.POOLED, keep=lambda _: True)
        for name in ("raw", "pooled")
    }
    covered = _figures(rows, "covered", "pooled", group=segments.POOLED, keep=lambda _: True)
    yield (
        "**The best segment.** The segment with the highest raw effect seems to bring "
        f"{100 * min(tops['raw']):.0f} to {100 * max(tops['raw']):.0f} points more than it does "
        "(in percent of what a customer brings); pooled towards the campaign's mean it is off by "
        f"{100 * min(tops['pooled']):.0f} to {100 * max(tops['pooled']):.0f}. The pooled intervals "
        f"hold the truth in {_percent(min(covered))} to {_percent(max(covered))} of segments."
    )


def _seasons(rows: Sequence[Row]) -> Iterator[str]:
    shares = {row.scenario: row.figures["bayes"] for row in rows if row.method == seasons.ADVICE}
    usual = [row.figures["bayes"] for row in rows if row.method == "significant at 5% (Welch)"]
    worlds = ", ".join(f"{_percent(share)} ({name})" for name, share in shares.items())
    yield (
        "**Following the advice.** Over simulated seasons of 20 campaigns, the advice to keep, "
        "stop or test again earns this share of what a rule earns that knows beforehand how "
        f"effects are distributed: {worlds}. Keeping what is significant at 5% earns "
        f"{_percent(min(usual))} to {_percent(max(usual))}."
    )


def _planning(rows: Sequence[Row]) -> Iterator[str]:
    def proved(method: str) -> list[float]:
        return _figures(rows, "proved", method, group=planning.POWER, keep=lambda _: True)

    ours, textbook = proved("Regulars, larger baskets"), proved("textbook, larger baskets")
    if ours:
        yield (
            "**Planned for a chance of 80%.** An effect of the size that the plan promises to "
            f"prove was proved in {_percent(min(ours))} to {_percent(max(ours))} of campaigns; one "
            f"of the textbook's size in {_percent(min(textbook))} to {_percent(max(textbook))}."
        )


def _mixed(rows: Sequence[Row]) -> Iterator[str]:
    rates = [row.figures["any"] for row in rows if row.ours]
    yield (
        "**Everything at once.** Daily looks, three arms, four segments and adjustment by the time "
        f"before together made a false claim in at most {_percent(max(rates))} of programmes."
    )
