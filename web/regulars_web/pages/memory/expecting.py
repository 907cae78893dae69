"""What a draft is expected to earn, for the side of the plan form."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext

from regulars_platform.launching.preview import Preview
from regulars_platform.memory.forecast import ArmForecast, GroupForecast
from regulars_platform.memory.likeness import Likeness
from regulars_web.formats import percent
from regulars_web.pages.memory.words import basis_text
from regulars_web.words.plans import segment_label
from regulars_web.words.reports import amount, chance, clauses, interval

_ALL = 0.995  # from here on it is written as 100%


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """One arm: what it is expected to earn in all, the chance of a loss, and where that is from.

    leaning: on which past people, "" where none is known by name.
    """

    arm: str
    value: str
    range: str
    loss: str
    basis: str
    leaning: str
    remembered: bool


def expectations(preview: Preview, currency: str) -> list[Expectation]:
    """One for each arm of a draft that says enough; none while it does not."""
    return [_expectation(arm, currency) for arm in preview.forecast or ()]


def _expectation(arm: ArmForecast, currency: str) -> Expectation:
    return Expectation(
        arm=arm.arm,
        value=amount(arm.expected, currency, whole=True, signed=True),
        range=interval(arm.low, arm.high, currency, whole=True),
        loss=str(gettext("%(chance)s likely to lose money", chance=chance(arm.chance_of_loss))),
        basis=basis_text(arm.units, arm.remembered, arm.campaigns),
        leaning=_leaning(arm.groups),
        remembered=bool(arm.remembered),
    )


def _leaning(groups: Sequence[GroupForecast]) -> str:
    """Each past segment or audience named once."""
    found: dict[str, str] = {}
    for group in groups:
        if group.like is not None and group.like.key not in found:
            found[group.like.key] = _people_met(group.like)
    if not found:
        return ""
    return str(gettext("It leans on %(people)s.", people=clauses(list(found.values()))))


def _people_met(like: Likeness) -> str:
    """One of them, and how many customers are the same where not all are."""
    if like.keepers:
        who = gettext("those to keep of “%(campaign)s”", campaign=like.campaign)
    elif like.segment is None:
        who = gettext("everybody in “%(campaign)s”", campaign=like.campaign)
    else:
        who = gettext(
            "“%(segment)s” in “%(campaign)s”",
            segment=segment_label(like.segment),
            campaign=like.campaign,
        )
    if like.share > _ALL and like.coverage > _ALL:
        return str(who)
    return str(
        gettext(
            "%(who)s (%(share)s of those planned are such customers; of all such customers "
            "%(coverage)s are planned)",
            who=who,
            share=percent(like.share, 0),
            coverage=percent(like.coverage, 0),
        )
    )
