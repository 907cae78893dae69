"""The campaign that a match stands for, under names that people read."""

from typing import Any

from regulars_platform.fields import FieldReader
from regulars_platform.matching.meeting import Match
from regulars_platform.offers.reading import read_offer
from regulars_platform.offers.titles import Titled


def draft_called(match: Match, name: str, currency: str, titled: Titled) -> dict[str, Any]:
    """The plan of a match, to keep as a draft; its one arm is called after its offer."""
    (arm,) = match.draft["arms"]
    offer = read_offer(FieldReader(arm["offer"]))
    called = arm | {"name": "" if offer is None else titled(offer, currency)}
    return {**match.draft, "name": name[:200], "arms": [called]}
