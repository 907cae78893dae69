"""Whom to keep, in the reader's words."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext

from regulars_platform.customers.features import FEATURES
from regulars_web.formats import number, percent
from regulars_web.words.reports import amount, interval

BASES = {
    "linear": lazy_gettext("straight lines"),
    "boosted": lazy_gettext("boosted trees"),
}
_FOUND = {
    "nobody": lazy_gettext("There are no customers to learn from."),
    "empty_arm": lazy_gettext("Nobody is in the arm %(subject)s."),
    "no_holdout": lazy_gettext("Nobody was held out: without that there is no effect to learn."),
    "one_class": lazy_gettext(
        "Everybody brought the same, so nothing tells one customer from another. Wait for the end"
        " of the window, or for more orders."
    ),
    "few_buyers": lazy_gettext(
        "%(subject)s has %(detail)s, and at least 30 in each arm are needed before a list can be"
        " valued. Segments pooled over campaigns say more than a list would."
    ),
    "shares_off": lazy_gettext(
        "The arms do not have the shares that were planned (%(detail)s): somebody was lost or added"
        " after the draw, so values and lists would be wrong."
    ),
    "no_feature": lazy_gettext("Nothing that was known before tells these customers apart."),
    "missing_scores": lazy_gettext("Some scores are no numbers."),
    "constant": lazy_gettext("%(subject)s is the same for everybody and is left out."),
    "too_many_categories": lazy_gettext(
        "%(subject)s has very many values; the 200 most frequent are kept, the rest taken together."
    ),
    "names_customers": lazy_gettext(
        "%(subject)s has almost one value for each customer and is left out."
    ),
    "leaks_outcome": lazy_gettext(
        "%(subject)s tells the outcome almost perfectly, so it was most likely recorded after the"
        " campaign; it is left out."
    ),
    "may_leak_outcome": lazy_gettext(
        "%(subject)s may have been recorded after the campaign: make sure that it was known before."
    ),
    "leaks_arm": lazy_gettext(
        "%(subject)s differs between the arms far beyond chance, so it was recorded after the draw;"
        " it is left out."
    ),
}


def found_words(found: Mapping[str, Any]) -> str:
    """A problem or warning of the document as a sentence."""
    subject = found.get("subject", "")
    label = gettext(FEATURES[subject].label) if subject in FEATURES else arm_name(subject)
    known = _FOUND.get(found["code"])
    if known is None:
        return str(found.get("words", found["code"]))
    facts = {"subject": label[:1].upper() + label[1:], "detail": found.get("detail", "")}
    return str(known) % facts


def arm_name(arm: str) -> str:
    """The holdout in the reader's words; other arms have names of their own."""
    return str(gettext("held out")) if arm == "holdout" else arm


def candidate_name(row: Mapping[str, Any]) -> str:
    """A line of the leaderboard: what would be done, not what a statistician calls it."""
    kind, name = row["kind"], row["name"]
    if kind in ("learner", "response"):
        learner, _, base = name.rstrip(")").partition(" (")
        base = str(BASES.get(base, base))
        if kind == "response":
            return str(gettext("List of likely buyers (%(base)s)", base=base))
        return str(gettext("List by model %(name)s (%(base)s)", name=learner, base=base))
    return str(
        {
            "nobody": gettext("Contact nobody"),
            "everyone": gettext("Contact everyone"),
            "one_column": gettext("Best rule of one question"),
            "segments": gettext("The plan's own segments"),
            "card": gettext("Targeting card, two questions"),
            "random": gettext("A list in random order"),
        }.get(kind, name)
    )


def followed(kind: str, name: str) -> str:
    """The plan to follow, inside a sentence."""
    if kind in ("learner", "response"):
        return str(gettext("the list of the model %(name)s", name=name.partition(" (")[0]))
    return str(
        {
            "one_column": gettext("the rule of one question below"),
            "segments": gettext("the choice of segments below"),
            "card": gettext("the targeting card below"),
            "everyone": gettext("“contact everyone”"),
            "nobody": gettext("“contact nobody”"),
        }.get(kind, name)
    )


def statement(document: Mapping[str, Any]) -> str:
    """The one sentence in money: the plan to follow against contacting everyone."""
    policy = document["uplift"]["policy"]
    against = policy["against"]["everyone"]
    rule = followed(followed_kind(document), document["chosen"]["name"])
    if against["value"] is None:
        return str(gettext("What following %(rule)s would have earned cannot be told.", rule=rule))
    if against["value"] == 0 and against["low"] == against["high"]:
        return _like_everyone(document, policy)
    facts = _money(against, document)
    if is_other_than_valued(document):
        words = gettext(
            "The plan to follow is %(rule)s. Chosen without each of %(folds)s parts of the"
            " customers in turn, such choices instead of contacting everyone would have earned"
            " %(each)s each (%(confidence)s: %(range)s), in all %(all)s"
            " (%(whole)s)",
            **_amounts(against["value"], [against["low"], against["high"]], document, signed=True),
            rule=rule,
            folds=document["uplift"]["folds"],
        )
    elif against["value"] >= 0:
        words = (
            gettext(
                "Following %(rule)s instead of contacting everyone would have earned %(each)s more"
                " per household (%(confidence)s: %(range)s), in all %(all)s (%(whole)s)",
                **facts,
                rule=rule,
            )
            if document["unit"] == "household"
            else gettext(
                "Following %(rule)s instead of contacting everyone would have earned %(each)s more"
                " per customer (%(confidence)s: %(range)s), in all %(all)s (%(whole)s)",
                **facts,
                rule=rule,
            )
        )
    else:
        words = (
            gettext(
                "Following %(rule)s instead of contacting everyone would have earned %(each)s less"
                " per household (%(confidence)s: %(range)s), in all %(all)s (%(whole)s)",
                **facts,
                rule=rule,
            )
            if document["unit"] == "household"
            else gettext(
                "Following %(rule)s instead of contacting everyone would have earned %(each)s less"
                " per customer (%(confidence)s: %(range)s), in all %(all)s (%(whole)s)",
                **facts,
                rule=rule,
            )
        )
    return str(gettext("%(told)s.", told=f"{words}{gettext('; ')}{proof(against)}"))


def followed_kind(document: Mapping[str, Any]) -> str:
    """The kind of plan to follow; a rule whose lines all do the same is for everyone or nobody."""
    kind = str(document["chosen"]["kind"])
    rule = next((one for one in document["rules"] if one["kind"] == kind), None)
    actions = {line["action"] for line in rule["lines"]} if rule is not None else set()
    if len(actions) != 1:
        return kind
    return "everyone" if actions.pop() else "nobody"


def is_other_than_valued(document: Mapping[str, Any]) -> bool:
    """Whether the plan is one that has a value of its own, "nobody" or "everyone", and the choices
    that were valued were not always that."""
    settled = document["chosen"].get("settled", True)
    return not settled and followed_kind(document) in ("nobody", "everyone")


def agreement_words(document: Mapping[str, Any]) -> str:
    """How far the plans chosen without a part of the customers agree; empty where they all do."""
    agreement = document["chosen"].get("agreement", 1.0)
    if agreement >= 1:
        return ""
    return str(
        gettext(
            "The value is that of choosing: it was done %(folds)s times, each time without the part"
            " of the customers on which it is valued. Such choices tell %(told)s of the customers;"
            " two of them treat %(share)s alike, and all limits are widened for that.",
            folds=document["uplift"]["folds"],
            told=percent(document["uplift"]["policy"]["honest_share"], 0),
            share=percent(agreement, 0 if agreement < 0.985 else 1),
        )
    )


def own_value_words(document: Mapping[str, Any]) -> str:
    """What the plan to follow would be worth had it been fixed beforehand."""
    board = document["uplift"]["leaderboard"]
    row = next((row for row in board if row["chosen"]), None)
    known = row is not None and row["value"]["value"] is not None
    if row is None or not known or row["value"]["low"] == row["value"]["high"]:
        return ""
    value, currency = row["value"], document["currency"]
    policy = document["uplift"]["policy"]
    if all(value[name] == policy[name] for name in ("value", "low", "high")):
        return ""  # it was picked each time, so there is nothing to allow for
    return str(
        gettext(
            "By itself it earns %(value)s each (%(range)s), before allowing for having picked"
            " the best of %(n)s.",
            value=amount(value["value"], currency, signed=True),
            range=interval(value["low"], value["high"], currency),
            n=sum(one["kind"] != "random" for one in board),
        )
    )


def unharmed_words(document: Mapping[str, Any]) -> str:
    """That nobody is shown to be put off, and what telling somebody in vain loses all the same."""
    told = {
        arm["arm"]: amount(arm["contact_cost"], document["currency"])
        for arm in document["uplift"]["arms"]
        if arm["contact_cost"]
    }
    costs = [f"{cost} ({arm})" for arm, cost in told.items()]
    if len(set(told.values())) == 1:
        costs = list(told.values())[:1]
    if not costs:
        return str(gettext("Nobody is shown to buy less because of the message."))
    return str(
        gettext(
            "Nobody is shown to buy less because of the message; telling somebody whom it does not"
            " move loses what it costs: %(costs)s.",
            costs=gettext(", ").join(costs),
        )
    )


def proof(contrast: Mapping[str, Any]) -> str:
    """The verdict on a comparison, in words."""
    return str(
        {
            "proved_better": gettext("proved"),
            "proved_worse": gettext("proved"),
            "not_proved": gettext("not proved"),
            "cannot_tell": gettext("too few buyers to tell"),
        }[contrast["verdict"]]
    )


def _like_everyone(document: Mapping[str, Any], policy: Mapping[str, Any]) -> str:
    currency = document["currency"]
    if policy["value"] is None:
        return str(gettext("No choice of customers is better than contacting everyone."))
    if followed_kind(document) != "everyone":
        return str(
            gettext(
                "The plan to follow is %(rule)s. Chosen without each of %(folds)s parts of the"
                " customers in turn, it was to contact everyone, which earned %(each)s each"
                " (%(confidence)s: %(range)s).",
                rule=followed(followed_kind(document), document["chosen"]["name"]),
                folds=document["uplift"]["folds"],
                each=amount(policy["value"], currency, signed=True),
                confidence=percent(document["uplift"]["confidence"], 0),
                range=interval(policy["low"], policy["high"], currency),
            )
        )
    return str(
        gettext(
            "No choice of customers is better than contacting everyone, which earned %(each)s each"
            " (%(confidence)s: %(range)s).",
            each=amount(policy["value"], currency, signed=True),
            confidence=percent(document["uplift"]["confidence"], 0),
            range=interval(policy["low"], policy["high"], currency),
        )
    )


def _money(contrast: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, str]:
    """each, range and, for the whole audience, all and whole; a loss is turned to be positive."""
    turn = 1 if contrast["value"] >= 0 else -1
    ends = sorted((turn * contrast["low"], turn * contrast["high"]))
    return _amounts(abs(contrast["value"]), ends, document)


def _amounts(
    value: float, ends: list[float], document: Mapping[str, Any], *, signed: bool = False
) -> dict[str, str]:
    currency, units = document["currency"], document["units"]
    confidence = document["uplift"]["confidence"]
    low, high = ends
    return {
        "each": amount(value, currency, signed=signed),
        "range": interval(low, high, currency),
        "all": amount(value * units, currency, signed=signed, whole=True),
        "whole": interval(low * units, high * units, currency, whole=True),
        "confidence": percent(confidence, 0 if float(100 * confidence).is_integer() else 1),
    }


def detectable_words(contrast: Mapping[str, Any], currency: str) -> str:
    """What could have been detected; empty where there is nothing to say."""
    if contrast["detectable"] is None or contrast["verdict"] != "not_proved":
        return ""
    return str(
        gettext(
            "These customers would have proved a difference of %(amount)s each four times out of"
            " five.",
            amount=amount(contrast["detectable"], currency),
        )
    )


def told_words(share: float, units: int) -> str:
    """How many are told."""
    return str(
        gettext(
            "%(share)s, %(n)s of %(all)s",
            share=percent(share, 0),
            n=number(round(share * units)),
            all=number(units),
        )
    )
