"""The effect page: boards of old-customer marketing, each beside its experiment."""

from flask import Blueprint, Response, render_template

from regulars_platform.errors import NotFoundError
from regulars_platform.figures.effects import Boards, Tried, build_boards, read_tried
from regulars_platform.figures.effects_csv import TABLES, boards_csv
from regulars_platform.figures.report import last_complete_day
from regulars_platform.words import N_, Sentence
from regulars_web.downloads import csv_file
from regulars_web.edge import current_shop, reading, settings, today
from regulars_web.looking_at_visits import open_source
from regulars_web.pages.effects.shown import effects_page

blueprint = Blueprint("effects", __name__)


@blueprint.get("/")
def overview() -> str:
    """All boards, or what the page will show."""
    found = _read()
    if found is None:
        return render_template("effects/empty.html")
    boards, tried = found
    return render_template(
        "effects/overview.html",
        boards=boards,
        page=effects_page(boards, tried, current_shop().currency),
    )


@blueprint.get("/<table>.csv")
def download(table: str) -> Response:
    """One board as a file."""
    found = _read() if table in TABLES else None
    if found is None:
        raise NotFoundError(
            Sentence(N_("There is no such table.")),
            Sentence(N_("Go back to the effect page, and download one of its tables.")),
        )
    boards, tried = found
    return csv_file(boards_csv(boards, tried, table), f"{table}-{boards.last.isoformat()}.csv")


def _read() -> tuple[Boards, Tried] | None:
    shop, source = current_shop(), open_source()
    last = None if source is None else last_complete_day(source, today())
    if source is None or last is None:
        return None
    with reading() as work:
        tried = read_tried(work, shop.id)
        boards = build_boards(work, settings(), source, tried, shop_id=shop.id, last=last)
    return boards, tried
