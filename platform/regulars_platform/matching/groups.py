"""Groups to try an offer on: the shop's saved segments, ready-made ones, and everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.fields import FieldReader
from regulars_platform.offers.kinds import offer_threshold
from regulars_platform.offers.reading import read_offer
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.segments.parsing import parse_rule
from regulars_platform.segments.presets import fits_threshold
from regulars_platform.segments.ready_made import (
    PRESETS,
    is_open,
    known_features,
    read_answers,
    usual_answers,
)
from regulars_platform.segments.rules import EVERYBODY, Rule
from regulars_platform.segments.service import list_segments
from regulars_platform.words import N_, Sentence

MOST = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """A group to try. title: its name (saved ones) or what it is; saved_id: of a saved segment.

    fitting: it is made of those whom the offer's threshold fits.
    """

    title: Sentence
    rule: Rule
    saved_id: int | None = None
    fitting: bool = False


def groups_to_try(
    session: Session, shop_id: int, features: pl.LazyFrame, offer: dict[str, object]
) -> list[Group]:
    """At most MOST: whom the threshold fits, saved segments, ready-made ones, everybody.

    Ready-made groups with the numbers that stand in their fields at first; those that ask for a
    name of a product or an own attribute are left to the builder of segments.
    """
    found = [*_fitting(offer), *_saved(session, shop_id)]
    known = known_features(features)
    for preset in PRESETS.values():
        asked = usual_answers(preset, lambda _: ())
        answers = None if asked is None else read_answers(preset, asked)[0]
        if answers is not None and is_open(preset, known):
            found.append(Group(title=Sentence(preset.title), rule=preset.rule(answers)))
    everybody = Group(title=Sentence(N_("Every customer")), rule=EVERYBODY)
    return [*_without_doubles(found)[: MOST - 1], everybody]


def _fitting(offer: dict[str, object]) -> list[Group]:
    rule = fitting_rule(offer)
    if rule is None:
        return []
    return [Group(title=Sentence(N_("Those whom the threshold fits")), rule=rule, fitting=True)]


def fitting_rule(offer: dict[str, object]) -> Rule | None:
    """Those whom an offer's one threshold fits; None where it has none, or each has their own."""
    read = read_offer(FieldReader(offer))
    threshold = None if read is None else offer_threshold(read)
    return None if threshold is None else fits_threshold(Decimal(threshold) / MONEY_SCALE)


def _saved(session: Session, shop_id: int) -> list[Group]:
    return [
        # a name of the shop's own is no template
        Group(
            title=Sentence("%(name)s", {"name": row.name}),
            rule=parse_rule(row.rule),
            saved_id=row.id,
        )
        for row in list_segments(session, shop_id)
    ]


def _without_doubles(groups: Sequence[Group]) -> list[Group]:
    return list({repr(group.rule): group for group in reversed(groups)}.values())[::-1]
