"""All that a condition may ask about, by theme, and the search in it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext, lazy_gettext

from regulars_platform.customers.catalogue import FEATURES
from regulars_platform.segments.suggestions import own_features
from regulars_web.looking_at_customers import Customers
from regulars_web.pages.customers.columns import COLUMN_SETS, USUAL
from regulars_web.pages.segments.draft import BOUGHT_CHOICES
from regulars_web.words.features import feature_heading

MOST_FOUND = 12
_BOUGHT = {
    "bought.product": lazy_gettext("Product bought"),
    "bought.category": lazy_gettext("Category bought"),
    "bought.need": lazy_gettext("Need bought for"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Theme:
    """Choices that belong together: (name, heading)."""

    label: str
    choices: tuple[tuple[str, str], ...]


def choice_heading(name: str) -> str:
    """What a condition asks about, as a heading."""
    return str(_BOUGHT[name]) if name in _BOUGHT else feature_heading(name)


def build_themes(found: Customers | None) -> tuple[Theme, ...]:
    """Every feature, purchases, and the shop's own attributes."""
    bought = tuple((name, choice_heading(name)) for name in BOUGHT_CHOICES)
    own = () if found is None else tuple(own_features(found.features))
    themes = []
    for key, label in COLUMN_SETS.items():
        if key == USUAL:
            continue
        names = [name for name, feature in FEATURES.items() if feature.theme == key]
        names += own if key == "own" else ()
        themes.append(
            Theme(label=str(label), choices=tuple((name, choice_heading(name)) for name in names))
        )
    themes.insert(1, Theme(label=str(gettext("What they bought")), choices=bought))
    return tuple(theme for theme in themes if theme.choices)


def search_choices(themes: Sequence[Theme], text: str) -> tuple[tuple[str, str], ...]:
    """(name, heading) of those with every word of the text in heading, theme or name."""
    asked = text.casefold().split()[:MOST_FOUND]
    if not asked:
        return ()
    found = [
        (name, heading)
        for theme in themes
        for name, heading in theme.choices
        if all(word in f"{heading} {theme.label} {name}".casefold() for word in asked)
    ]
    return tuple(found[:MOST_FOUND])
