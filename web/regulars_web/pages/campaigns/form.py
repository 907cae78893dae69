"""The plan form: what was posted, as the draft that is kept, and the problems beside its fields.

A field's name is its path in the draft (`arms.0.offer.threshold`), so a problem that the platform
finds with a draft names the field it belongs to. Only the audience and the report segments are
chosen differently from how they are kept: as a choice that becomes a rule.
"""

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from flask_babel import format_date, gettext
from werkzeug.datastructures import MultiDict

from regulars_platform.campaigns.plan import MAX_ARMS
from regulars_platform.offers.kinds import KINDS
from regulars_platform.segments.presets import FITS_FROM, FITS_TO, fits_threshold
from regulars_platform.segments.rules import EVERYBODY, rule_json
from regulars_platform.segments.tables import Segment
from regulars_web.pages.campaigns.ladder import LADDER_FIELDS, LadderChoice, suggested_ladder
from regulars_web.pages.campaigns.numbers import read_decimal, share_of_one

TEXTS = (
    "name",
    "as_of",
    "send_date",
    "outcome_end",
    "settle_until",
    "unit",
    "group_by",
    "holdout_percent",
    "margin_low_percent",
    "margin_high_percent",
    "margin_source",
    "primary_metric",
    "confidence_percent",
    "horizon_rounds",
)
LISTS = ("secondary_metrics", "guardrails")
EXCLUSIONS = (
    "customers",
    "max_average_order_value",
    "customer_revenue_cap",
    "running_campaigns",
)
ARM_TEXTS = ("name", "channel", "channel_label", "contact_cost")
OFFER_FIELDS: dict[str, tuple[str, ...]] = {
    "free_shipping": ("threshold", "shipping_cost"),
    "amount_off": ("threshold", "amount"),
    "percent_off": ("percent", "threshold"),
    "gift": ("gift_cost", "threshold"),
    "points": ("points", "per_unit", "point_value", "redeemed_percent", "threshold"),
    "red_packet": ("amount",),
    "flash_sale": ("percent", "products"),
    "cash_back": ("amount",),
    "message": (),
}
"""The fields that each kind of offer has besides its reach and its words."""
WITH_THRESHOLD = frozenset(kind for kind, names in OFFER_FIELDS.items() if "threshold" in names)
OWN_FIELDS = ("multiple", "price_points")
"""The fields that an offer with a threshold of each customer's own has besides."""


TitleOf = Callable[[Mapping[str, Any]], str]
"""An arm as typed -> what its offer is called in a few words; "" while that cannot be said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AudienceChoice:
    """Who is in the plan: "fits", "everybody", "segment:<id>", or "kept" (a rule of its own).

    lowest, highest: for "fits", percent of the threshold, as typed.
    """

    choice: str = "fits"
    lowest: str = f"{FITS_FROM * 100:f}".removesuffix(".0")
    highest: str = f"{FITS_TO * 100:f}".removesuffix(".0")

    def highest_for(self, thresholds: Sequence[Decimal]) -> str:
        """The upper end that reaches as far above the last of several thresholds.

        Percent of the first, like every end.
        """
        highest = read_decimal(self.highest)
        if highest is None or not thresholds:
            return self.highest
        return f"{round(highest * max(thresholds) / thresholds[0], 2).normalize():f}"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanForm:
    """A draft with how its audience was chosen, and what is said beside its fields.

    draft: nested, as `create_draft` keeps it; ladder: what stands in the fields that make one;
    problems: field -> sentences, shown as they are.
    """

    draft: dict[str, Any]
    audience: AudienceChoice
    ladder: LadderChoice = field(default_factory=LadderChoice)
    problems: Mapping[str, list[str]] = field(default_factory=dict)

    def value(self, path: str) -> str:
        """What stands in the field of that path; empty where nothing does."""
        found: Any = self.draft
        for step in path.split("."):
            if isinstance(found, Mapping):
                found = found.get(step)
            elif isinstance(found, Sequence) and not isinstance(found, str) and step.isdigit():
                found = found[int(step)] if int(step) < len(found) else None
            else:
                return ""
        if found is None:
            return ""
        return "\n".join(map(str, found)) if isinstance(found, list | tuple) else str(found)

    def has(self, path: str, word: str) -> bool:
        """Whether a list of words contains this one."""
        found = self.draft.get(path)
        return isinstance(found, Sequence) and not isinstance(found, str) and word in found

    @property
    def days_line(self) -> str:
        """What stands in the days that are usually left as they are."""
        settle, as_of = (_day(self.value(name)) for name in ("settle_until", "as_of"))
        return str(
            gettext(
                "returns until %(settle)s, customers as of %(as_of)s", settle=settle, as_of=as_of
            )
        )

    def errors(self, path: str) -> list[str]:
        """What is wrong with the field of that path."""
        return self.problems.get(path, [])

    def errors_within(self, *prefixes: str) -> bool:
        """Whether any field under one of these paths has a problem."""
        return any(path.startswith(prefixes) for path in self.problems)

    @property
    def arms(self) -> list[dict[str, Any]]:
        """The treated arms as typed."""
        return _dicts(self.draft.get("arms"))

    @property
    def has_one_threshold(self) -> bool:
        """Whether an audience can be chosen by a threshold: not where each has their own."""
        return not any(has_own_threshold(arm) for arm in self.arms)

    @property
    def segments(self) -> list[dict[str, Any]]:
        """The report segments: name and rule."""
        return _dicts(self.draft.get("segments"))


def read_form(
    posted: MultiDict[str, str], saved: Sequence[Segment], *, title_of: TitleOf
) -> PlanForm:
    """What was posted, as a draft; nothing is judged yet.

    saved: the shop's segments; title_of: what an arm without a name is called.
    """
    draft: dict[str, Any] = {name: posted.get(name, "").strip() for name in TEXTS}
    draft |= {name: [word for word in posted.getlist(name) if word] for name in LISTS}
    if not draft["margin_high_percent"]:
        draft["margin_high_percent"] = draft["margin_low_percent"]
    draft["exclusions"] = {name: posted.get(f"exclusions.{name}", "") for name in EXCLUSIONS}
    draft["exclusions"]["customers"] = draft["exclusions"]["customers"].splitlines()
    draft["arms"] = [_arm(posted, place) for place in _places(posted, "arms")][:MAX_ARMS]
    if len(draft["arms"]) == 1 and not draft["arms"][0]["share_percent"]:
        draft["arms"][0]["share_percent"] = share_of_one(draft["holdout_percent"])
    draft["arms"] = with_names(draft["arms"], title_of)
    draft["segments"] = [
        {
            "name": posted.get(f"segments.{place}.name", "").strip(),
            "rule": _json(posted.get(f"segments.{place}.rule", "")),
        }
        for place in _places(posted, "segments")
    ]
    usual = AudienceChoice()
    choice = AudienceChoice(
        choice=posted.get("audience.choice", usual.choice),
        lowest=posted.get("audience.lowest", usual.lowest).strip(),
        highest=posted.get("audience.highest", usual.highest).strip(),
    )
    rule = audience_rule(choice, draft["arms"], saved, _json(posted.get("audience.rule", "")))
    ladder = _ladder(posted) or suggested_ladder(draft["arms"])
    return PlanForm(draft=draft | {"audience": rule}, audience=choice, ladder=ladder)


def _ladder(posted: MultiDict[str, str]) -> LadderChoice | None:
    typed = {name: posted.get(f"ladder.{name}") for name in LADDER_FIELDS}
    known = {name: text.strip() for name, text in typed.items() if text is not None}
    return LadderChoice(**known) if known else None


def form_of_draft(draft: Mapping[str, Any], saved: Sequence[Segment]) -> PlanForm:
    """The form of a kept draft: how its audience was chosen is seen from its rule.

    A draft may come from a file and lack anything; the form has all its rows and fields.
    """
    rule, segments = draft.get("audience"), _dicts(draft.get("segments"))
    whole = {
        **draft,
        "audience": rule,
        "arms": [_whole_arm(arm) for arm in _dicts(draft.get("arms")) or [{}]],
        "segments": [{"name": "", "rule": None} | segment for segment in segments],
    }
    return PlanForm(
        draft=whole,
        audience=_choice_of(rule, whole["arms"], saved),
        ladder=suggested_ladder(whole["arms"]),
    )


def _whole_arm(arm: Mapping[str, Any]) -> dict[str, Any]:
    offer = arm.get("offer")
    usual = {"kind": "free_shipping"} | (dict(offer) if isinstance(offer, Mapping) else {})
    if usual["kind"] not in OFFER_FIELDS:
        usual["kind"] = "free_shipping"
    return {**dict.fromkeys((*ARM_TEXTS, "share_percent"), ""), **arm, "offer": usual}


def completed(form: PlanForm, saved: Sequence[Segment], *, title_of: TitleOf) -> PlanForm:
    """The form with the rule that its choice of audience means, and a name for every arm."""
    rule = audience_rule(form.audience, form.arms, saved, form.draft.get("audience"))
    named = with_names(form.arms, title_of)
    return replace(form, draft=form.draft | {"audience": rule, "arms": named})


def audience_rule(
    choice: AudienceChoice,
    arms: Sequence[Mapping[str, Any]],
    saved: Sequence[Segment],
    kept: object,
) -> object:
    """The rule (JSON form) that a choice means; None while it cannot be said."""
    if choice.choice == "everybody":
        return rule_json(EVERYBODY)
    if choice.choice == "kept":
        return kept
    if choice.choice == "fits":
        threshold = first_threshold(arms)
        lowest, highest = read_decimal(choice.lowest), read_decimal(choice.highest)
        if threshold is None or lowest is None or highest is None or lowest > highest:
            return None
        return rule_json(fits_threshold(threshold, lowest=lowest / 100, highest=highest / 100))
    number = choice.choice.removeprefix("segment:")
    return next((dict(segment.rule) for segment in saved if str(segment.id) == number), None)


def first_threshold(arms: Sequence[Mapping[str, Any]]) -> Decimal | None:
    """The threshold of the first arm that has one, in currency units."""
    return next(iter(thresholds_of(arms)), None)


def thresholds_of(arms: Sequence[Mapping[str, Any]]) -> list[Decimal]:
    """The thresholds for all typed so far, in currency units, in the order of the arms."""
    fixed = [arm for arm in arms if not has_own_threshold(arm)]
    offers = [arm["offer"] for arm in fixed if isinstance(arm.get("offer"), Mapping)]
    found = [read_decimal(offer.get("threshold")) for offer in offers]
    return [value for value in found if value is not None and value > 0]


def has_own_threshold(arm: Mapping[str, Any]) -> bool:
    """Whether an arm as typed has a threshold of each customer's own."""
    offer = arm.get("offer")
    return isinstance(offer, Mapping) and offer.get("multiple") not in (None, "")


def with_names(arms: Sequence[dict[str, Any]], title_of: TitleOf) -> list[dict[str, Any]]:
    """The arms, those without a name called after their offer."""
    return [arm if arm["name"] else arm | {"name": title_of(arm)} for arm in arms]


def with_problems(form: PlanForm, problems: Mapping[str, list[str]]) -> PlanForm:
    """The same form with what is to be said beside its fields."""
    return replace(form, problems=problems)


def _arm(posted: MultiDict[str, str], place: int) -> dict[str, Any]:
    def typed(name: str) -> str:
        return posted.get(f"arms.{place}.{name}", "").strip()

    kind = typed("offer.kind") if typed("offer.kind") in KINDS else "free_shipping"
    offer = {"kind": kind, "words": typed("offer.words")}
    if kind != "message":
        offer["reach"] = typed("offer.reach") or "open"
    offer |= {name: typed(f"offer.{name}") for name in OFFER_FIELDS[kind]}
    if kind in WITH_THRESHOLD and typed("offer.multiple"):
        # without a multiple it is one threshold for all, and price points say nothing
        offer |= {name: typed(f"offer.{name}") for name in OWN_FIELDS}
    arm: dict[str, Any] = {name: typed(name) for name in ARM_TEXTS}
    return arm | {"share_percent": typed("share_percent"), "offer": offer}


def _choice_of(
    rule: object, arms: Sequence[Mapping[str, Any]], saved: Sequence[Segment]
) -> AudienceChoice:
    if rule is None:
        return AudienceChoice()
    if rule == rule_json(EVERYBODY):
        return AudienceChoice(choice="everybody")
    fits = _fits(rule, first_threshold(arms))
    if fits is not None:
        return fits
    same = next((segment for segment in saved if segment.rule == rule), None)
    return AudienceChoice(choice="kept" if same is None else f"segment:{same.id}")


def _fits(rule: object, threshold: Decimal | None) -> AudienceChoice | None:
    if threshold is None or not isinstance(rule, Mapping):
        return None
    if (rule.get("feature"), rule.get("op")) != ("average_order_value", "between"):
        return None
    ends = [read_decimal(end) for end in rule.get("value", ())]
    percents = [None if end is None else (end / threshold * 100).normalize() for end in ends]
    if len(percents) != 2 or percents[0] is None or percents[1] is None:
        return None
    # an end that is no round share of the threshold was not chosen as one
    if any(share != round(share, 2) for share in percents if share is not None):
        return None
    return AudienceChoice(choice="fits", lowest=f"{percents[0]:f}", highest=f"{percents[1]:f}")


def _day(text: str) -> str:
    """A day as it is written, or as it was typed while it is none."""
    try:
        return str(format_date(dt.date.fromisoformat(text), "medium"))
    except ValueError:
        return text or "–"


def _places(posted: MultiDict[str, str], prefix: str) -> list[int]:
    """The numbers of the rows posted under a prefix, in order, at most 100."""
    row = re.compile(rf"{prefix}\.(\d{{1,3}})\.", re.ASCII)
    return sorted({int(found[1]) for name in posted if (found := row.match(name))})[:100]


def _dicts(found: object) -> list[dict[str, Any]]:
    if not isinstance(found, Sequence) or isinstance(found, str):
        return []
    return [dict(item) for item in found if isinstance(item, Mapping)]


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
