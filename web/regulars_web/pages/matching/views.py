"""Which group for this offer, which offer for this group; a click plans the campaign."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from regulars_platform.campaigns.plan import AUDIENCE_CHANNELS
from regulars_platform.campaigns.service import create_draft, get_shop_of, list_campaigns
from regulars_platform.customers.store import build_feature_store
from regulars_platform.errors import InvalidInputError
from regulars_platform.matching.ground import Ground, open_ground
from regulars_platform.matching.ranking import (
    campaigns_of_other_reach,
    rank_groups,
    rank_offers,
)
from regulars_web.drafts.plans import find_shop_facts, new_draft
from regulars_web.drafts.programmes import costs_known
from regulars_web.edge import current_shop, now, reading, settings, today, unit_of_work
from regulars_web.looking_at_customers import find_customers
from regulars_web.pages.campaigns.form import AudienceChoice
from regulars_web.pages.campaigns.problems import sorted_problems
from regulars_web.pages.matching.asked import GROUP_FIRST, Asked, read_asked
from regulars_web.pages.matching.groups import Chosen, choose_group, list_choices
from regulars_web.pages.matching.shown import Ranking, shown_groups, shown_offers
from regulars_web.words.plans import CHANNEL_LABELS, KIND_LABELS

blueprint = Blueprint("matching", __name__)
MOST_DRAFT = 50_000


@blueprint.get("/")
def overview() -> str | tuple[str, int]:
    """Both questions, and the answer to the one that is asked."""
    with reading() as work:
        asked = read_asked(request.args, _usual(work), costs_known(current_shop()))
        ground = _ground(work, asked)
        found = find_customers() if asked.way == GROUP_FIRST else None
        chosen = None
        if asked.way == GROUP_FIRST:
            chosen = choose_group(work, asked, request.args, found)
        ranking: Ranking | None = None
        uncounted = 0
        if ground is not None and asked.rank:
            try:
                ranking = _rank(work, ground, asked, chosen)
                if chosen is None:
                    uncounted = campaigns_of_other_reach(ground, asked.offer())
            except InvalidInputError as error:
                asked = replace(asked, problems=_beside_fields(error))
        groups = list_choices(work, found) if chosen is not None else []
    page = render_template(
        "matching/overview.html",
        asked=asked,
        ranking=ranking,
        uncounted=uncounted,
        other_reach=_with_other_reach(asked),
        groups=groups,
        chosen=chosen,
        has_orders=ground is not None,
        kinds=KIND_LABELS,
        # offers are matched to persons, one by one
        channels={
            name: label for name, label in CHANNEL_LABELS.items() if name not in AUDIENCE_CHANNELS
        },
    )
    return (page, 422) if asked.problems else page


def _with_other_reach(asked: Asked) -> str:
    """The address of the same question, with the offer for those whom it is not for now."""
    other = "open" if asked.value("reach") == "personal" else "personal"
    return f"{url_for('.overview')}?{urlencode({**request.args.to_dict(), 'reach': other})}"


@blueprint.post("/plan")
def plan() -> Response:
    """Keep the campaign that a row stands for as a draft, and go there."""
    raw = _posted_draft(request.form.get("draft", ""))
    with unit_of_work() as work:
        draft = create_draft(work, shop_id=current_shop().id, raw=raw, now=now())
    return redirect(url_for("campaigns.edit", campaign_id=draft.id))


def _posted_draft(text: str) -> dict[str, Any]:
    if len(text) > MOST_DRAFT:
        raise BadRequest
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise BadRequest from None
    if not isinstance(raw, dict) or not isinstance(raw.get("name"), str):
        raise BadRequest
    return raw


def _usual(work: Session) -> dict[str, Any]:
    """A new plan as the form would begin it."""
    shop = current_shop()
    latest = next(iter(list_campaigns(work, shop.id)), None)
    return new_draft(
        find_shop_facts(build_feature_store(settings(), shop)),
        today=today(),
        last_plan=None if latest is None else latest.draft,
        shop=shop,
    )


def _ground(work: Session, asked: Asked) -> Ground | None:
    shop = current_shop()
    return open_ground(work, settings(), get_shop_of(work, shop.id), asked.terms(), today=today())


def _rank(work: Session, ground: Ground, asked: Asked, chosen: Chosen | None) -> Ranking | None:
    currency = current_shop().currency
    if chosen is None:
        return shown_groups(rank_groups(work, ground, asked.offer(), "-"), currency)
    if chosen.rule is None:
        return None
    return shown_offers(rank_offers(ground, chosen.rule, "-"), chosen.name, currency)


def _beside_fields(error: InvalidInputError) -> dict[str, list[str]]:
    """The plan's fields by the names that they have on this page."""
    found = sorted_problems(error.problems, {"audience": {}}, AudienceChoice())
    return {
        path.removeprefix("arms.0.").removeprefix("offer."): texts for path, texts in found.items()
    }
