"""How sure it is and what it costs to be wrong: sentences with the numbers of a report."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext, ngettext
from scipy.special import ndtri

from regulars_web.formats import number, written_day
from regulars_web.help.told import Part, Told
from regulars_web.words.reports import (
    ADVICE,
    EVIDENCE,
    METRICS,
    believed_of,
    chance,
    listed,
    price,
    segment_name,
)

POWER = 0.8
"""Four times out of five."""


def _interval(told: Told) -> str | None:
    net = told.group["net"]
    if "estimate" not in net:
        return None
    return str(
        gettext(
            "%(net)s is the best guess at the net profit; ranges made like this one, from %(low)s "
            "to %(high)s, hold the true value %(confidence)s times out of 100.",
            net=told.in_all(net["estimate"]),
            low=told.in_all(net["low"], signed=False),
            high=told.in_all(net["high"], signed=False),
            confidence=told.plan["confidence_percent"],
        )
    )


def _evidence(told: Told) -> str | None:
    decision = told.group.get("decision")
    if decision is None:
        return None
    return str(
        gettext(
            "Evidence says what is proved (here: %(evidence)s); advice says what is best to do "
            "all the same (here: %(advice)s), because waiting for proof costs money too.",
            evidence=EVIDENCE[told.group["evidence"]][1],
            advice=ADVICE[decision["advice"]][1],
        )
    )


def _chance(told: Told) -> str | None:
    decision = told.group.get("decision")
    if decision is None:
        return None
    return str(
        gettext(
            "By all that is known so far it is %(chance)s likely that doing this again earns more "
            "than it costs.",
            chance=chance(decision["chance_positive"]),
        )
    )


def _rounds(told: Told) -> dict[str, Any]:
    rounds = int(told.plan.get("horizon_rounds", 1))
    return {"num": number(rounds), "n": rounds}


def _cost_if_kept(told: Told) -> str | None:
    decision = told.group.get("decision")
    if decision is None:
        return None
    rounds = _rounds(told)
    return str(
        ngettext(
            "If this does not pay after all, carrying on for %(n)s more round is expected to lose "
            "%(loss)s, weighed by how likely that is.",
            "If this does not pay after all, carrying on for %(n)s more rounds is expected to "
            "lose %(loss)s, weighed by how likely that is.",
            rounds["n"],
            n=rounds["num"],
            loss=price(decision["loss_if_kept_wrongly"], told.currency),
        )
    )


def _cost_if_stopped(told: Told) -> str | None:
    decision = told.group.get("decision")
    if decision is None:
        return None
    rounds = _rounds(told)
    return str(
        ngettext(
            "If this pays after all, stopping is expected to forgo %(loss)s over %(n)s more "
            "round, weighed by how likely that is.",
            "If this pays after all, stopping is expected to forgo %(loss)s over %(n)s more "
            "rounds, weighed by how likely that is.",
            rounds["n"],
            n=rounds["num"],
            loss=price(decision["loss_if_stopped_wrongly"], told.currency),
        )
    )


def _value_of_test(told: Told) -> str | None:
    decision = told.group.get("decision")
    if decision is None:
        return None
    return str(
        gettext(
            "One more campaign with a holdout is worth %(value)s, because a wrong decision "
            "becomes less likely, and costs %(cost)s: test again only where it is worth more.",
            value=price(decision["value_of_test"], told.currency),
            cost=price(decision["cost_of_test"], told.currency),
        )
    )


def _smallest_pooled(told: Told) -> Part | None:
    """The segment in which leaning on the others does most: the smallest with both figures."""
    both = [
        one for one in told.segments() if "estimate" in one["net"] and believed_of(one) is not None
    ]
    return min(both, key=lambda one: int(one["n"]), default=None)


def _raw(told: Told) -> str | None:
    one = _smallest_pooled(told)
    if one is None:
        return None
    return str(
        gettext(
            "What a segment's own customers say, before anything is learnt from the others: "
            "alone, “%(segment)s” says %(raw)s for each of %(all)s, a part of which is luck.",
            segment=segment_name(one["segment"]),
            raw=told.money(one["net"]["estimate"], signed=True),
            all=told.counted(one["n"]),
        )
    )


def _pooled(told: Told) -> str | None:
    one = _smallest_pooled(told)
    believed = None if one is None else believed_of(one)
    if one is None or believed is None:
        return None
    return str(
        gettext(
            "A small segment leans on the others: alone, “%(segment)s” says %(raw)s each, with "
            "all that is known %(pooled)s.",
            segment=segment_name(one["segment"]),
            raw=told.money(one["net"]["estimate"], signed=True),
            pooled=told.money(believed["mean"], signed=True),
        )
    )


def _detectable(told: Told) -> str | None:
    net = told.group["net"]
    if "estimate" not in net:
        return None
    # from half the interval: (z of the confidence + z of the power) standard errors, Cohen 1988
    z = float(ndtri(0.5 + float(told.plan["confidence_percent"]) / 200))
    smallest = (net["high"] - net["low"]) / 2 * (1 + float(ndtri(POWER)) / z)
    return str(
        gettext(
            "With %(held)s held back, a difference of about %(each)s each would be proved four "
            "times out of five; a smaller one may be there and stay hidden.",
            held=told.counted(told.group["n_control"]),
            each=told.money(smallest),
        )
    )


def _sequential(told: Told) -> str:
    end = written_day(told.plan["outcome_end"])
    if told.document["status"]["state"] == "open":
        return str(
            gettext(
                "The ranges here are right for one look after %(day)s; whoever looks earlier and "
                "more often takes chance for a finding, or needs wider ones.",
                day=end,
            )
        )
    return str(
        gettext(
            "The ranges here are right for one look after the window has closed, on %(day)s; "
            "ranges that stay right at every look before that are wider.",
            day=end,
        )
    )


def _adjusted(told: Told) -> str | None:
    net = told.group["net"]
    for other in told.group.get("sensitivity", ()):
        if other["method"] == "CUPED" and "estimate" in other["difference"] and "estimate" in net:
            return str(
                gettext(
                    "With differences from before launch taken out, the net profit comes to "
                    "%(adjusted)s instead of %(net)s: the closer, the better.",
                    adjusted=told.in_all(other["difference"]["estimate"]),
                    net=told.in_all(net["estimate"]),
                )
            )
    return None


def _guard_rail(told: Told) -> str | None:
    names = [str(METRICS[name]) for name in told.plan.get("guardrails", ()) if name in METRICS]
    if not names:
        return None
    return str(
        gettext(
            "The campaign is not made for these figures and must not harm them: %(names)s.",
            names=listed(names),
        )
    )


SENTENCES: Mapping[str, Callable[[Told], str | None]] = {
    "interval": _interval,
    "evidence": _evidence,
    "chance": _chance,
    "cost_if_kept": _cost_if_kept,
    "cost_if_stopped": _cost_if_stopped,
    "value_of_test": _value_of_test,
    "raw": _raw,
    "pooled": _pooled,
    "detectable": _detectable,
    "sequential": _sequential,
    "adjusted": _adjusted,
    "guard_rail": _guard_rail,
}
"""Term -> its sentence."""
