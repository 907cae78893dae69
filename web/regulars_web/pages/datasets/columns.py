"""The page on which the columns of another file are confirmed: its values and its form."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext

from regulars_platform.datasets.consents import unplaced_consents
from regulars_platform.datasets.errors import ColumnError
from regulars_platform.datasets.figures import is_per_item
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.models import DatasetImport, DatasetLook, DatasetOptions
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_web.formats import percent
from regulars_web.pages.data.mapping import ColumnChoice
from regulars_web.pages.data.reading import (
    first_values,
    parse_columns,
    parse_date_order,
    parse_decimal,
    said_of,
)
from regulars_web.problems import each_problem, problem_text
from regulars_web.words.data_files import CHANNELS, EVENT_KINDS, KINDS, option_groups


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnsPage:
    """The context of datasets/columns.html. given: the options as they stand; unplaced: headings
    that speak of consent and are not taken for one."""

    import_: DatasetImport
    look: DatasetLook
    kind: Kind
    title: str
    columns: tuple[ColumnChoice, ...]
    groups: list[tuple[str, list[tuple[str, str]]]]
    given: DatasetOptions
    as_of: str
    per_item: bool
    unplaced: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnsInput:
    """What a person sent: meaning of each column (by index), and the options."""

    targets: Mapping[int, str]
    options: DatasetOptions
    as_of: str

    def mapping(self, headings: tuple[str, ...]) -> dict[str, str]:
        """Heading -> meaning. Raises InvalidInputError where the day of the ages is none."""
        if self.as_of and self.options.as_of is None:
            raise InvalidInputError([ColumnError.bad_as_of()])
        return {
            headings[index]: target
            for index, target in sorted(self.targets.items())
            if target and index < len(headings)
        }


def parse_columns_input(form: Mapping[str, str], encoding: str | None) -> ColumnsInput:
    """Read the form of datasets/columns.html."""
    as_of = form.get("as_of", "").strip()
    event_kind, channel = form.get("event_kind"), form.get("channel")
    return ColumnsInput(
        targets=parse_columns(form),
        options=DatasetOptions(
            date_order=parse_date_order(form),
            decimal=parse_decimal(form),
            as_of=_day(as_of),
            keep_contacts=form.get("keep_contacts") == "yes",
            scope="industry" if form.get("scope") == "industry" else "shop",
            event_kind=event_kind if event_kind in EVENT_KINDS else None,
            channel=channel if channel in CHANNELS else None,
            encoding=encoding,
        ),
        as_of=as_of,
    )


def _day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year >= 1970 else None


def build_columns_page(
    import_: DatasetImport,
    look: DatasetLook,
    kind: Kind,
    given: ColumnsInput | None,
    error: RegularsError | None,
) -> ColumnsPage:
    """The page as proposed (given None), as confirmed before, or as sent with what was wrong."""
    headings = look.form.headings
    if given is not None:
        chosen = dict(given.targets)
        options, as_of = given.options, given.as_of
    else:
        mapping = import_.mapping or look.proposals
        chosen = {i: mapping.get(heading, "") for i, heading in enumerate(headings)}
        options = import_.options if import_.mapping else look.options
        as_of = options.as_of.isoformat() if options.as_of else ""
    problems = [] if error is None else each_problem(error)
    return ColumnsPage(
        import_=import_,
        look=look,
        kind=kind,
        title=str(KINDS[kind]),
        columns=tuple(
            ColumnChoice(
                index=index,
                heading=heading,
                samples=first_values(look.first_rows, index),
                chosen=chosen.get(index, ""),
                remark=_remark(look, heading),
                error=said_of(chosen.get(index, ""), problems),
            )
            for index, heading in enumerate(headings)
        ),
        groups=option_groups(kind),
        given=options,
        as_of=as_of,
        per_item=kind == "shop_days" and is_per_item(headings),
        unplaced=unplaced_consents(
            kind,
            headings,
            {headings[i]: name for i, name in chosen.items() if name and i < len(headings)},
        ),
        problems=tuple(map(problem_text, problems)),
    )


def _remark(look: DatasetLook, heading: str) -> str:
    """How well the shop's orders know the values of a column that may tell customers apart."""
    share = look.matches.get(heading)
    if not share:
        return ""
    return str(gettext("%(share)s of its first values are in your orders", share=percent(share, 0)))
