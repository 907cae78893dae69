"""The values of the identity doctor's page, and of its section beside the columns of a file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl
from flask_babel import gettext

from regulars_platform.identity.diagnose import Diagnosis
from regulars_platform.identity.examination import ArmsBefore, Examination
from regulars_platform.identity.found_again import FileRate
from regulars_platform.identity.kinds import Trust
from regulars_web.formats import number, percent, sentence
from regulars_web.pages.data.identity_words import PAIR_REASONS, TRUST_CHIPS
from regulars_web.words.plans import arm_label

MOST_ID = 60  # characters of an id that are shown


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyShown:
    """One key: what it is, how far it is to be trusted (chip), and what to mind."""

    heading: str
    name: str
    chip: tuple[str, str]
    stability: str
    filled: str
    different: str
    warnings: tuple[str, ...]
    is_chosen: bool
    can_be_key: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class FileShown:
    """One file: orders, and shares of them with a customer and with one known before."""

    name: str
    orders: str
    with_customer: str
    known: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmsShown:
    """One campaign: each arm, its customers, and how many of them had ordered before."""

    campaign_id: int
    name: str
    arms: tuple[tuple[str, str, str], ...]
    verdict: tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityPage:
    """The context of data/identity.html."""

    made_at: object
    key: KeyShown
    figures: tuple[dict[str, str], ...]
    changes_weekly: bool
    files: tuple[FileShown, ...]
    reasons: tuple[tuple[str, str], ...]
    pairs: tuple[tuple[str, str, str], ...]
    pairs_in_all: int
    crowded: int
    hidden: int
    arms: tuple[ArmsShown, ...]


def trust_chip(trust: Trust) -> tuple[str, str]:
    """Kind and word of the chip for the trust in a key."""
    kind, word = TRUST_CHIPS[trust]
    return kind, str(word)


def key_shown(found: Diagnosis, chosen: str | None = None) -> KeyShown:
    """One diagnosed column; chosen: the heading that is taken for the customer."""
    return KeyShown(
        heading=found.heading,
        name=sentence(found.facts.name),
        chip=trust_chip(found.facts.trust),
        stability=sentence(found.facts.stability),
        filled=_share(found.filled, found.rows),
        different=number(found.different),
        warnings=tuple(sentence(warning) for warning in found.warnings),
        is_chosen=found.heading == chosen,
        can_be_key=found.can_be_key,
    )


def keys_shown(found: Iterable[Diagnosis], chosen: str | None) -> tuple[KeyShown, ...]:
    """The diagnosed columns of a file, the chosen one first."""
    shown = [key_shown(diagnosis, chosen) for diagnosis in found]
    return tuple(sorted(shown, key=lambda key: not key.is_chosen))


def identity_page(
    found: Examination, pairs: pl.DataFrame, names: Mapping[int, str]
) -> IdentityPage:
    """The page of an examination; names: import -> name of its file."""
    shop = found.shop
    return IdentityPage(
        made_at=found.made_at,
        key=key_shown(found.key),
        figures=(
            {
                "label": gettext("Customers of orders"),
                "value": number(shop.customers),
                "detail": gettext("who never ordered is in none of these figures"),
            },
            {
                "label": gettext("Seen again"),
                "value": _share(shop.again, shop.customers),
                "detail": gettext("%(count)s with a second order", count=number(shop.again)),
            },
            {
                "label": gettext("Seen again in another week"),
                "value": _share(shop.another_week, shop.customers),
                "detail": gettext(
                    "%(count)s with orders in two calendar weeks or more",
                    count=number(shop.another_week),
                ),
            },
        ),
        changes_weekly=shop.changes_weekly,
        files=tuple(_file(rate, names) for rate in reversed(found.files)),
        reasons=tuple(
            (str(PAIR_REASONS[reason]), number(count))  # type: ignore[index]
            for reason, count in found.pairs.items()
        ),
        pairs=tuple(
            (first[:MOST_ID], second[:MOST_ID], str(PAIR_REASONS[reason]))
            for first, second, reason in pairs.iter_rows()
        ),
        pairs_in_all=found.pairs_in_all,
        crowded=found.crowded,
        hidden=found.hidden,
        arms=tuple(_arms(arms) for arms in found.arms),
    )


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if whole else "–"


def _file(rate: FileRate, names: Mapping[int, str]) -> FileShown:
    return FileShown(
        name=names.get(rate.import_id, gettext("file %(number)s", number=rate.import_id)),
        orders=number(rate.orders),
        with_customer=_share(rate.with_customer, rate.orders),
        known=_share(rate.known, rate.with_customer),
    )


def _arms(arms: ArmsBefore) -> ArmsShown:
    if arms.p_value is None:
        verdict = ("quiet", gettext("nothing from before the launch to compare"))
    elif arms.flagged:
        verdict = ("bad", gettext("found unlike: one arm is missing customers"))
    else:
        verdict = ("good", gettext("found alike"))
    return ArmsShown(
        campaign_id=arms.campaign_id,
        name=arms.name,
        arms=tuple(
            (arm_label(arm), number(size), _share(there, size)) for arm, size, there in arms.before
        ),
        verdict=verdict,
    )
