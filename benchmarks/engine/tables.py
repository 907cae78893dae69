"""What was measured as Markdown, and which of the aims it meets."""

import math
from collections.abc import Mapping, Sequence

from benchmarks.engine.agreement import Agreement
from benchmarks.engine.lineup import FLOOR, FLOOR_FROM_DISK, OURS, OURS_FROM_DISK, Entry
from benchmarks.engine.runs import Outcome

Growth = Sequence[tuple[int, int, Mapping[str, Outcome]]]
_MB = 1_000_000


def side_by_side(
    entries: Sequence[Entry],
    outcomes: Mapping[str, Outcome],
    agreements: Mapping[str, Agreement],
) -> list[str]:
    """One line per contender."""
    lines = [
        "| | seconds | processor | MB beyond data | x floor | x Regulars | furthest number |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    ours = outcomes[OURS].measured.wall
    for entry in entries:
        if entry.name not in outcomes:
            lines.append(f"| {entry.name} | not installed | | | | | |")
            continue
        measured = outcomes[entry.name].measured
        floor = outcomes[entry.floor].measured.wall
        lines.append(
            f"| {entry.name} | {measured.wall:.3f} | {measured.cpu:.3f} "
            f"| {measured.memory / _MB:,.0f} | {measured.wall / floor:.1f} "
            f"| {measured.wall / ours:.1f} | {_words(agreements.get(entry.name))} |"
        )
    return lines


def _words(found: Agreement | None) -> str:
    if found is None:
        return ""
    left_out = f", {found.left_out:,} without" if found.left_out else ""
    return f"{found.worst:.0e} of {found.compared:,}{left_out}"


def growth(steps: Growth) -> list[str]:
    """One line per size."""
    lines = [
        "| million rows | file, MB | Regulars, s | processor, s | ns a row | MB at peak "
        "| floor, s | floor, MB at peak | x floor |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for rows, size, outcomes in steps:
        ours, floor = outcomes[OURS_FROM_DISK].measured, outcomes[FLOOR_FROM_DISK].measured
        lines.append(
            f"| {rows / 1e6:g} | {size / _MB:,.0f} | {ours.wall:.3f} | {ours.cpu:.3f} "
            f"| {1e9 * ours.wall / rows:.0f} | {ours.memory / _MB:,.0f} | {floor.wall:.3f} "
            f"| {floor.memory / _MB:,.0f} | {ours.wall / floor.wall:.1f} |"
        )
    return lines


def aims(outcomes: Mapping[str, Outcome], peers: Sequence[str]) -> list[str]:
    """What the largest setting shows against what was aimed at."""
    memory = outcomes[OURS].measured.memory / _MB
    lines = [
        _ratio("in memory, x floor", outcomes, OURS, FLOOR, most=2.0),
        _ratio("from Parquet, x floor", outcomes, OURS_FROM_DISK, FLOOR_FROM_DISK, most=2.5),
        f"- MB beyond the data: {memory:.0f}; aim: at most 500, {_met(memory <= 500)}",
    ]
    present = [name for name in peers if name in outcomes]
    return lines + [
        _ratio(f"{name}, x Regulars", outcomes, name, OURS, least=10) for name in present
    ]


def _ratio(
    what: str,
    outcomes: Mapping[str, Outcome],
    one: str,
    other: str,
    *,
    most: float = math.inf,
    least: float = 0.0,
) -> str:
    """Judged by seconds; the processor's are less disturbed where the machine is shared."""
    a, b = outcomes[one].measured, outcomes[other].measured
    value = a.wall / b.wall
    bound = f"at most {most:g}" if most < math.inf else f"at least {least:g}"
    met = _met(least <= value <= most)
    return f"- {what}: {value:.1f} (processor {a.cpu / b.cpu:.1f}); aim: {bound}, {met}"


def _met(yes: bool) -> str:
    return "met" if yes else "MISSED"
