"""The groups to start from: everybody, the shop's own segments, and the ready-made ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from regulars_platform.segments.parsing import parse_rule
from regulars_platform.segments.rules import EVERYBODY, Rule
from regulars_platform.segments.service import get_segment, list_segments
from regulars_web.edge import current_shop
from regulars_web.formats import blank
from regulars_web.ids import read_id
from regulars_web.looking_at_customers import Customers
from regulars_web.pages.matching.asked import EVERYBODYS, READY, Asked
from regulars_web.pages.segments.ready_made import Start, choose_start, offer_themes


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One group to start from, as the list has it."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """The group that is asked about. rule: None while a word or number of it is missing; name: what
    it is called; about: who that is and what it is good for; start: the questions of a ready-made
    group."""

    rule: Rule | None
    name: str
    about: str = ""
    start: Start | None = field(default=None)


def list_choices(work: Session, found: Customers | None) -> list[tuple[str, list[Choice]]]:
    """(heading, groups): the shop's own first, then the ready-made ones that it knows anything of,
    theme by theme."""
    own = [
        Choice(value=EVERYBODYS, label=str(gettext("Every customer"))),
        *(
            Choice(value=str(one.id), label=one.name)
            for one in list_segments(work, current_shop().id)
        ),
    ]
    ready = [
        (
            str(gettext(theme.label)),
            [
                Choice(value=READY + one.preset.key, label=str(gettext(one.preset.title)))
                for one in theme.offered
                if not one.missing
            ],
        )
        for theme in offer_themes(found, {}, {})
    ]
    named = [(str(gettext("Your segments")), own), *ready]
    return [(heading, choices) for heading, choices in named if choices]


def choose_group(
    work: Session, asked: Asked, arguments: Mapping[str, str], found: Customers | None
) -> Chosen:
    """Raises NotFound for a group that is none."""
    if asked.group == EVERYBODYS:
        return Chosen(rule=EVERYBODY, name=str(gettext("Every customer")))
    if asked.group.startswith(READY):
        return _ready_made(asked.group.removeprefix(READY), arguments, found)
    try:
        number = read_id(asked.group)
    except ValueError:
        raise NotFound from None
    saved = get_segment(work, current_shop().id, number)
    return Chosen(rule=parse_rule(saved.rule), name=saved.name)


def _ready_made(key: str, arguments: Mapping[str, str], found: Customers | None) -> Chosen:
    answers = {
        name.removeprefix(f"{key}."): value
        for name, value in arguments.items()
        if name.startswith(f"{key}.")
    }
    start = choose_start({**answers, "preset": key}, current_shop().currency, found)
    if start.preset is None:
        raise NotFound
    about = blank().join((gettext(start.preset.who), gettext(start.preset.use)))
    return Chosen(rule=start.rule, name=start.name, about=about, start=start)
