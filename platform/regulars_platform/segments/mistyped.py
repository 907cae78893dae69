"""Names that a rule asks for and that nobody has: whether they are there, and the nearest ones."""

import difflib
from collections.abc import Iterable
from functools import lru_cache

import polars as pl

from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.titles import product_titles
from regulars_platform.intake.regions import plain_region_name
from regulars_platform.segments.purchases import bought_names, kept_product_names, purchases
from regulars_platform.segments.suggestions import known_values
from regulars_platform.segments.tree import By

MOST_COMPARED = 2_000
"""So many names, those of most customers first, are compared letter by letter."""

PROBED = 20_000
"""So many customers are looked at before all the others are."""

PROPOSED = 3
_ALIKE = 0.65
_WORDS_ALIKE = 0.75
"""From here on a word of a name is taken for a misspelt one; short words are alike by chance."""


def was_bought(store: FeatureStore, by: By, name: str, version: int) -> bool:
    """Whether any order has a product of this name (or of this category, or for this need)."""
    names = kept_product_names(store, by, name)
    found = purchases(store, version).filter(pl.col("product").is_in(names)).head(1).collect()
    return found.height > 0


def nearest_bought(store: FeatureStore, by: By, name: str, version: int) -> list[str]:
    """What was bought and is called most like it, by its name or its title."""
    known = [one for one, _ in bought_names(store, by, version, most=MOST_COMPARED)]
    titles = product_titles(store.shop_dir, known) if by == "product" else {}
    return nearest(name, [(one, titles.get(one, one)) for one in known])


def somebody_has(features: pl.LazyFrame, feature: str, value: str) -> bool:
    """Whether any customer has this text, or has it among several."""
    schema = features.collect_schema()
    if feature not in schema:
        return False
    if feature == "region":
        value = plain_region_name(value)
    column = pl.col(feature)
    has = column.list.contains(value) if isinstance(schema[feature], pl.List) else column == value
    # what many have is found among the first, and the rest need not be read
    return any(
        not part.filter(has).select(feature).head(1).collect().is_empty()
        for part in (features.head(PROBED), features.slice(PROBED))
    )


def nearest_value(features: pl.LazyFrame, feature: str, value: str) -> list[str]:
    """The texts that customers have which are most like it."""
    known = known_values(features, feature, most=MOST_COMPARED)
    return nearest(value, [(one, one) for one, _ in known])


def nearest(asked: str, known: Iterable[tuple[str, str]]) -> list[str]:
    """At most PROPOSED of the names, the most like first. known: (name, what else it is called).

    Those in which it stands as it was typed come before those that are spelt alike.

    >>> nearest("green", [("T1", "Green tea"), ("T2", "Grape"), ("greek", "greek")])
    ['T1', 'greek']
    """
    typed = asked.casefold().strip()
    scores: dict[str, float] = {}
    for name, title in known:
        score = max(_likeness(typed, said) for said in {name.casefold(), title.casefold()})
        if score >= _ALIKE:
            scores[name] = max(score, scores.get(name, 0.0))
    # of equals the one of most customers, which stands first
    return sorted(scores, key=lambda name: -scores[name])[:PROPOSED]


def _likeness(typed: str, said: str) -> float:
    """From 0 to 1. A few words may stand for a name of many; Chinese has no words to tell apart."""
    if not typed or not said:
        return 0.0
    if typed in said:
        return 1.0
    words = [
        max(_ratio(word, other, _WORDS_ALIKE) for other in said.split()) for word in typed.split()
    ]
    alike = max(_ratio(typed, said, _ALIKE), sum(words) / len(words))
    if typed.isascii():
        return alike
    block = difflib.SequenceMatcher(None, typed, said, autojunk=False).find_longest_match()
    return max(alike, block.size / len(typed))


@lru_cache(maxsize=20_000)
def _ratio(one: str, other: str, least: float) -> float:
    if 2 * min(len(one), len(other)) < least * (len(one) + len(other)):
        return 0.0  # at best all of the shorter one is in the longer
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    if matcher.quick_ratio() < least:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= least else 0.0
