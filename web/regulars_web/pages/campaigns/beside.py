"""The programmes beside a plan, for its side panel and the launch page."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from regulars_platform.campaigns.plan_form import read_draft
from regulars_platform.campaigns.service import get_shop_of
from regulars_platform.launching.preview import Preview
from regulars_platform.programme_effect.beside import (
    NOBODY,
    Days,
    ProgrammesBeside,
    programmes_beside,
)
from regulars_web.edge import current_shop, settings
from regulars_web.pages.campaigns.problems import full_draft


def find_beside(work: Session, preview: Preview, raw: Mapping[str, Any]) -> ProgrammesBeside:
    """Of the customers who take part, in the days of a draft; none while it does not say these."""
    draft = read_draft(full_draft(raw, current_shop()))
    first, last = draft.send_date, draft.outcome_end
    if preview.drawn is None or draft.as_of is None or first is None or last is None:
        return NOBODY
    shop = get_shop_of(work, current_shop().id)
    days = Days(first=first, last=last, as_of=draft.as_of)
    return programmes_beside(work, settings(), shop, preview.drawn, days)
