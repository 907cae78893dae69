"""Segments that are made with one press: the same one again, where it is there."""

import datetime as dt

from sqlalchemy.orm import Session

from regulars_platform.segments.rules import Rule, rule_json
from regulars_platform.segments.service import list_segments, save_segment
from regulars_platform.segments.tables import Segment


def segment_of(
    session: Session, *, shop_id: int, name: str, rule: Rule, now: dt.datetime
) -> Segment:
    """The segment with this rule, else a new one under the first name like it that is free."""
    segments = list_segments(session, shop_id)
    same = next((one for one in segments if one.rule == rule_json(rule)), None)
    if same is not None:
        return same
    taken, clean = {one.name for one in segments}, " ".join(name.split())
    numbered = (clean if n == 1 else f"{clean} ({n})" for n in range(1, len(taken) + 2))
    free = next(one for one in numbered if one not in taken)
    return save_segment(session, shop_id=shop_id, name=free, rule=rule, now=now)
