"""Which features the table of customers shows beside each other: the reader picks a theme."""

from collections.abc import Iterable

from flask_babel import LazyString, lazy_gettext

from regulars_platform.customers.catalogue import ATTRIBUTE, FEATURES, NUMBER, ORDER_FEATURES

USUAL = "usual"

COLUMN_SETS: dict[str, LazyString] = {
    USUAL: lazy_gettext("the usual"),
    "buying": lazy_gettext("How they buy"),
    "money": lazy_gettext("Money"),
    "rhythm": lazy_gettext("Rhythm"),
    "taste": lazy_gettext("Taste"),
    "care": lazy_gettext("Refunds and complaints"),
    "person": lazy_gettext("Who they are"),
    "bond": lazy_gettext("Bond with the shop"),
    "future": lazy_gettext("What is to come"),
    "own": lazy_gettext("Own tags and attributes"),
}
"""Every choice with its words: the usual, and each theme of features."""

MOST_OWN = 20
"""How many own attributes stand beside each other."""


def column_names(choice: str, there: Iterable[str]) -> tuple[str, ...]:
    """The features of a choice. there: the columns that the shop's frame has."""
    if choice == USUAL:
        return tuple(ORDER_FEATURES)
    names = tuple(name for name, feature in FEATURES.items() if feature.theme == choice)
    if choice != "own":
        return names
    numbers = {name.removeprefix(NUMBER) for name in there if name.startswith(NUMBER)}
    own = (name for name in there if name.startswith(ATTRIBUTE))
    # a number is shown as one, and so sorted as one
    shown = (
        NUMBER + name.removeprefix(ATTRIBUTE) if name.removeprefix(ATTRIBUTE) in numbers else name
        for name in own
    )
    return names + tuple(shown)[:MOST_OWN]
