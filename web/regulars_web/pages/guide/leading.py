"""The line above a page that says what comes next, as long as a shop is new to all this."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import request
from flask_login import current_user

from regulars_platform.guided.service import sample_of
from regulars_platform.guided.steps import CUSTOMERS, LIST, REPORT, progress_of
from regulars_web.edge import find_current_shop, reading, settings
from regulars_web.pages.guide.steps import Step, build_steps

VISITS = {
    "customers.overview": CUSTOMERS,
    "campaigns.contacts": LIST,
    "reports.show": REPORT,
    "reports.version": REPORT,
}
"""Endpoint -> the step that is done by having been there."""

LED = frozenset(
    {
        *("customers.overview", "segments.overview", "segments.edit", "matching.overview"),
        *("data.overview", "data.one", "campaigns.overview", "campaigns.show"),
    }
)
"""Pages of the way on which one may wonder what comes next."""

LED_IN_SAMPLE = LED | {"home.shop", "reports.show", "reports.version"}


def next_step() -> Step | None:
    """The step that this page does not do itself; None where nobody has to be led."""
    shop = find_current_shop() if current_user.is_authenticated else None
    if shop is None or request.method != "GET":
        return None
    in_sample = sample_of(shop) is not None
    if request.endpoint not in (LED_IN_SAMPLE if in_sample else LED):
        return None
    with reading() as work:
        found = progress_of(work, settings(), shop.id, shop)
    # whoever has been through a campaign knows the way; without orders, each page says what is due
    knows = found.evaluated or found.campaigns > 1
    if not in_sample and (knows or not found.orders):
        return None
    return _first_elsewhere(build_steps(found, in_sample=in_sample))


def _first_elsewhere(steps: Sequence[Step]) -> Step | None:
    """The first that is not done, is possible now, and is done on another page than this one."""
    for step in steps:
        if step.state == "past" or step.address is None:
            continue
        if urlsplit(step.address).path != request.path:
            return step
    return None
