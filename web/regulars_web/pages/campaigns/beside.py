"""The programmes beside a plan, for its side panel and the launch page."""

from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import get_shop_of
from regulars_platform.launching.preview import Preview, programmes_of
from regulars_platform.programme_effect.beside import ProgrammesBeside
from regulars_web.edge import current_shop, settings


def find_beside(work: Session, preview: Preview, *, wait: bool = True) -> ProgrammesBeside | None:
    """Of the customers who take part, in the days of the draft; none while it does not say these.

    wait: look for them where they are not at hand; otherwise that is None.
    """
    shop = get_shop_of(work, current_shop().id)
    return programmes_of(work, settings(), shop, preview, wait=wait)
