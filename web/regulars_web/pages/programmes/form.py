"""The form of a programme: what was typed, as a draft and back, with problems beside fields."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext

from regulars_platform.errors import RegularsError
from regulars_platform.programmes.kinds import KINDS
from regulars_platform.segments.tables import Segment
from regulars_web.pages.campaigns.form import OFFER_FIELDS
from regulars_web.problems import each_problem, problem_text

EVERYBODY, KEPT = "everybody", "kept"
LONGEST = 5_000
PLAIN = (
    *("name", "channel", "channel_label", "contact_cost", "holdout_percent", "consent"),
    *("send_time", "grace_days", "window_days", "reentry_days", "margin_low_percent"),
    *("margin_high_percent", "margin_source", "confidence_percent", "template_id"),
)
"""Fields of the draft that are typed as they are kept."""

OFFER_KINDS = tuple(OFFER_FIELDS)
_ALL = {"all": list[object]()}


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammeForm:
    """What the fields hold, by name, and what is wrong with them. draft: as it would be kept."""

    draft: Mapping[str, Any]
    shown: Mapping[str, str]
    problems: Mapping[str, list[str]] = field(default_factory=dict)

    def value(self, path: str) -> str:
        """What stands in a field."""
        return self.shown.get(path, "")

    def errors(self, path: str) -> list[str]:
        """What is wrong with it."""
        return self.problems.get(path, [])

    @property
    def kind(self) -> str:
        """The kind of the programme."""
        return str(self.draft["kind"])

    @property
    def settings(self) -> tuple[str, ...]:
        """The fields that only some kinds have."""
        return KINDS[self.kind].settings

    @property
    def offer_fields(self) -> tuple[str, ...]:
        """The fields of the kind of offer that is chosen."""
        return OFFER_FIELDS.get(self.value("offer.kind"), ())


def form_of(draft: Mapping[str, Any], segments: Sequence[Segment]) -> ProgrammeForm:
    """The form that shows a draft."""
    offer = draft.get("offer") or {}
    shown = {name: _text(draft.get(name)) for name in PLAIN}
    shown |= {f"offer.{name}": _text(value) for name, value in offer.items()}
    shown["offer.products"] = "\n".join(offer.get("products") or ())
    shown["audience"] = _chosen(draft.get("audience"), segments) or EVERYBODY
    named = draft.get("segment") or {}
    shown["segment"] = _chosen(named.get("rule"), segments) if named else ""
    hours = draft.get("wait_hours")
    days = isinstance(hours, int) and hours > 0 and hours % 24 == 0
    shown["wait"] = _text(hours // 24 if days and isinstance(hours, int) else hours)
    shown["wait_unit"] = "days" if days else "hours"
    for name in ("after_days", "before_days", "within"):
        shown[name] = _text(draft.get(name))
    shown["dates"] = "\n".join(str(day) for day in draft.get("dates") or ())
    return ProgrammeForm(draft=draft, shown=shown)


def form_typed(
    typed: Mapping[str, str], draft: Mapping[str, Any], segments: Sequence[Segment]
) -> ProgrammeForm:
    """The form as somebody sent it. draft: what was kept so far; its kind stays."""
    given = {name: value[:LONGEST].replace("\r\n", "\n") for name, value in typed.items()}
    kind = str(draft["kind"])
    kept: dict[str, Any] = {"kind": kind} | {name: given.get(name, "").strip() for name in PLAIN}
    kept["margin_source"] = kept["margin_source"] or "flat"
    kept["offer"] = _offer(given)
    rules = {str(one.id): one for one in segments}
    kept["audience"] = _audience(given.get("audience", EVERYBODY), draft, rules)
    settings: dict[str, Any] = {
        "wait_hours": _hours(given.get("wait", ""), given.get("wait_unit", "hours")),
        "after_days": given.get("after_days", "").strip() or None,
        "before_days": given.get("before_days", "").strip(),
        "within": given.get("within", "").strip(),
        "dates": [day for day in re.split(r"[\s,;]+", given.get("dates", "")) if day],
        "segment": _named(given.get("segment", ""), draft, rules),
    }
    kept |= {name: settings[name] for name in KINDS[kind].settings}
    names = {f"offer.{name}" for fields in OFFER_FIELDS.values() for name in fields}
    names |= {"offer.kind", "offer.reach", "offer.words", *PLAIN, "audience", "segment"}
    names |= {"wait", "wait_unit", "after_days", "before_days", "within", "dates"}
    return ProgrammeForm(draft=kept, shown={name: given.get(name, "") for name in names})


def with_problems(form: ProgrammeForm, error: RegularsError) -> ProgrammeForm:
    """The form with what the platform found, beside the fields; "" for the form as a whole."""
    found: dict[str, list[str]] = {}
    for problem in each_problem(error):
        found.setdefault(_control(problem.field or ""), []).append(problem_text(problem))
    return ProgrammeForm(draft=form.draft, shown=form.shown, problems=found)


def _control(path: str) -> str:
    """The field of the form that a place in the draft belongs to."""
    if path.startswith("segment"):
        return "segment"
    if path.startswith("audience"):
        return "audience"
    if path == "wait_hours":
        return "wait"
    known = (*PLAIN, "after_days", "before_days", "within", "dates")
    return path if path in known or path.startswith("offer.") else ""


def _offer(given: Mapping[str, str]) -> dict[str, Any]:
    kind = given.get("offer.kind", "message")
    offer: dict[str, Any] = {
        "kind": kind,
        "reach": given.get("offer.reach", "open") if kind != "message" else "open",
        "words": given.get("offer.words", "").strip(),
    }
    for name in OFFER_FIELDS.get(kind, ()):
        value = given.get(f"offer.{name}", "").strip()
        offer[name] = value.splitlines() if name == "products" else value
    return offer


def _hours(text: str, unit: str) -> object:
    try:
        number = int(text.strip())
    except ValueError:
        return text.strip()
    return number * 24 if unit == "days" else number


def _audience(
    choice: str, draft: Mapping[str, Any], segments: Mapping[str, Segment]
) -> Mapping[str, Any]:
    if choice in segments:
        rule: Mapping[str, Any] = segments[choice].rule
        return rule
    kept = draft.get("audience")
    return kept if choice == KEPT and isinstance(kept, Mapping) else _ALL


def _named(
    choice: str, draft: Mapping[str, Any], segments: Mapping[str, Segment]
) -> Mapping[str, Any] | None:
    if choice in segments:
        return {"name": segments[choice].name, "rule": segments[choice].rule}
    kept = draft.get("segment")
    return kept if choice == KEPT and isinstance(kept, Mapping) else None


def _chosen(rule: object, segments: Sequence[Segment]) -> str:
    """The segment with this rule; "kept" where none has it (any more)."""
    if rule is None or rule == _ALL:
        return ""
    return next((str(one.id) for one in segments if one.rule == rule), KEPT)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def audience_choices(form: ProgrammeForm, segments: Sequence[Segment]) -> dict[str, str]:
    """Who can be in it, to choose from."""
    found = {EVERYBODY: str(gettext("Every customer"))}
    if form.value("audience") == KEPT:
        found[KEPT] = str(gettext("As it was kept"))
    return found | {str(one.id): one.name for one in segments}


def segment_choices(form: ProgrammeForm, segments: Sequence[Segment]) -> dict[str, str]:
    """The segments, to choose one from."""
    found = {"": str(gettext("Choose a segment"))}
    if form.value("segment") == KEPT:
        name = (form.draft.get("segment") or {}).get("name", "")
        found[KEPT] = str(gettext("%(name)s, as it was kept", name=name))
    return found | {str(one.id): one.name for one in segments}
