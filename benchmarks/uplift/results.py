"""Honest Qini of every learner with its sampling error, beside the best public library."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.uplift.task import Array, Task

from regulars_experiments.results import Estimate, NotEstimable
from regulars_experiments.uplift.curves import compare, curves
from regulars_experiments.uplift.ordering import Trial
from regulars_experiments.uplift.ranked import Ranked, rank

OURS = "Regulars"
RULE = "one-column rule"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """One learner's out-of-fold scores. seconds: of CPU per fold."""

    library: str
    learner: str
    base: str
    seconds: float
    scores: Array


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a table.

    area, error: Qini area in the outcome's unit per 1,000 customers, and its sampling standard
    error. coefficient: scikit-uplift's, for yes or no. peer: the best public library with the same
    learner and base, and less, less_error: ours less it by the same customers. forest: our CPU
    time as a share of the cheapest forest's.
    """

    scored: Scored
    area: float
    error: float
    coefficient: float | None
    peer: str = ""
    less: float | None = None
    less_error: float | None = None
    forest: float | None = None

    @property
    def within(self) -> bool:
        """Not below the peer by more than the sampling error of our own Qini."""
        return self.less is None or self.less >= -self.error


def lines(task: Task, scored: Sequence[Scored], rule: Array) -> list[Line]:
    """Of all contenders and the rule, best first."""
    trial = Trial(outcome=task.outcome, arm=task.arm)
    ranks = [(each, rank(each.scores, trial)) for each in scored]
    forests = [each.seconds for each in scored if each.learner == "forest"]
    found = [_line(each, ranked, ranks, min(forests)) for each, ranked in ranks]
    named = Scored(library="", learner=RULE, base="", seconds=0.0, scores=rule)
    found.append(_line(named, rank(rule, trial), [], None))
    return sorted(found, key=lambda line: -line.area)


def _line(
    scored: Scored,
    ranked: Ranked,
    ranks: Sequence[tuple[Scored, Ranked]],
    forest: float | None,
) -> Line:
    whole = curves(ranked, seed=None)
    area, coefficient = _sure(whole.qini_area), whole.qini_coefficient
    peers = [
        (_sure(compare(ranked, other).qini_area), each)
        for each, other in (ranks if scored.library == OURS else ())
        if each.library != OURS and (each.learner, each.base) == (scored.learner, scored.base)
    ]
    # the best of them is the one that ours is least ahead of
    best = min(peers, key=lambda found: found[0].estimate, default=None)
    return Line(
        scored=scored,
        area=1000 * area.estimate,
        error=1000 * (area.standard_error or 0.0),
        coefficient=None if isinstance(coefficient, NotEstimable) else coefficient.estimate,
        peer=best[1].library if best else "",
        less=1000 * best[0].estimate if best else None,
        less_error=1000 * (best[0].standard_error or 0.0) if best else None,
        forest=scored.seconds / forest if forest and scored.library == OURS else None,
    )


def _sure(answer: Estimate | NotEstimable) -> Estimate:
    if isinstance(answer, NotEstimable):
        raise TypeError(f"the campaign has no Qini: {answer.words}")
    return answer


def table(found: Sequence[Line], unit: str) -> list[str]:
    """Markdown."""
    head = (
        *("library", "learner", "base", f"Qini area, {unit} per 1,000 (SE)"),
        *("coefficient", "less best public of the same kind (SE)", "CPU s per fold"),
        "of the cheapest forest",
    )
    rows = ["| " + " | ".join(head) + " |", "| --- | --- | --- |" + " ---: |" * 5]
    for line in found:
        less = ""
        if line.less is not None and line.less_error is not None:
            less = f"{line.less:+.2f} ({line.less_error:.2f}) {line.peer}"
        cells = (
            *(line.scored.library, line.scored.learner, line.scored.base),
            f"{line.area:.2f} ({line.error:.2f})",
            "" if line.coefficient is None else f"{line.coefficient:.3f}",
            *(less, f"{line.scored.seconds:.2f}" if line.scored.library else ""),
            "" if line.forest is None else f"{line.forest:.2f}",
        )
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def missed(found: Sequence[Line]) -> list[str]:
    """Aims that ours miss: Qini within the sampling error of the best, a tenth of the CPU."""
    said = []
    for line in found:
        name = f"{line.scored.learner} ({line.scored.base})"
        if not line.within:
            said.append(f"{name}: Qini below {line.peer} by more than its sampling error")
        if line.forest is not None and line.forest > 0.1:
            said.append(f"{name}: {line.forest:.2f} of the CPU time of the cheapest forest")
    return said
