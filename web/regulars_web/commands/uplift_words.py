"""What `regulars uplift` says on the terminal, from its document."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from regulars_platform.words import N_
from regulars_web.commands.helping import width_of
from regulars_web.spoken import gettext, in_chinese, in_words, sentence

_VERDICTS = {
    "proved_better": N_("proved better"),
    "not_proved": N_("not proved"),
    "proved_worse": N_("proved worse"),
}
_OTHERS = {
    "everyone": N_("telling everyone"),
    "nobody": N_("telling nobody"),
    "response": N_("telling those who buy most"),
}
_OTHERS_OF_ARMS = {
    "everyone": N_("telling everyone (the best single arm)"),
    "response": N_("telling those who buy most, each by the arm under which they do"),
}
_NAMES = {
    "nobody": N_("telling nobody"),
    "everyone": N_("telling everyone"),
    "one_column": N_("the best rule of one question"),
    "segments": N_("your own segments"),
    "card": N_("the targeting card"),
    "random": N_("a list in random order"),
}
"""Of plans, in Chinese; English has the names of the document."""


def said(document: Mapping[str, Any]) -> Iterator[str]:
    """Lines of plain text."""
    yield from _plan(document)
    yield ""
    yield gettext("The targeting card (two questions):")
    yield from _rule(document["card"])
    if document["one_column"]:
        yield gettext(
            "The one question that ranks best: %(rule)s", rule=_first(document["one_column"])
        )
    yield ""
    yield from _leaderboard(document)
    yield ""
    yield from _models(document)
    for dogs in document["sleeping_dogs"]:
        yield ""
        yield _harmed(dogs)
    if document["warnings"]:
        yield ""
    for warning in document["warnings"]:
        yield gettext("Note: %(words)s", words=_finding(warning))


def _harmed(dogs: Mapping[str, Any]) -> str:
    """dogs: who is let lie."""
    who = "; ".join(dogs["rule"]) if dogs["rule"] else gettext("a list by %(by)s", by=dogs["by"])
    return gettext(
        "Harmed by %(arm)s: %(customers)s customers (%(who)s); leaving them alone saves %(amount)s"
        " per customer of the audience",
        arm=dogs["arm"],
        customers=f"{dogs['customers']:,}",
        who=who,
        amount=_amount(dogs["harm"]),
    )


def _finding(found: Mapping[str, Any]) -> str:
    """A warning; in Chinese from its code and figures, where the document has English words."""
    from regulars_experiments.uplift.checks import Code
    from regulars_platform.randomised.findings import finding_sentence

    if not in_chinese():
        return str(found["words"])
    code = Code(found["code"])
    return sentence(finding_sentence(code, found["subject"], found["detail"]))


def _unit(document: Mapping[str, Any]) -> str:
    """What is counted: a column, or what is left of it."""
    unit = str(document["unit"])
    column = unit.removeprefix("net value of ")
    return unit if column == unit else gettext("net value of %(column)s", column=column)


def _plan(document: Mapping[str, Any]) -> Iterator[str]:
    policy, chosen = document["policy"], document["chosen"]
    yield gettext(
        "%(customers)s customers (%(arms)s); %(unit)s per customer",
        customers=f"{document['customers']:,}",
        arms=gettext(", ").join(f"{arm['arm']} {arm['customers']:,}" for arm in document["arms"]),
        unit=_unit(document),
    )
    yield ""
    told = gettext(", ").join(f"{arm['arm']}: {arm['customers']:,}" for arm in policy["told"])
    yield gettext(
        "Plan: %(name)s, telling %(share)s of the customers (%(told)s)",
        name=_name(chosen["name"], chosen["kind"]),
        share=f"{policy['share']:.1%}",
        told=told,
    )
    if document["rule"]:
        yield from _rule(document["rule"])
    others = _OTHERS | (_OTHERS_OF_ARMS if len(policy["told"]) > 1 else {})
    if chosen["settled"]:
        yield from _against(policy["against"], others)
    else:
        yield from _unsettled(document, others)
    if policy["optimism"] is not None:
        words = gettext(
            "Chosen and valued on the same customers the best plan would claim %(claim)s: %(more)s"
            " too much",
            claim=f"{policy['naive_value']:+.4g}",
            more=f"{policy['optimism']:.4g}",
        )
        yield f"  {words}"


def _name(name: str, kind: str) -> str:
    """A plan's name."""
    if not in_chinese():
        return name
    if kind in _NAMES:
        return in_words(_NAMES[kind])
    learner, _, base = name.rstrip(")").partition(" (")
    return _model_name(learner, base)


def _model_name(learner: str, base: str | None) -> str:
    """A learner with what it is built on."""
    known = in_words(learner)
    return gettext("%(learner)s (%(base)s)", learner=known, base=in_words(base)) if base else known


def _unsettled(document: Mapping[str, Any], others: Mapping[str, str]) -> Iterator[str]:
    """What is valued is then how plans are chosen, of which this one is an outcome."""
    chosen, folds = document["chosen"], document["folds"]
    if chosen["kind"] != "nobody":
        yield from _against({"nobody": chosen["standing"]["value"]}, others, by_itself=True)
    picks = _picks(chosen["picked_per_fold"])
    if folds == 3:
        words = gettext("Chosen without each third of the customers: %(picks)s.", picks=picks)
    elif folds == 5:
        words = gettext("Chosen without each fifth of the customers: %(picks)s.", picks=picks)
    else:
        words = gettext(
            "Chosen without each of %(parts)s parts of the customers: %(picks)s.",
            parts=folds,
            picks=picks,
        )
    yield f"  {words}"
    like_this = gettext("Choosing like this earns, in place of this plan's own value:")
    yield f"  {like_this}"
    yield from _against(document["policy"]["against"], others)


def _picks(names: Sequence[str]) -> str:
    def times(name: str, count: int) -> str:
        if count == 1:
            return gettext("%(name)s once", name=name)
        if count == 2:
            return gettext("%(name)s twice", name=name)
        return gettext("%(name)s %(count)s times", name=name, count=count)

    return gettext(", ").join(times(name, count) for name, count in Counter(names).most_common())


def _against(
    contrasts: Mapping[str, Mapping[str, Any]],
    others: Mapping[str, str],
    *,
    by_itself: bool = False,
) -> Iterator[str]:
    for name, one in contrasts.items():
        other = in_words(others[name]) if name in others else name
        words = _contrast(one)
        if by_itself:
            line = gettext(
                "this plan by itself against %(other)s: %(words)s", other=other, words=words
            )
        else:
            line = gettext("against %(other)s: %(words)s", other=other, words=words)
        yield f"  {line}"


def _contrast(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return f"{_amount(one)} ({gettext(one['why'])})"
    if one["standard_error"] == 0:
        return gettext("the same plan")
    words = gettext(
        "%(amount)s, %(verdict)s", amount=_amount(one), verdict=in_words(_VERDICTS[one["verdict"]])
    )
    if not one["detectable"]:
        return words
    return words + gettext(
        "; %(amount)s could have been detected", amount=f"{one['detectable']:.4g}"
    )


def _rule(rule: Mapping[str, Any]) -> Iterator[str]:
    for line, words in zip(rule["short"], _short_words(rule), strict=True):
        facts = {
            "who": words,
            "customers": f"{line['customers']:,}",
            "share": f"{line['share']:.1%}",
        }
        if line["arm"]:
            shown = gettext(
                "tell (%(arm)s): %(who)s - %(customers)s customers (%(share)s)",
                arm=line["arm"],
                **facts,
            )
        else:
            shown = gettext("leave alone: %(who)s - %(customers)s customers (%(share)s)", **facts)
        yield f"  {shown}"


def _short_words(rule: Mapping[str, Any]) -> list[str]:
    """Who is in each short line. In Chinese from the conditions, where every line has its own."""
    english = [str(line["words"]) for line in rule["short"]]
    if not in_chinese():
        return english
    known = {line["words"]: _conditions(line["conditions"]) for line in rule["lines"]}
    return [gettext("everybody") if w == "everybody" else known.get(w, w) for w in english]


def _conditions(conditions: Sequence[Mapping[str, Any]]) -> str:
    """Conditions of a rule in words; both ends of a range that speak of one column are one."""
    ranges: dict[str, dict[str, Any]] = {}
    for one in conditions:
        before = ranges.setdefault(one["column"], {})
        before.update({key: fact for key, fact in one.items() if fact is not None})
        before["or_missing"] = one["or_missing"] and before["or_missing"]
    return gettext(" and ").join(_condition(one) for one in ranges.values()) or gettext("everybody")


def _condition(one: Mapping[str, Any]) -> str:
    facts = {"column": one["column"]}
    if one.get("levels") is not None:
        levels = [level or gettext("another value") for level in one["levels"]]
        levels += [gettext("missing")] if one["or_missing"] else []
        return gettext("%(column)s is %(levels)s", levels=gettext(" or ").join(levels), **facts)
    if one.get("known") is not None and not ("at_least" in one and "below" in one):
        return (
            gettext("%(column)s is known", **facts)
            if one["known"]
            else gettext("%(column)s is missing", **facts)
        )
    low, high = (_bound(one.get(end), date=one["date"]) for end in ("at_least", "below"))
    if low and high:
        words = gettext("%(column)s from %(low)s to below %(high)s", low=low, high=high, **facts)
    elif low:
        words = gettext("%(column)s at least %(low)s", low=low, **facts)
    else:
        words = gettext("%(column)s below %(high)s", high=high, **facts)
    return gettext("(%(words)s or missing)", words=words) if one["or_missing"] else words


def _bound(value: float | None, *, date: bool) -> str:
    if value is None or math.isinf(value):
        return ""
    if date:
        return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=value):%Y-%m-%d}"
    return f"{value:.12g}"


def _first(rule: Mapping[str, Any]) -> str:
    if not in_chinese():
        return " | ".join(line["words"] for line in rule["lines"])
    return " | ".join(_conditions(line["conditions"]) for line in rule["lines"])


def _padded(name: str) -> str:
    return name + " " * max(24 - width_of(name), 0)


def _leaderboard(document: Mapping[str, Any]) -> Iterator[str]:
    yield gettext("What each way of choosing earns against telling nobody, per customer:")
    for row in document["leaderboard"]:
        marks = [
            gettext("chosen") if row["chosen"] else "",
            gettext("within one standard error of the best")
            if row["within_one_standard_error"]
            else "",
        ]
        note = gettext(", ").join(mark for mark in marks if mark)
        line = gettext(
            "%(name)s tells %(share)s  %(amount)s naive %(naive)s",
            name=_padded(_name(row["name"], row["kind"])),
            share=f"{row['share']:6.1%}",
            amount=f"{_amount(row['value']):<36}",
            naive=f"{row['naive_value']:+.4g}",
        )
        yield f"  {line}{'  ' + note if note else ''}"


def _models(document: Mapping[str, Any]) -> Iterator[str]:
    if any(model["qini_kind"] == "coefficient" for model in document["models"]):
        yield gettext("How well each ranks (Qini coefficient, with its sampling error):")
    else:
        yield gettext(
            "How well each ranks (Qini area in %(unit)s per customer, with its sampling error):",
            unit=_unit(document),
        )
    for model in document["models"]:
        name = _padded(_model_name(model["learner"], model["base"]))
        if model["qini"] is None:
            yield f"  {name} {gettext(model['why'])}"
            continue
        line = gettext(
            "%(qini)s (%(error)s); uplift in the best 30%%: %(uplift)s (%(uplift_error)s)",
            qini=f"{model['qini']:+.4g}",
            error=f"{model['qini_se']:.2g}",
            uplift=_number(model["uplift_at_30"]),
            uplift_error=_number(model["uplift_at_30_se"]),
        )
        yield f"  {name} {line}"


def _amount(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return gettext("cannot be told")
    return gettext(
        "%(estimate)s (%(low)s to %(high)s)",
        estimate=f"{one['value']:+.4g}",
        low=f"{one['low']:+.4g}",
        high=f"{one['high']:+.4g}",
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


_MODELS = (
    N_("linear"),
    N_("boosted"),
    N_("response"),
    N_("response model"),
    N_("one-column rule"),
    N_("random order"),
)
