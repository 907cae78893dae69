"""A replay as the page shows it."""

from dataclasses import dataclass

from flask_babel import gettext

from regulars_experiments.results import Estimate
from regulars_experiments.uplift.values import Contrast
from regulars_platform.targeting.replay import Replay
from regulars_web.formats import number, percent
from regulars_web.words.answers import Shown
from regulars_web.words.reports import EVIDENCE, amount, interval, look


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayRow:
    """The draft against another plan: each, in all, verdict, what could have been detected."""

    against: str
    each: Shown
    whole: Shown
    verdict: tuple[str, str]
    detectable: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayPage:
    """statement: the main result in one sentence; told: whom the draft would address there."""

    statement: str
    told: str
    offer: str
    rows: tuple[ReplayRow, ...]
    households: bool


def replay_page(replay: Replay) -> ReplayPage:
    """Rows: against everyone, against nobody, against the other plan."""
    plan, found = replay.past.plan, replay.found
    contrasts = [
        *((one.against, one) for one in found.against if one.against == "everyone"),
        ("nobody", found.value),
        *((one.against, one) for one in found.against if one.against != "everyone"),
    ]
    rows = tuple(
        ReplayRow(
            against=_name(replay, name),
            each=_shown(contrast, plan.currency),
            whole=_shown(contrast, plan.currency, times=replay.units),
            verdict=look(EVIDENCE, contrast.verdict.value),
            detectable="–"
            if contrast.detectable is None
            else amount(contrast.detectable, plan.currency),
        )
        for name, contrast in contrasts
    )
    return ReplayPage(
        statement=_statement(replay),
        told=str(
            gettext(
                "Of the %(units)s customers drawn there the draft would have addressed %(told)s"
                " (%(share)s).",
                units=number(replay.units),
                told=number(replay.told),
                share=percent(replay.told / replay.units, 0),
            )
        )
        if plan.unit == "customer"
        else str(
            gettext(
                "Of the %(units)s households drawn there the draft would have addressed %(told)s"
                " (%(share)s).",
                units=number(replay.units),
                told=number(replay.told),
                share=percent(replay.told / replay.units, 0),
            )
        ),
        offer=_offer(replay),
        rows=rows,
        households=plan.unit == "household",
    )


def _offer(replay: Replay) -> str:
    """By what they are told there, where that is not the draft's own offer."""
    if replay.same_offer:
        return ""
    arms = _arms(replay)
    if replay.alike:
        return str(
            gettext(
                "They are valued with what was told there, %(arm)s: the draft's own offer or"
                " channel differs, and its effect may, too.",
                arm=arms,
            )
        )
    return str(
        gettext(
            "Nothing like the draft's offer was told there. They are valued with what earned most"
            " there, found for each part of the customers on the others: %(arm)s. The draft's own"
            " offer may do otherwise.",
            arm=arms,
        )
    )


def _arms(replay: Replay) -> str:
    quoted = [gettext("“%(name)s”", name=name) for name in replay.arms]
    return str(gettext(" or ").join(quoted))


def _statement(replay: Replay) -> str:
    plan = replay.past.plan
    answer = replay.found.value.value
    if replay.told == 0:
        return str(gettext("The draft would have addressed nobody there, so it is worth nothing."))
    if not isinstance(answer, Estimate):
        return str(
            gettext("What the draft would have earned there cannot be told: too few buyers.")
        )
    facts = {
        "name": plan.name,
        "all": amount(abs(answer.estimate) * replay.units, plan.currency, whole=True),
        "range": interval(
            answer.low * replay.units, answer.high * replay.units, plan.currency, whole=True
        ),
        "confidence": percent(plan.confidence / 10_000, 0),
    }
    if answer.estimate >= 0:
        return str(
            gettext(
                "On the customers of “%(name)s” this draft would have earned %(all)s net"
                " (%(confidence)s: %(range)s) against contacting nobody.",
                **facts,
            )
        )
    return str(
        gettext(
            "On the customers of “%(name)s” this draft would have lost %(all)s net"
            " (%(confidence)s: %(range)s) against contacting nobody.",
            **facts,
        )
    )


def _name(replay: Replay, name: str) -> str:
    if replay.other is not None and name == replay.other.key:
        if replay.other.is_keepers:
            return str(gettext("the keepers of “%(name)s”", name=replay.other.name))
        return str(gettext("the draft “%(name)s”", name=replay.other.name))
    if name == "everyone":
        return str(gettext("contacting everyone with %(arm)s", arm=_arms(replay)))
    return str(gettext("contacting nobody"))


def _shown(contrast: Contrast, currency: str, *, times: float = 1) -> Shown:
    answer = contrast.value
    whole = times != 1
    if not isinstance(answer, Estimate):
        why = str(gettext("too few buyers in one of the groups compared"))
        return Shown(text=str(gettext("cannot tell")), interval=why, known=False)
    text = amount(answer.estimate * times, currency, signed=True, whole=whole)
    if answer.low == answer.high:
        return Shown(text=text, interval=str(gettext("the same plan for everybody")))
    return Shown(
        text=text,
        interval=interval(answer.low * times, answer.high * times, currency, whole=whole),
    )
