"""The report in words: sentences about money, how sure they are, and what to do."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext

from regulars_experiments.results import REASONS, Reason
from regulars_platform.campaigns.plan import EVERYONE_ELSE
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.reports.errors import UnknownDecisionError
from regulars_web.formats import blank, money, money_interval, number, percent

EVIDENCE = {
    "proved_better": ("better", lazy_gettext("proved better")),
    "not_proved": ("open", lazy_gettext("not proved")),
    "proved_worse": ("worse", lazy_gettext("proved worse")),
    "cannot_tell": ("open", lazy_gettext("cannot tell")),
}
GUARD_RAIL = {
    "proved_better": ("better", lazy_gettext("got better")),
    "not_proved": ("open", lazy_gettext("harm not proved")),
    "proved_worse": ("worse", lazy_gettext("got worse")),
    "cannot_tell": ("open", lazy_gettext("cannot tell")),
}
ADVICE = {
    "keep": ("keep", lazy_gettext("keep")),
    "stop": ("stop", lazy_gettext("stop")),
    "retest": ("retest", lazy_gettext("re-test")),
    "change": ("change", lazy_gettext("change the threshold")),
}
BARS = {
    "goods": lazy_gettext("margin on goods sold"),
    "returns": lazy_gettext("margin lost to returns"),
    "offer": lazy_gettext("what the offer cost"),
    "contact": lazy_gettext("what contacting cost"),
    "net": lazy_gettext("net profit"),
}
METRICS = {
    "revenue": lazy_gettext("revenue net of returns"),
    "capped_revenue": lazy_gettext("revenue, capped as declared"),
    "orders": lazy_gettext("orders"),
    "buyers": lazy_gettext("share who bought"),
    "average_order_value": lazy_gettext("average order value"),
    "refunds": lazy_gettext("returns and refunds"),
    "net_profit": lazy_gettext("net profit"),
    "followed": lazy_gettext("share who followed the shop"),
    "favourited": lazy_gettext("share who marked a favourite"),
    "carted": lazy_gettext("share who put something in the cart"),
    "complained": lazy_gettext("share who complained"),
    "unsubscribed": lazy_gettext("share who want no more messages"),
}
SHARES = frozenset({"buyers", "followed", "favourited", "carted", "complained", "unsubscribed"})
METHODS = {
    "calibrated money interval": lazy_gettext("calibrated money interval"),
    "calibrated ratio interval": lazy_gettext("calibrated ratio interval"),
    "delta method": lazy_gettext("delta method"),
    "CUPED with interactions": lazy_gettext("CUPED with interactions"),
    "chi-square": lazy_gettext("chi-square"),
    "exact binomial": lazy_gettext("exact binomial"),
    "exact multinomial": lazy_gettext("exact multinomial"),
    "exact binomial per arm (Bonferroni)": lazy_gettext("exact binomial per arm (Bonferroni)"),
}
REASON_WORDS = {
    Reason.TOO_FEW_UNITS: lazy_gettext("fewer than two customers in one of the two groups"),
    Reason.NO_VARIATION: lazy_gettext("nobody differs in either group"),
    Reason.NO_BUYERS: lazy_gettext("nobody in one of the two groups has any of it"),
    Reason.TOO_FEW_BUYERS: lazy_gettext(
        "fewer than 30 buyers are expected in the smaller group, too few for a valid interval"
    ),
    Reason.CONTROL_NOT_POSITIVE: lazy_gettext("the holdout's mean is not above zero"),
    Reason.UNBOUNDED: lazy_gettext("the holdout's mean cannot be told from zero"),
    Reason.NO_DENOMINATOR: lazy_gettext("nobody ordered in one of the two groups"),
    Reason.NO_SPREAD_IN_COVARIATE: lazy_gettext("all were alike before the start"),
    Reason.NOT_A_RATIO: lazy_gettext("what it is divided by is not clearly above zero"),
    Reason.TOO_FEW_CAMPAIGNS: lazy_gettext("too few past campaigns to tell"),
    Reason.NOT_DETECTABLE: lazy_gettext(
        "the customers are too few to prove an effect of that size"
    ),
    Reason.SENDING_DOES_NOT_PAY: lazy_gettext(
        "sending is expected to cost more than it brings, whatever is held out: not sending is best"
    ),
    Reason.NOT_YES_OR_NO: lazy_gettext("the measure exists only for outcomes of 0 and 1"),
    Reason.NO_TOTAL_EFFECT: lazy_gettext(
        "the effect on everybody is not above zero, so there is nothing to divide by"
    ),
    Reason.TOO_FEW_REPEATERS: lazy_gettext("fewer than 30 customers have bought again so far"),
    Reason.TOO_FEW_KEPT: lazy_gettext(
        "fewer than 30 customers have bought again for any money that was not given back"
    ),
    Reason.ALL_HISTORIES_ALIKE: lazy_gettext(
        "all customers who bought again did so alike, so nothing tells the frequent from the rare"
    ),
    Reason.ALL_VALUES_ALIKE: lazy_gettext(
        "orders are worth the same to everybody, so nothing tells one customer's from another's"
    ),
    Reason.NO_MEAN_VALUE: lazy_gettext(
        "a few orders are so large that the mean of customers has no end"
    ),
    Reason.NO_VALUE_RANGE: lazy_gettext(
        "a few orders are so large that the range of the sum has no end"
    ),
}

Group = Mapping[str, Any]


def segment_name(name: str | None) -> str:
    """A segment as the reader knows it; "everyone else" is ours and translated.

    It stands among names that shops gave, so it is written as a name too.
    """
    if name is None:
        return str(gettext("Everybody"))
    return str(gettext("Everyone else")) if name == EVERYONE_ELSE else name


def reason_words(code: str) -> str:
    """Why there is no number."""
    reason = Reason(code)
    return str(REASON_WORDS.get(reason, REASONS[reason]))


def method_name(name: str) -> str:
    """A method as the reader knows it; those called after persons keep their names."""
    return str(METHODS.get(name, name))


def amount(value: float, currency: str, *, whole: bool = False, signed: bool = False) -> str:
    """Currency units as money."""
    return money(round(value * MONEY_SCALE), currency, whole=whole, signed=signed)


def interval(low: float, high: float, currency: str, *, whole: bool = False) -> str:
    """Both ends, in currency units."""
    scaled = (round(low * MONEY_SCALE), round(high * MONEY_SCALE))
    return money_interval(*scaled, currency, whole=whole)


def chance(probability: float) -> str:
    """A probability in whole percent; never "100%" or "0%" for what is not certain."""
    if probability > 0.99:
        return str(gettext("over %(share)s", share=percent(0.99, 0)))
    if probability < 0.01:
        return str(gettext("under %(share)s", share=percent(0.01, 0)))
    return percent(probability, 0)


def price(value: float, currency: str) -> str:
    """What being wrong would cost; never nothing at all."""
    if value < 1:
        return str(gettext("under %(share)s", share=amount(1, currency, whole=True)))
    return amount(value, currency, whole=True)


def decision_reason(group: Group, currency: str) -> str:
    """Why this advice, with its price."""
    decision = group["decision"]
    if decision is None:
        return str(gettext("There is nothing to go by yet."))
    facts = {
        "chance": chance(decision["chance_positive"]),
        "keep": price(decision["loss_if_kept_wrongly"], currency),
        "stop": price(decision["loss_if_stopped_wrongly"], currency),
        "value": price(decision["value_of_test"], currency),
        "cost": price(decision["cost_of_test"], currency),
    }
    if decision["advice"] == "retest":
        return str(
            gettext(
                "%(chance)s likely to pay; one more test is worth %(value)s and costs %(cost)s.",
                **facts,
            )
        )
    if decision["advice"] == "keep":
        return str(
            gettext("%(chance)s likely to pay; keeping wrongly would cost %(keep)s.", **facts)
        )
    return str(gettext("%(chance)s likely to pay; stopping wrongly would forgo %(stop)s.", **facts))


def price_words(group: Group, currency: str) -> str:
    """What each way of being wrong would cost, and what one more test is worth less its cost."""
    decision = group["decision"]
    if decision is None:
        return ""
    return str(
        gettext(
            "If kept and wrong: %(keep)s; if stopped and wrong: %(stop)s. One more test is worth "
            "%(value)s and costs %(cost)s.",
            keep=price(decision["loss_if_kept_wrongly"], currency),
            stop=price(decision["loss_if_stopped_wrongly"], currency),
            value=price(decision["value_of_test"], currency),
            cost=price(decision["cost_of_test"], currency),
        )
    )


def wrong_words(group: Group, currency: str) -> str:
    """What either way of being wrong would cost, in a cell; empty without a decision."""
    decision = group["decision"]
    if decision is None:
        return ""
    return str(
        gettext(
            "Wrongly kept costs %(keep)s, wrongly stopped %(stop)s.",
            keep=price(decision["loss_if_kept_wrongly"], currency),
            stop=price(decision["loss_if_stopped_wrongly"], currency),
        )
    )


def short_reason(group: Group, currency: str) -> str:
    """Why a test is advised, where the chance of a profit stands beside it; else empty."""
    decision = group["decision"]
    if decision is None:
        return str(gettext("There is nothing to go by yet."))
    if decision["advice"] != "retest":
        return ""
    return str(
        gettext(
            "One more test is worth %(value)s and costs %(cost)s.",
            value=price(decision["value_of_test"], currency),
            cost=price(decision["cost_of_test"], currency),
        )
    )


def return_words(document: Mapping[str, Any], group: Group) -> str:
    """What each unit of extra cost brought back; empty in reports that did not ask."""
    answer, currency = group.get("return_on_cost"), document["plan"]["currency"]
    if answer is None:
        return ""
    one = amount(1, currency, whole=True)
    if "estimate" in answer:
        return str(
            gettext(
                "Each %(one)s of extra cost brought back %(value)s of margin (%(confidence)s: "
                "%(range)s); above %(one)s the campaign pays.",
                one=one,
                value=amount(answer["estimate"], currency),
                confidence=confidence(document),
                range=interval(answer["low"], answer["high"], currency),
            )
        )
    if answer["code"] == Reason.NOT_A_RATIO:
        return str(
            gettext("Return on cost is not a ratio here: the extra cost is not clearly above zero.")
        )
    return str(
        gettext(
            "What each %(one)s of extra cost brought back cannot be told: %(reason)s.",
            one=one,
            reason=reason_words(answer["code"]),
        )
    )


def per_user_words(document: Mapping[str, Any], group: Group) -> str:
    """Net per customer who used the offer; empty where there is no offer to use."""
    answer, currency = group.get("net_per_user"), document["plan"]["currency"]
    if answer is None:
        return ""
    if "estimate" not in answer:
        return str(
            gettext(
                "Net profit per user of the offer cannot be told: %(reason)s.",
                reason=reason_words(answer["code"]),
            )
        )
    return str(
        gettext(
            "Net profit per user of the offer: %(value)s (%(confidence)s: %(range)s). This is the "
            "same result divided by how many more used the offer, and right only if the campaign "
            "changed nothing for those who did not.",
            value=amount(answer["estimate"], currency, signed=True),
            confidence=confidence(document),
            range=interval(answer["low"], answer["high"], currency),
        )
    )


def p_words(p_value: float) -> str:
    """A p-value to three decimals, never as nothing."""
    if p_value < 0.001:
        return "< " + number(0.001, 3)
    return number(p_value, 3)


def p_equation(p_value: float | None) -> str:
    """ "p = 0.012" or "p < 0.001"; empty without one."""
    if p_value is None:
        return ""
    words = p_words(p_value)
    return f"p {words}" if words.startswith("<") else f"p = {words}"


def correction_words(group: Group, groups: Sequence[Group]) -> str:
    """The corrected p, with the reason where it undoes what the interval alone would say.

    groups: all those that were corrected together.
    """
    net, p = group["net"], p_equation(group["adjusted_p"])
    apart = "estimate" in net and (net["low"] > 0 or net["high"] < 0)
    if not p or not apart or group["evidence"] != "not_proved":
        return p
    family = sum(other.get("adjusted_p") is not None for other in groups)
    return str(gettext("after correcting for %(n)s comparisons: %(p)s", n=number(family), p=p))


def believed_of(group: Group) -> Mapping[str, Any] | None:
    """The belief that decides about a group; in earlier reports that of its segments together."""
    found: Mapping[str, Any] | None = group.get("believed") or group.get("pooled")
    return found


def look(table: Mapping[str, tuple[str, Any]], key: str) -> tuple[str, str]:
    """Kind and word of a chip."""
    kind, word = table[key]
    return kind, str(word)


def confidence(document: Mapping[str, Any]) -> str:
    """Of the intervals: "95%"."""
    return f"{document['plan']['confidence_percent']}%"


def flowing(sentences: Iterable[str]) -> str:
    """Sentences one after the other; Chinese puts no blank between them."""
    return blank().join(str(sentence) for sentence in sentences if sentence)


def clauses(parts: Iterable[str]) -> str:
    """Parts of one sentence, with the marks of the reader's language between them."""
    return str(gettext("; ")).join(parts)


def listed(names: Sequence[str]) -> str:
    """Names one after the other."""
    return str(gettext(", ")).join(names)


CHOICES = tuple((key, word) for key, (_, word) in ADVICE.items())


def group_key(arm: str, segment: str | None) -> str:
    """A group of a report as the value of a form field."""
    return json.dumps([arm, segment], ensure_ascii=False)


def group_of(key: str, document: Mapping[str, Any]) -> tuple[str, str | None]:
    """The group that a form field names; UnknownDecisionError if the report has no such group."""
    groups = [*document["overall"], *document["segments"]]
    for group in groups:
        if group_key(group["arm"], group["segment"]) == key:
            return group["arm"], group["segment"]
    raise UnknownDecisionError.group()
