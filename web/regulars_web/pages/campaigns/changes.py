"""Adding and removing rows of the plan form: pure changes of what was posted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from regulars_platform.campaigns.plan import MAX_ARMS
from regulars_platform.fields import WHOLE, percent_text
from regulars_platform.segments.tables import Segment
from regulars_web.drafts.report_segments import PRESETS, preset_segment, usual_segments
from regulars_web.pages.campaigns.form import PlanForm, thresholds_of
from regulars_web.pages.campaigns.ladder import ladder_arms
from regulars_web.pages.campaigns.numbers import even_shares, scaled_shares


def change_form(form: PlanForm, do: str, *, add: str, saved: Sequence[Segment]) -> PlanForm:
    """The form after the button `do` was pressed; unchanged for any other word.

    add: what "segment-add" adds: "saved:<id>" or "preset:<name>".
    """
    action, _, place = do.partition(":")
    number = int(place) if place.isdecimal() else -1
    if action == "holdout" and 0 < number < WHOLE:
        return _with_holdout(form, number)
    if action in ("apart", "together"):
        return _with_running(form, "yes" if action == "apart" else "no")
    if action in ("arm-add", "arm-remove"):
        return _with_arms(form, _changed_arms(form.arms, action, number))
    if action == "ladder":
        return _with_ladder(form)
    if action.startswith("segment-"):
        segments = _changed_segments(form.segments, action, number, add, saved)
        return replace(form, draft=form.draft | {"segments": segments})
    return form


def _with_holdout(form: PlanForm, points: int) -> PlanForm:
    """So many basis points held out; the arms share the rest as they did before."""
    holdout = percent_text(points)
    shares = scaled_shares(holdout, [arm["share_percent"] for arm in form.arms])
    shared = [arm | {"share_percent": share} for arm, share in zip(form.arms, shares, strict=True)]
    return replace(form, draft=form.draft | {"holdout_percent": holdout, "arms": shared})


def _with_running(form: PlanForm, left_out: str) -> PlanForm:
    """Customers of campaigns in the same days left out, or taken in again."""
    return replace(form, draft=without_running(form.draft, left_out))


def without_running(draft: Mapping[str, Any], left_out: str) -> dict[str, Any]:
    """The draft with "yes" or "no" to leaving them out."""
    kept = draft.get("exclusions")
    exclusions = dict(kept) if isinstance(kept, Mapping) else {}
    return {**draft, "exclusions": exclusions | {"running_campaigns": left_out}}


def _with_ladder(form: PlanForm) -> PlanForm:
    """The arms of the ladder instead of those there were, and an audience that goes with them."""
    choice, arms = ladder_arms(form.ladder, form.arms, holdout=form.value("holdout_percent"))
    if arms is None:
        return replace(form, ladder=choice)
    audience = form.audience
    if audience.choice == "fits":
        # a threshold near what each spends fits everybody; several for all reach further up
        wider = audience.highest_for(thresholds_of(arms))
        audience = (
            replace(audience, choice="everybody")
            if choice.is_own
            else replace(audience, highest=wider)
        )
    draft = form.draft | {"arms": arms}
    return replace(form, draft=draft, audience=audience, ladder=choice)


def _changed_arms(arms: list[dict[str, Any]], action: str, number: int) -> list[dict[str, Any]]:
    if action == "arm-remove" and 0 <= number < len(arms) and len(arms) > 1:
        return arms[:number] + arms[number + 1 :]
    if action == "arm-add" and len(arms) < MAX_ARMS and arms:
        last = arms[-1]
        return [*arms, last | {"name": "", "offer": dict(last["offer"])}]
    return arms


def _with_arms(form: PlanForm, arms: list[dict[str, Any]]) -> PlanForm:
    shares = even_shares(form.value("holdout_percent"), len(arms))
    shared = [arm | {"share_percent": share} for arm, share in zip(arms, shares, strict=True)]
    return replace(form, draft=form.draft | {"arms": shared})


def _changed_segments(
    segments: list[dict[str, Any]], action: str, number: int, add: str, saved: Sequence[Segment]
) -> list[dict[str, Any]]:
    if action == "segment-usual":
        taken = {segment["name"] for segment in segments}
        return segments + [new for new in usual_segments() if new["name"] not in taken]
    if action == "segment-add":
        kind, _, name = add.partition(":")
        if kind == "preset" and name in PRESETS:
            return [*segments, preset_segment(name)]
        chosen = [s for s in saved if kind == "saved" and str(s.id) == name]
        return segments + [{"name": s.name, "rule": dict(s.rule)} for s in chosen]
    if not 0 <= number < len(segments):
        return segments
    if action == "segment-remove":
        return segments[:number] + segments[number + 1 :]
    if action == "segment-up" and number > 0:
        before, this = segments[number - 1], segments[number]
        return [*segments[: number - 1], this, before, *segments[number + 1 :]]
    return segments
