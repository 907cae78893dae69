"""What the builder shows: the draft with its problems, and whom its rule holds for."""

from collections.abc import Mapping
from dataclasses import dataclass

from regulars_platform.customers.browse import distribution
from regulars_platform.customers.features import FEATURES
from regulars_web.edge import current_shop
from regulars_web.pages.customers.looking import Customers, find_customers
from regulars_web.pages.segments.checking import Checked
from regulars_web.pages.segments.draft import (
    DraftCondition,
    DraftGroup,
    add_condition,
    add_group,
    remove,
    walk,
)
from regulars_web.pages.segments.live import LiveView, build_live_view

MOST_SUGGESTIONS = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Builder:
    """The context of segments/builder.html and segments/live.html.

    found: None as long as there are no customers; live: None without them or without a rule.
    suggestions: what a text feature is known to be, by feature.
    """

    checked: Checked
    found: Customers | None
    live: LiveView | None
    suggestions: Mapping[str, tuple[str, ...]]
    features: tuple[str, ...]

    @property
    def value_keys(self) -> tuple[str, ...]:
        """The fields that are typed into; each has a place for its problem."""
        return tuple(
            f"{node.path}-value"
            for node in walk(self.checked.draft)
            if isinstance(node, DraftCondition)
        )


def build_builder(checked: Checked) -> Builder:
    """Look at the current shop's customers through the rule, where it is one."""
    found = find_customers()
    live = None
    if found is not None and checked.rule is not None:
        live = build_live_view(found, checked.rule, current_shop().currency)
    return Builder(
        checked=checked,
        found=found,
        live=live,
        suggestions={} if found is None else _suggestions(found, checked.draft),
        features=tuple(FEATURES),
    )


def do_to_draft(draft: DraftGroup, button: str) -> DraftGroup:
    """What a button of the builder does: "add:", "group:" or "remove:" and a path; else nothing."""
    verb, _, path = button.partition(":")
    actions = {"add": add_condition, "group": add_group, "remove": remove}
    return actions[verb](draft, path) if verb in actions else draft


def _suggestions(found: Customers, draft: DraftGroup) -> dict[str, tuple[str, ...]]:
    asked = {
        node.feature
        for node in walk(draft)
        if isinstance(node, DraftCondition) and node.kind == "text"
    }
    return {
        name: tuple(
            value for value, _ in distribution(found.features, name).values[:MOST_SUGGESTIONS]
        )
        for name in sorted(asked)
    }
