"""What is wrong with a plan, sorted to the fields that the form has."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext

from regulars_platform.campaigns.plan_form import read_draft
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.shops.models import ShopProfile
from regulars_web.pages.campaigns.form import AudienceChoice, PlanForm, with_problems
from regulars_web.problems import problem_text


def with_plan_problems(form: PlanForm, shop: ShopProfile) -> PlanForm:
    """The form with everything that keeps its plan from being launched."""
    found = read_draft(full_draft(form.draft, shop)).problems
    return with_problems(form, sorted_problems(found, form.draft, form.audience))


def with_error(form: PlanForm, error: RegularsError, shop: ShopProfile) -> PlanForm:
    """The same, and what the platform said when it was asked to act."""
    judged = with_plan_problems(form, shop)
    said = error.problems if isinstance(error, InvalidInputError) else [error]
    new = sorted_problems(said, form.draft, form.audience)
    merged = {path: list(texts) for path, texts in judged.problems.items()}
    for path, texts in new.items():
        known = merged.setdefault(path, [])
        known.extend(text for text in texts if text not in known)
    return with_problems(form, merged)


def full_draft(draft: Mapping[str, Any], shop: ShopProfile) -> dict[str, Any]:
    """The draft as the platform reads it: currency and time zone are the shop's."""
    return {**draft, "currency": shop.currency, "timezone": shop.timezone}


def sorted_problems(
    problems: Iterable[RegularsError], draft: Mapping[str, Any], audience: AudienceChoice
) -> dict[str, list[str]]:
    """Field of the form -> sentences; what has no field of its own stands under ""."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        path = control_of(problem.field or "")
        text = problem_text(problem)
        if path == "audience" and draft.get("audience") is None:
            text = _missing_audience(audience)
        found.setdefault(path, [])
        if text not in found[path]:
            found[path].append(text)
    return {path: texts for path, texts in found.items() if not _follows(path, found, draft)}


def _follows(path: str, found: Mapping[str, list[str]], draft: Mapping[str, Any]) -> bool:
    """Whether a problem is gone once another one is: an arm is named after its offer."""
    arm = re.fullmatch(r"arms\.(\d+)\.name", path)
    if arm is None or not any(other.startswith(f"arms.{arm[1]}.offer") for other in found):
        return False
    return not draft["arms"][int(arm[1])].get("name")


def control_of(path: str) -> str:
    """The field of the form that a place in the plan belongs to.

    >>> control_of("audience.all.0.value"), control_of("segments.2.rule.op")
    ('audience', 'segments.2.name')
    """
    if path.startswith("audience"):
        return "audience"
    inside = re.fullmatch(r"(segments\.\d+)\.rule\b.*", path)
    if inside:
        return f"{inside[1]}.name"
    return "" if path in ("currency", "timezone") else path


def _missing_audience(audience: AudienceChoice) -> str:
    if audience.choice == "fits":
        return str(
            gettext(
                "Without a threshold, and a lower and an upper end, nobody can fit it. "
                "Fill these in, or choose another audience."
            )
        )
    return str(gettext("Choose who is in the plan."))
