"""Recorded decisions as the page shows them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regulars_platform.campaigns.tables import DecisionRow
from regulars_web.words.reports import ADVICE, segment_name


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownDecision:
    """Who decided what, when and why; look: kind and word of the chip."""

    arm: str
    segment: str
    look: tuple[str, str]
    reason: str
    who: str
    when: dt.datetime
    report_id: int


def decision_rows(
    rows: Sequence[DecisionRow], names: Mapping[int, str]
) -> tuple[ShownDecision, ...]:
    """The decisions in the order given; names: user id -> name."""
    return tuple(
        ShownDecision(
            arm=row.arm,
            segment=segment_name(row.segment),
            look=(ADVICE[row.choice][0], str(ADVICE[row.choice][1])),
            reason=row.reason,
            who=names.get(row.decided_by, ""),
            when=row.decided_at,
            report_id=row.report_id,
        )
        for row in rows
    )
