"""What was measured as Markdown, and which of the aims it meets."""

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
    walls = {name: outcome.measured.wall for name, outcome in outcomes.items()}
    lines = [
        _aim("in memory, x floor", walls[OURS] / walls[FLOOR], most=2.0),
        _aim("from Parquet, x floor", walls[OURS_FROM_DISK] / walls[FLOOR_FROM_DISK], most=2.5),
        _aim("MB beyond the data", outcomes[OURS].measured.memory / _MB, most=500),
    ]
    present = [name for name in peers if name in walls]
    return lines + [
        _aim(f"{name}, x Regulars", walls[name] / walls[OURS], least=10) for name in present
    ]


def _aim(
    what: str, value: float, *, most: float = float("inf"), least: float = -float("inf")
) -> str:
    met = "met" if least <= value <= most else "MISSED"
    bound = f"at most {most:g}" if most < float("inf") else f"at least {least:g}"
    return f"- {what}: {value:.1f}, {bound}: {met}"
