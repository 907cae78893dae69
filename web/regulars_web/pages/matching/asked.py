"""What is asked on the page of offers and segments: from the address, with the usual before it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from regulars_platform.campaigns.plan import MARGIN_SOURCES
from regulars_platform.matching.ground import Terms
from regulars_platform.offers.goods_costs import CostCoverage
from regulars_platform.offers.kinds import KINDS
from regulars_web.pages.campaigns.form import OFFER_FIELDS

OFFER_FIRST, GROUP_FIRST = "offer", "group"
EVERYBODYS, READY = "everybody", "ready-"
TERMS = ("channel", "contact_cost", "margin_low_percent", "margin_high_percent", "margin_source")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """way: what one starts from; typed: every field as it stands; group: "everybody", the number of
    a saved segment, or READY and the key of a ready-made group; costs: of products, as far as the
    shop knows them; rank: whether an answer is wanted; problems: beside fields."""

    way: str
    typed: Mapping[str, str]
    group: str
    costs: CostCoverage | None
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

    @property
    def knows_costs(self) -> bool:
        """Whether the cost of anything that was sold in the last year is known."""
        return self.costs is not None and bool(self.costs.share)

    @property
    def margin_source(self) -> str:
        """By costs per product where the shop knows any and nobody says otherwise."""
        source = self.value("margin_source")
        if source not in MARGIN_SOURCES or not self.knows_costs:
            return "products" if self.knows_costs else "flat"
        return source

    @property
    def all_costs_known(self) -> bool:
        """Whether no margin besides is of any use."""
        return self.costs is not None and self.knows_costs and self.costs.known == self.costs.goods

    def terms(self) -> Terms:
        """Channel, cost and margin, as typed."""
        low = self.value("margin_low_percent")
        high = self.value("margin_high_percent") or low
        by_product = self.margin_source == "products"
        if by_product and self.all_costs_known:
            low = ""
        return Terms(
            channel=self.value("channel"),
            contact_cost=self.value("contact_cost"),
            margin_low=low,
            margin_high=low if by_product else high,
            margin_source=self.margin_source,
        )

    @property
    def terms_are_there(self) -> bool:
        """Whether nothing is left to be typed before an answer."""
        terms = self.terms()
        return bool(terms.contact_cost and (terms.margin_low or terms.margin_source == "products"))


def read_asked(
    arguments: Mapping[str, str], usual: Mapping[str, Any], costs: CostCoverage | None
) -> Asked:
    """usual: a draft to begin with, for what the address does not say; costs: see Asked."""
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
    asked = Asked(
        way=GROUP_FIRST if arguments.get("way") == GROUP_FIRST else OFFER_FIRST,
        typed=start | {name: value.strip() for name, value in arguments.items()},
        group=arguments.get("group", EVERYBODYS),
        costs=costs,
        rank="rank" in arguments,
    )
    if asked.way == GROUP_FIRST and "group" in arguments and "contact_cost" not in arguments:
        # from the page of a group: it is answered at once where nothing is left to be said
        return replace(asked, rank=asked.terms_are_there)
    return asked
