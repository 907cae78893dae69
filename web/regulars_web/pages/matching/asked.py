"""What is asked on the page of offers and segments: from the address, with the usual before it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from regulars_platform.campaigns.plan import MARGIN_SOURCES
from regulars_platform.matching.ground import Terms
from regulars_platform.offers.kinds import KINDS
from regulars_web.pages.campaigns.form import OFFER_FIELDS

OFFER_FIRST, GROUP_FIRST = "offer", "group"
TERMS = ("channel", "contact_cost", "margin_low_percent", "margin_high_percent", "margin_source")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """way: what one starts from; typed: every field as it stands; group: "everybody", or the
    number of a saved segment; rank: whether an answer is wanted; problems: beside fields."""

    way: str
    typed: Mapping[str, str]
    group: str
    rank: bool
    problems: Mapping[str, list[str]] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """What stands in a field."""
        return self.typed.get(name, "")

    def errors(self, name: str) -> list[str]:
        """What is said beside it."""
        return list(self.problems.get(name, ()))

    @property
    def kind(self) -> str:
        """Of the offer."""
        kind = self.value("kind")
        return kind if kind in KINDS else "free_shipping"

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of that kind of offer."""
        return OFFER_FIELDS[self.kind]

    def offer(self) -> dict[str, Any]:
        """The offer in its JSON form, as typed."""
        raw: dict[str, Any] = {"kind": self.kind}
        if self.kind != "message":
            raw["reach"] = self.value("reach") or "open"
        return raw | {name: self.value(name) for name in self.fields}

    def terms(self) -> Terms:
        """Channel, cost and margin, as typed."""
        low = self.value("margin_low_percent")
        source = self.value("margin_source")
        return Terms(
            channel=self.value("channel"),
            contact_cost=self.value("contact_cost"),
            margin_low=low,
            margin_high=self.value("margin_high_percent") or low,
            margin_source=source if source in MARGIN_SOURCES else "flat",
        )


def read_asked(arguments: Mapping[str, str], usual: Mapping[str, Any]) -> Asked:
    """usual: a draft to begin with, for what the address does not say."""
    arm = (usual.get("arms") or [{}])[0]
    start = {
        **{name: str(usual.get(name) or "") for name in TERMS},
        "channel": str(arm.get("channel") or "sms"),
        "contact_cost": str(arm.get("contact_cost") or ""),
        **{name: str(value) for name, value in arm.get("offer", {}).items()},
    }
    if "margin_low_percent" in arguments:
        # one margin that is typed is not half of an earlier range
        start["margin_high_percent"] = ""
    return Asked(
        way=GROUP_FIRST if arguments.get("way") == GROUP_FIRST else OFFER_FIRST,
        typed=start | {name: value.strip() for name, value in arguments.items()},
        group=arguments.get("group", "everybody"),
        rank="rank" in arguments,
    )
