"""Campaigns that are over and taught nothing: too small, or nothing in them could be estimated."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.memory.models import Learning
from regulars_platform.memory.service import PROVISIONAL, SETTLED
from regulars_platform.memory.tables import LearningRow


def taught_nothing(
    session: Session, shop_id: int, learnings: Sequence[Learning]
) -> tuple[str, ...]:
    """Their names, the oldest first; learnings: of the shop, as `read_learnings` gives them."""
    taught = {learning.campaign_id for learning in learnings}
    rows = session.execute(
        select(LearningRow.campaign_id, LearningRow.campaign)
        .where(LearningRow.shop_id == shop_id, LearningRow.state.in_((SETTLED, PROVISIONAL)))
        .distinct()
        .order_by(LearningRow.campaign_id)
    )
    return tuple(name for campaign_id, name in rows if campaign_id not in taught)
