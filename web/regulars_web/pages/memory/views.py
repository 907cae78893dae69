"""What past campaigns taught: a table to search, and one page for each kind of people and offer."""

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import list_campaigns
from regulars_platform.campaigns.tables import LAUNCHED
from regulars_platform.errors import NotFoundError
from regulars_platform.memory.models import Learning
from regulars_platform.memory.overview import Promises
from regulars_platform.memory.overview import overview as cells_of
from regulars_platform.memory.promises import promises_of_shop
from regulars_platform.memory.service import read_learnings
from regulars_platform.memory.unlearnt import taught_nothing
from regulars_platform.words import N_, Sentence
from regulars_web.edge import current_shop, now, settings, unit_of_work
from regulars_web.pages.memory.expecting import expectations
from regulars_web.pages.memory.shown import cell_page, cell_row, heads, left_out, matching
from regulars_web.pages.memory.words import KINDS
from regulars_web.words.plans import CHANNEL_LABELS

blueprint = Blueprint("memory", __name__)
blueprint.add_app_template_global(expectations, "expectations")
MOST_SHOWN = 200


@blueprint.get("/")
def overview() -> str:
    """Everything that was learnt, or what of it is searched for."""
    shop = current_shop()
    with unit_of_work() as work:
        learnings, promises = _learnt(work)
        too_small = taught_nothing(work, shop.id, learnings)
        launched = any(row.state == LAUNCHED for row in list_campaigns(work, shop.id))
    asked = {key: request.args.get(key, "").strip() for key in ("q", "kind", "channel", "changed")}
    rows = [cell_row(cell, shop.currency) for cell in cells_of(learnings, promises, now().date())]
    found = matching(rows, asked)
    return render_template(
        "memory/overview.html",
        rows=found[:MOST_SHOWN],
        found=len(found),
        total=len(rows),
        heads=heads(learnings, promises, shop.currency) if rows else None,
        asked=asked,
        kinds={kind: KINDS[kind] for kind in KINDS if any(row.kind == kind for row in rows)},
        channels={
            channel: label
            for channel, label in CHANNEL_LABELS.items()
            if any(row.channel == channel for row in rows)
        },
        launched=launched,
        too_small=left_out(too_small),
    )


@blueprint.get("/<cell>")
def show(cell: str) -> str:
    """One kind of people and offer: its campaigns, what they come to, what to expect."""
    shop = current_shop()
    with unit_of_work() as work:
        learnings, promises = _learnt(work)
    for found in cells_of(learnings, promises, now().date()):
        if found.id == cell:
            page = cell_page(found, promises, shop.currency)
            return render_template("memory/show.html", page=page)
    raise NotFoundError(
        Sentence(N_("Nothing of that kind was learnt in this shop.")),
        Sentence(N_("Go back to everything that was learnt, and search there.")),
    )


def _learnt(work: Session) -> tuple[tuple[Learning, ...], Promises]:
    shop_id = current_shop().id
    return read_learnings(work, settings(), shop_id), promises_of_shop(work, shop_id)
