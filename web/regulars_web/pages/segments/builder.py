"""What the builder shows: the draft with its problems, and whom its rule holds for."""

from collections.abc import Mapping
from dataclasses import dataclass

from regulars_web.edge import current_shop
from regulars_web.known_values import Known
from regulars_web.looking_at_customers import Customers, find_customers
from regulars_web.pages.segments.checking import Checked
from regulars_web.pages.segments.choices import Theme, build_themes, search_choices
from regulars_web.pages.segments.draft import (
    BOUGHT,
    DraftCondition,
    DraftGroup,
    add_condition,
    add_group,
    put_value,
    remove,
    walk,
)
from regulars_web.pages.segments.live import LiveView, build_live_view
from regulars_web.pages.segments.remarks import Remark, draft_remarks
from regulars_web.product_labels import product_labels

Suggested = Mapping[str, tuple[tuple[str, int], ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Builder:
    """The context of segments/builder.html and segments/live.html.

    found: None as long as there are no customers; live: None without them or without a rule.
    suggestions: by feature what it is known to be, with how many customers. asked: what is searched
    for among the features; matches: those found (name, heading). remarks: by field, on texts that
    nobody has; labels: products by name, as a reader knows them.
    """

    checked: Checked
    found: Customers | None
    live: LiveView | None
    suggestions: Suggested
    themes: tuple[Theme, ...]
    asked: str
    matches: tuple[tuple[str, str], ...]
    remarks: Mapping[str, Remark]
    labels: Mapping[str, str]

    @property
    def value_keys(self) -> tuple[str, ...]:
        """The fields that are typed into; each has a place for its problem."""
        return tuple(
            f"{node.path}-{part}"
            for node in walk(self.checked.draft)
            if isinstance(node, DraftCondition)
            for part in ("value", "second")
        )

    @property
    def text_keys(self) -> tuple[str, ...]:
        """The fields beside which there is a place for a remark."""
        return tuple(
            f"{node.path}-value"
            for node in walk(self.checked.draft)
            if isinstance(node, DraftCondition) and node.kind in ("text", "list", "bought")
        )


def build_builder(checked: Checked, *, asked: str = "", whole: bool = True) -> Builder:
    """Look at the current shop's customers through the rule, where it is one.

    whole: with everything to choose from; else only whom the rule holds for, while one types.
    """
    found = find_customers()
    live = None
    if found is not None and checked.rule is not None:
        live = build_live_view(found, checked.rule, current_shop().currency)
    themes = build_themes(found) if whole else ()
    suggestions = _suggestions(found, checked.draft) if whole else {}
    return Builder(
        checked=checked,
        found=found,
        live=live,
        suggestions=suggestions,
        themes=themes,
        asked=asked,
        matches=search_choices(themes, asked),
        remarks=draft_remarks(found, checked.draft),
        labels=product_labels([name for name, _ in suggestions.get(BOUGHT + "product", ())]),
    )


def do_to_draft(draft: DraftGroup, button: str) -> DraftGroup:
    """What a button of the builder does: "add:" (and perhaps a feature), "group:", "remove:" or
    "set:" (and a value) and a path; else nothing."""
    verb, _, rest = button.partition(":")
    path, _, feature = rest.partition(":")
    if verb == "add":
        return add_condition(draft, path, feature)
    if verb == "set":
        return put_value(draft, path, feature)
    actions = {"group": add_group, "remove": remove}
    return actions[verb](draft, path) if verb in actions else draft


def _suggestions(found: Customers | None, draft: DraftGroup) -> Suggested:
    known = Known(found)
    asked = {
        node.feature
        for node in walk(draft)
        if isinstance(node, DraftCondition) and node.kind in ("text", "list", "bought")
    }
    return {name: tuple(known.counted(name.removeprefix(BOUGHT))) for name in sorted(asked)}
