"""Segments that a page makes with one press: the same one again, where it is there."""

from sqlalchemy.orm import Session

from regulars_platform.segments.rules import Rule, rule_json
from regulars_platform.segments.service import list_segments, save_segment
from regulars_web.edge import now


def segment_of(work: Session, shop_id: int, name: str, rule: Rule) -> int:
    """The segment with this rule, else a new one under the first name like it that is free."""
    segments = list_segments(work, shop_id)
    same = next((one for one in segments if one.rule == rule_json(rule)), None)
    if same is not None:
        return same.id
    taken, clean = {one.name for one in segments}, " ".join(name.split())
    numbered = (clean if n == 1 else f"{clean} ({n})" for n in range(1, len(taken) + 2))
    free = next(one for one in numbered if one not in taken)
    return save_segment(work, shop_id=shop_id, name=free, rule=rule, now=now()).id
