"""Forecasts frozen at the launch, kept and read."""

import datetime as dt
import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.tables import Campaign
from regulars_platform.canonical import canonical_json
from regulars_platform.memory.forecast import Promise, read_promises
from regulars_platform.memory.tables import ForecastRow


def keep_forecast(
    session: Session, *, campaign_id: int, document: dict[str, Any], now: dt.datetime
) -> None:
    """Freeze the forecast of a campaign, in the transaction of its launch."""
    session.add(
        ForecastRow(campaign_id=campaign_id, made_at=now, document=canonical_json(document))
    )
    session.flush()


def find_forecast(session: Session, campaign_id: int) -> dict[str, Any] | None:
    """The forecast as it was frozen (schema regulars.forecast/1); None where none was made."""
    text = session.scalar(
        select(ForecastRow.document).where(ForecastRow.campaign_id == campaign_id)
    )
    found: dict[str, Any] | None = None if text is None else json.loads(text)
    return found


def promises_of_shop(session: Session, shop_id: int) -> dict[int, tuple[Promise, ...]]:
    """What was promised of each launched campaign of the shop, by its id."""
    rows = session.execute(
        select(ForecastRow.campaign_id, ForecastRow.document)
        .join(Campaign, Campaign.id == ForecastRow.campaign_id)
        .where(Campaign.shop_id == shop_id)
    )
    return {campaign_id: read_promises(document) for campaign_id, document in rows}
