"""What is asked of the shop report in its address: which periods, until when, for whom."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext
from sqlalchemy.orm import Session

from regulars_platform.errors import NotFoundError
from regulars_platform.figures.periods import KINDS, By
from regulars_platform.figures.report import ShopReport, build_report, last_complete_day
from regulars_platform.figures.traffic import Traffic
from regulars_platform.figures.visits import Cut, Source
from regulars_platform.segments.parsing import parse_rule
from regulars_platform.segments.service import get_segment
from regulars_web.edge import current_shop, today
from regulars_web.formats import blank, date


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """by: the kind of period; day: until when; last: the last complete day of the data; segment:
    its number, None for everybody; problem: what was wrong with the address."""

    by: By
    day: dt.date
    last: dt.date
    segment: int | None
    cut: Cut | None
    problem: str

    @property
    def address(self) -> dict[str, str | int]:
        """The same question in an address."""
        asked: dict[str, str | int] = {"by": self.by, "until": self.day.isoformat()}
        return asked if self.segment is None else {**asked, "segment": self.segment}


def read_asked(work: Session, source: Source, arguments: Mapping[str, str]) -> Asked | None:
    """None where there is no paid order on a day that is over."""
    last = last_complete_day(source, today())
    if last is None or source.days is None:
        return None
    problems = []
    day, until = last, arguments.get("until", "").strip()
    if until:
        try:
            day = dt.date.fromisoformat(until)
        except ValueError:
            problems.append(gettext("“%(text)s” is no day such as 2026-01-31.", text=until[:20]))
        if not source.days.first <= day <= last:
            day = last
            problems.append(
                gettext(
                    "The report can end on a day from %(first)s to %(last)s.",
                    first=date(source.days.first),
                    last=date(last),
                )
            )
    segment, cut = _segment(work, arguments.get("segment", "").strip(), problems)
    return Asked(
        by=next((kind for kind in KINDS if kind == arguments.get("by")), "week"),
        day=day,
        last=last,
        segment=segment,
        cut=cut,
        problem=blank().join(problems),
    )


def report_on(asked: Asked, source: Source) -> ShopReport:
    """The report that is asked for."""
    return build_report(
        source, Traffic(source.store.shop_dir), by=asked.by, day=asked.day, cut=asked.cut
    )


def _segment(work: Session, text: str, problems: list[str]) -> tuple[int | None, Cut | None]:
    if not text:
        return None, None
    try:
        number = int(text) if text.isdecimal() and len(text) < 16 else 0
        found = get_segment(work, current_shop().id, number)
    except NotFoundError:
        problems.append(gettext("There is no such segment in this shop; this is everybody."))
        return None, None
    return found.id, Cut(name=found.name, rule=parse_rule(found.rule))
