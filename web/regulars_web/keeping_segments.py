"""Segments that a page makes with one press."""

from sqlalchemy.orm import Session

from regulars_platform.segments import keeping
from regulars_platform.segments.rules import Rule
from regulars_web.edge import now


def segment_of(work: Session, shop_id: int, name: str, rule: Rule) -> int:
    """The segment with this rule, else a new one under the first name like it that is free."""
    return keeping.segment_of(work, shop_id=shop_id, name=name, rule=rule, now=now()).id
