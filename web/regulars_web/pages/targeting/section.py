"""The section "Whom to keep" of the report, from the stored document alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from markupsafe import Markup

from regulars_experiments.uplift.words import joined
from regulars_platform.customers.features import FEATURES
from regulars_platform.jobs.models import Job
from regulars_platform.segments.rules import Rule
from regulars_platform.targeting.document import read_lines
from regulars_platform.targeting.earlier import PREFIX
from regulars_platform.targeting.rules import Levels, line_rule
from regulars_web.drawing.placing import PlacedPlot, place_plot
from regulars_web.formats import number, percent
from regulars_web.pages.targeting.curve import gain_plot
from regulars_web.pages.targeting.limited import LimitForm
from regulars_web.pages.targeting.ways import Way
from regulars_web.pages.targeting.words import (
    agreement_words,
    candidate_name,
    detectable_words,
    found_words,
    is_other_than_valued,
    own_value_words,
    statement,
    told_words,
    unharmed_words,
)
from regulars_web.words.answers import Shown
from regulars_web.words.reports import EVIDENCE, amount, interval, listed, look, segment_name
from regulars_web.words.rules import rule_text

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class CardLine:
    """One line of a rule: who, what to do with them, how many they are."""

    who: str
    told: bool
    what: str
    customers: str
    share: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleShown:
    """A rule in words, with what it is honestly worth against contacting nobody.

    Of the rule to follow that is the value of choosing; own: the rule's own, in a sentence.
    """

    title: str
    lines: tuple[CardLine, ...]
    value: Shown
    is_chosen: bool
    own: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BoardRow:
    """One candidate. near: within one standard error of the best. fits: keeps the limit."""

    name: str
    share: str
    value: Shown
    naive: str
    optimism: str
    behind: Shown | None
    verdict: tuple[str, str]
    near: bool
    chosen: bool
    fits: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """The plan to follow against another one."""

    name: str
    value: Shown
    verdict: tuple[str, str]
    detectable: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkedOut:
    """An answer with a list. follows: the plan to follow where the comparisons are its own, else
    the choices that were valued; own: its value had it been fixed beforehand; earlier: how the plan
    of an earlier campaign was carried over, "" without one."""

    statement: str
    verdict: tuple[str, str]
    detectable: str
    told: str
    agreement: str
    own: str
    follows: str
    optimism: str
    drawing: PlacedPlot | None
    scored_by: str
    rules: tuple[RuleShown, ...]
    board: tuple[BoardRow, ...]
    against: tuple[Comparison, ...]
    earlier: str
    dogs: tuple[str, ...]
    unharmed: str
    warnings: tuple[str, ...]
    features: str


PROGRESS_PLACE = Markup("<!-- how far whom to keep is worked out -->")
"""Stands where the progress of a job under way is to be read: filled in for each reader."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetingSection:
    """The context of reports/targeting.html.

    job: the latest one; older: the answer is on other orders than the report shown; problems: why
    there is no list; waiting: why it cannot be worked out yet.
    """

    job: Job | None
    found: WorkedOut | None
    problems: tuple[str, ...]
    older: bool
    waiting: str
    limit: LimitForm
    households: bool
    ways: tuple[Way, ...]
    new_thresholds: bool
    progress_place: str = PROGRESS_PLACE


def worked_out(document: Document, levels: Levels) -> WorkedOut:
    """The answer, formatted."""
    uplift, currency = document["uplift"], document["currency"]
    policy = uplift["policy"]
    everyone = policy["against"]["everyone"]
    plot = gain_plot(document)
    return WorkedOut(
        statement=statement(document),
        verdict=look(EVIDENCE, everyone["verdict"]),
        detectable=detectable_words(everyone, currency),
        told=told_words(policy["share"], document["units"]),
        agreement=agreement_words(document),
        own=own_value_words(document),
        follows=str(
            gettext("Such choices against")
            if is_other_than_valued(document)
            else gettext("The plan to follow against")
        ),
        optimism=_optimism(policy, currency),
        drawing=None if plot is None else place_plot(plot),
        scored_by=candidate_name({"kind": "learner", "name": document["scored_by"]}),
        rules=(
            *_segments(document),
            *(
                shown
                for rule in document["rules"]
                if (shown := _rule(rule, document, levels)) is not None
            ),
        ),
        board=tuple(_board(row, document) for row in uplift["leaderboard"]),
        against=tuple(
            Comparison(
                name=_against(name, document),
                value=money(contrast, currency),
                verdict=look(EVIDENCE, contrast["verdict"]),
                detectable=detectable_words(contrast, currency),
            )
            for name, contrast in policy["against"].items()
        ),
        earlier=_earlier(document),
        dogs=tuple(_dogs(one, document) for one in uplift["sleeping_dogs"]),
        unharmed="" if uplift["sleeping_dogs"] else unharmed_words(document),
        warnings=tuple(map(found_words, uplift["warnings"])),
        features=listed([gettext(_label(name)) for name in uplift["features"]]),
    )


def money(contrast: Mapping[str, Any], currency: str) -> Shown:
    """A value per customer with its interval."""
    value = contrast["value"]
    if value is None:
        why = str(gettext("too few buyers in one of the groups compared"))
        return Shown(text=str(gettext("cannot tell")), interval=why, known=False)
    if contrast["low"] == contrast["high"]:
        return Shown(
            text=amount(value, currency, signed=True), interval=str(gettext("the same plan"))
        )
    return Shown(
        text=amount(value, currency, signed=True),
        interval=interval(contrast["low"], contrast["high"], currency),
    )


def _rule(rule: Mapping[str, Any], document: Document, levels: Levels) -> RuleShown | None:
    lines = read_lines(rule["lines"])
    few = joined(lines)
    if not any(line.conditions for line in few):
        return None
    chosen = rule["kind"] == document["chosen"]["kind"]
    titles = {
        "one_column": gettext("The best rule of one question"),
        "card": gettext("The targeting card"),
    }
    answer = rule["value"]
    value = {name: answer.get(name) for name in ("low", "high")} | {"value": answer.get("estimate")}
    shown = [
        _line(line_rule(line, lines, levels), line.action, line.customers, line.share, document)
        for line in sorted(few, key=lambda line: (line.action == 0, -line.customers))
    ]
    return RuleShown(
        title=str(titles[rule["kind"]]),
        lines=tuple(shown),
        value=money(document["uplift"]["policy"] if chosen else value, document["currency"]),
        is_chosen=chosen,
        own=own_value_words(document) if chosen else "",
    )


def _line(who: Rule, action: int, customers: int, share: float, document: Document) -> CardLine:
    words = rule_text(who, document["currency"])
    return CardLine(
        who=words[:1].upper() + words[1:],
        told=action > 0,
        what=_what(action, document),
        customers=number(customers),
        share=percent(share, 0),
    )


def _what(action: int, document: Document) -> str:
    if not action:
        return str(gettext("leave alone"))
    if len(document["arms"]) == 2:
        return str(gettext("contact"))
    return str(document["arms"][action])


def _segments(document: Document) -> tuple[RuleShown, ...]:
    """The choice of segments as a rule, where that is the plan to follow."""
    parts = document["by_segment"]
    if parts is None:
        return ()
    lines = (
        CardLine(
            who=segment_name(part["segment"]),
            told=part["action"] > 0,
            what=_what(part["action"], document),
            customers=number(part["customers"]),
            share=percent(part["customers"] / document["units"], 0),
        )
        for part in sorted(parts, key=lambda part: part["action"] == 0)
    )
    title = str(gettext("The choice of segments"))
    return (
        RuleShown(
            title=title,
            lines=tuple(lines),
            value=money(document["uplift"]["policy"], document["currency"]),
            is_chosen=True,
            own=own_value_words(document),
        ),
    )


def _board(row: Mapping[str, Any], document: Document) -> BoardRow:
    currency = document["currency"]
    behind = row["behind_the_best"]
    optimism = row["optimism"]
    return BoardRow(
        name=candidate_name(row),
        share=percent(row["share"], 0),
        value=money(row["value"], currency),
        naive=amount(row["naive_value"], currency, signed=True),
        optimism="" if optimism is None else amount(optimism, currency, signed=True),
        behind=None if behind is None else money(behind, currency),
        verdict=look(EVIDENCE, row["value"]["verdict"]),
        near=row["within_one_standard_error"],
        chosen=row["chosen"],
        fits=row.get("keeps_limits", True),
    )


def _earlier(document: Document) -> str:
    if "earlier" not in document["inputs"]:
        return ""
    return str(
        gettext(
            "The plan of an earlier campaign is its rule, read on what was known of these customers"
            " before this campaign; whom it tells is told by the arm here that is most like its"
            " own."
        )
    )


def _against(name: str, document: Document) -> str:
    if name.startswith(PREFIX):
        return str(gettext("the plan of “%(name)s”", name=document["inputs"]["earlier"]["name"]))
    return str(
        {
            "everyone": gettext("contacting everyone"),
            "nobody": gettext("contacting nobody"),
            "response": gettext("contacting likely buyers"),
        }.get(name, name)
    )


def _optimism(policy: Mapping[str, Any], currency: str) -> str:
    optimism, value = policy["optimism"], policy["value"]
    if optimism is None or value is None:
        return ""
    return str(
        gettext(
            "Choosing the best on the same customers would have claimed %(naive)s each against"
            " contacting nobody; on customers who did not choose, it is %(honest)s. The difference"
            " of %(optimism)s is optimism, not profit.",
            naive=amount(policy["naive_value"], currency, signed=True),
            honest=amount(value, currency, signed=True),
            optimism=amount(optimism, currency),
        )
    )


def _dogs(one: Mapping[str, Any], document: Document) -> str:
    harm = one["harm"]
    return str(
        gettext(
            "Contact harms: %(n)s customers bring less when they are told (%(arm)s). Leaving them"
            " alone is worth %(value)s per customer of the audience (%(range)s), before what the"
            " contact costs; proved.",
            n=number(one["customers"]),
            arm=one["arm"],
            value=amount(harm["value"], document["currency"]),
            range=interval(harm["low"], harm["high"], document["currency"]),
        )
    )


def _label(name: str) -> str:
    return FEATURES[name].label if name in FEATURES else name
