"""The ways to plan the next round on a report, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext

from regulars_experiments.effects import normal_quantile
from regulars_platform.campaigns.plan import Plan
from regulars_platform.fields import WHOLE
from regulars_platform.targeting.keepers import Keepers
from regulars_web.words.reports import amount, interval, segment_name
from regulars_web.words.rules import rule_text


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """One choice of whom to plan the next round on."""

    key: str
    title: str
    detail: str


def ways_of(keepers: Sequence[Keepers], plan: Plan) -> tuple[Way, ...]:
    """The choices of the form, in words."""
    return tuple(Way(key=way.key, title=_title(way), detail=_detail(way, plan)) for way in keepers)


def _title(way: Keepers) -> str:
    titles = {
        "decided": gettext("Those whom you decided to keep"),
        "advised": gettext("Those whom the report advises to keep"),
        "advised_and_retest": gettext("Those to keep, and those to test again"),
        "chosen": gettext("Those of the plan to follow"),
        "card": gettext("Those of the targeting card"),
    }
    return str(titles[way.key])


def _detail(way: Keepers, plan: Plan) -> str:
    currency = plan.currency
    if way.own_arms:
        names = (f"{segment_name(segment)} ({arm})" for segment, arm in way.own_arms)
        words = gettext(", ").join(names)
    elif way.segments is not None:
        words = gettext(", ").join(segment_name(name) for name in way.segments)
    else:
        words = rule_text(way.rule, currency)
    parts = [words[:1].upper() + words[1:]]
    if way.nearest:
        parts.append(
            gettext("a list is no rule; this is the rule nearest to it"),
        )
    if way.mixes:
        parts.append(_mixed(way, plan))
    if way.value is not None and "estimate" in way.value:
        parts.append(
            gettext(
                "worth %(value)s each against contacting nobody (%(range)s)",
                value=amount(way.value["estimate"], currency, signed=True),
                range=interval(way.value["low"], way.value["high"], currency),
            )
        )
    return str(gettext("; ").join(parts))


def _mixed(way: Keepers, plan: Plan) -> str:
    """What a draft does with a plan that gives its customers different arms, and its worth."""
    arms = gettext(", ").join(way.arms)
    if way.belief is None or not way.own_arms:
        return str(
            gettext(
                "a draft cannot give each their own arm: it draws %(arms)s at random among them"
                " all, so the value of that plan is not the draft's",
                arms=arms,
            )
        )
    reach = normal_quantile(plan.confidence / WHOLE) * way.belief.sd
    return str(
        gettext(
            "a draft cannot give each their own arm: it draws %(arms)s at random among them all,"
            " and telling one of them so is expected to earn %(value)s (%(range)s) by the report's"
            " groups",
            arms=arms,
            value=amount(way.belief.mean, plan.currency, signed=True),
            range=interval(way.belief.mean - reach, way.belief.mean + reach, plan.currency),
        )
    )
