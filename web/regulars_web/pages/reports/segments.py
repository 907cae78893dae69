"""The segments of a report as rows: what each earned, how sure that is, and what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext, ngettext

from regulars_web.drawing.placing import PlacedRow, place_rows
from regulars_web.formats import number, percent
from regulars_web.pages.reports.drawn.segments import by_profit, segment_forest
from regulars_web.pages.reports.threshold_words import change_reason
from regulars_web.words.answers import Shown, dash, share, shown
from regulars_web.words.reports import (
    ADVICE,
    EVIDENCE,
    amount,
    believed_of,
    chance,
    correction_words,
    interval,
    look,
    reason_words,
    segment_name,
    short_reason,
    wrong_words,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentRow:
    """One row of the segment table, formatted. hidden: too small to be shown.

    why: the reason why its net cannot be told, once for the whole row. price: of being wrong.
    """

    arm: str
    name: str
    hidden: bool
    n: str
    n_control: str
    drawing: PlacedRow | None = None
    why: str = ""
    price: str = ""
    control_margin: str = ""
    raw: Shown | None = None
    pooled: Shown | None = None
    leak: Shown | None = None
    chance: str = ""
    evidence: tuple[str, str] | None = None
    corrected: str = ""
    advice: tuple[str, str] | None = None
    reason: str = ""


def believed_shown(group: Mapping[str, Any], currency: str) -> Shown | None:
    """Net each by what decides; with a note where earlier campaigns have a say in it."""
    found = believed_of(group)
    if found is None:
        return None
    return Shown(
        text=amount(found["mean"], currency, signed=True),
        interval=interval(found["low"], found["high"], currency),
        note=str(gettext("with memory")) if found.get("basis") == "memory" else "",
    )


def leak_shown(answer: Mapping[str, Any]) -> Shown:
    """The leak in percent; over 100% it says how that can be."""
    told = share(answer, 0)
    if answer.get("estimate", 0) <= 1:
        return told
    note = gettext("over %(whole)s: fewer orders came than without", whole=percent(1, 0))
    return replace(told, note=str(note))


def segment_rows(document: Mapping[str, Any]) -> tuple[SegmentRow, ...]:
    """All segments of all arms, the best first, with what is drawn of each."""
    groups, forest = by_profit(document["segments"]), segment_forest(document)
    drawn = () if forest is None else place_rows(forest).rows
    rows = (_segment(document, group) for group in groups)
    if not drawn:
        return tuple(rows)
    return tuple(
        replace(row, drawing=drawing if drawing.points or drawing.spans else None)
        for row, drawing in zip(rows, drawn, strict=True)
    )


def _segment(document: Mapping[str, Any], group: Mapping[str, Any]) -> SegmentRow:
    currency = document["plan"]["currency"]
    if group["hidden"]:
        return SegmentRow(
            arm=group["arm"],
            name=segment_name(group["segment"]),
            hidden=True,
            n=number(group["n"]),
            n_control=number(group["n_control"]),
        )
    decision, margin = group["decision"], group["control_margin"]
    known = "estimate" in group["net"]
    return SegmentRow(
        arm=group["arm"],
        name=segment_name(group["segment"]),
        hidden=False,
        n=number(group["n"]),
        n_control=number(group["n_control"]),
        why="" if known else reason_words(group["net"]["code"]),
        price=wrong_words(group, currency),
        control_margin="–" if margin is None else amount(margin, currency),
        raw=shown(group["net"], currency) if known else dash(),
        pooled=believed_shown(group, currency),
        leak=_leak(group, known=known),
        chance="" if decision is None else chance(decision["chance_positive"]),
        evidence=look(EVIDENCE, group["evidence"]),
        corrected=correction_words(group, document["segments"]),
        advice=None if decision is None else look(ADVICE, decision["advice"]),
        reason=_short_reason(document, group),
    )


def _short_reason(document: Mapping[str, Any], group: Mapping[str, Any]) -> str:
    """Beside the chance and the cost of being wrong, which have places of their own."""
    decision = group["decision"]
    if decision is not None and decision["advice"] == "change":
        return change_reason(document, group)
    return short_reason(group, document["plan"]["currency"])


def _leak(group: Mapping[str, Any], *, known: bool) -> Shown | None:
    """None without an offer; a dash where the row says already why nothing can be told."""
    if group["leak"] is None:
        return None
    return leak_shown(group["leak"]) if known or "estimate" in group["leak"] else dash()


def segments_finding(document: Mapping[str, Any]) -> str:
    """What the segment table says, as its heading; with several arms, of any of them."""
    shown_groups = [group for group in document["segments"] if not group["hidden"]]
    proved = len(_segments_with(shown_groups, "proved_better"))
    lost = len(_segments_with(shown_groups, "proved_worse"))
    facts = {"total": number(len({group["segment"] for group in shown_groups}))}
    if not shown_groups:
        return str(gettext("No segment is large enough to be shown"))
    if lost and not proved:
        return str(
            ngettext(
                "A loss is proved in %(num)s of %(total)s segments",
                "A loss is proved in %(num)s of %(total)s segments",
                lost,
                **facts,
            )
        )
    if not proved:
        return str(gettext("No segment proves a profit by itself"))
    return str(
        ngettext(
            "A profit is proved in %(num)s of %(total)s segments",
            "A profit is proved in %(num)s of %(total)s segments",
            proved,
            **facts,
        )
    )


def _segments_with(groups: Sequence[Mapping[str, Any]], evidence: str) -> set[str]:
    return {group["segment"] for group in groups if group["evidence"] == evidence}
