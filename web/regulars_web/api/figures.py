"""The figures of the shop: its report by day, week and month, what marketing brought, its goal."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.errors import NotFoundError
from regulars_platform.figures import csv_tables, effects_csv
from regulars_platform.figures.effects import Boards, Tried, build_boards, read_tried
from regulars_platform.figures.goals import Goal, keep_goal, parse_goal, read_goal
from regulars_platform.figures.periods import By
from regulars_platform.figures.report import ShopReport, build_report, last_complete_day
from regulars_platform.figures.traffic import Traffic
from regulars_platform.figures.visits import Cut, Source
from regulars_platform.segments.parsing import parse_rule
from regulars_platform.segments.service import get_segment
from regulars_platform.words import N_, Sentence
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, CsvFile
from regulars_web.api.models import Answer, Day, Id, Model, Rate
from regulars_web.api.problems import Detail, input_problem
from regulars_web.looking_at_visits import open_source

area = Area("figures", "The figures of the shop as a whole; docs/shop-report.md tells each.")

ReportTable = Literal["figures", "course", "life", "retention", "channels"]
EffectTable = Literal[
    "attributed", "campaigns", "programmes", "tiers", "again", "members-sales", "months", "industry"
]
Cell = str | int | None


class FigureTable(Model):
    """A table: amounts and rates are decimal texts, null is what is not known."""

    first: dt.date
    """First day of the period that it is about."""
    last: dt.date
    columns: list[str]
    rows: list[list[Cell]]


class ReportQuery(Model):
    """Which period, and whom it is about."""

    by: By = "week"
    """Days, spans of 7 days or months."""
    until: Day | None = None
    """The last day that may be in it; left out: the last complete day of the data."""
    segment: Id | None = None
    """Only of this segment's customers, as of the period's start; it has no course."""


class GoalShown(Model):
    """The goal of the repurchase rate, percent."""

    low: Rate
    high: Rate


class NoFiguresError(NotFoundError):
    """There is no paid order on a day that is over."""

    @classmethod
    def of(cls) -> "NoFiguresError":
        """What to do about it."""
        return cls(
            Sentence(N_("There are no figures yet.")),
            Sentence(N_("They begin with the first complete day of paid orders.")),
        )


@area.get("/figures/report/{table}", scope=Scope.READ_FIGURES)
def get_shop_report(
    call: Call, work: Session, table: ReportTable, query: ReportQuery
) -> Answer[FigureTable]:
    """One table of the shop report."""
    report = _report(call, work, query)
    header, rows = csv_tables.TABLES[table](report)
    period = report.now.period
    return Answer[FigureTable](data=_table(header, rows, period.first, period.last))


@area.get("/figures/report/{table}/csv", scope=Scope.READ_FIGURES)
def get_shop_report_csv(
    call: Call, work: Session, table: ReportTable, query: ReportQuery
) -> CsvFile:
    """One table of the shop report as a file"""
    report = _report(call, work, query)
    name = f"{table}-{report.now.period.last.isoformat()}.csv"
    return CsvFile(csv_tables.report_csv(report, table), name)


@area.get("/figures/effects/{table}", scope=Scope.READ_FIGURES)
def get_effects(call: Call, work: Session, table: EffectTable) -> Answer[FigureTable]:
    """One board of what marketing to past customers brought."""
    boards, tried = _boards(call, work)
    header, rows = effects_csv.TABLES[table](boards, tried)
    return Answer[FigureTable](data=_table(header, rows, boards.weeks[0][0].first, boards.last))


@area.get("/figures/effects/{table}/csv", scope=Scope.READ_FIGURES)
def get_effects_csv(call: Call, work: Session, table: EffectTable) -> CsvFile:
    """One board as a file"""
    boards, tried = _boards(call, work)
    name = f"{table}-{boards.last.isoformat()}.csv"
    return CsvFile(effects_csv.boards_csv(boards, tried, table), name)


@area.get("/figures/goal", scope=Scope.READ_FIGURES)
def get_goal(call: Call) -> Answer[GoalShown]:
    """The goal of the repurchase rate: the shop's own, or 30 to 50 percent."""
    return Answer[GoalShown](data=_goal(read_goal(call.shop)))


@area.put("/figures/goal", scope=Scope.WRITE_SETTINGS, example={"low": "30", "high": "45"})
def set_goal(call: Call, work: Session, body: GoalShown) -> Answer[GoalShown]:
    """Set the goal of the repurchase rate."""
    goal = parse_goal(body.low, body.high)
    keep_goal(work, call.shop, call.shop_id, goal)
    return Answer[GoalShown](data=_goal(goal))


def _goal(goal: Goal) -> GoalShown:
    return GoalShown(low=str(goal.low), high=str(goal.high))


def _source(call: Call) -> tuple[Source, dt.date]:
    source = open_source()
    last = None if source is None else last_complete_day(source, call.today)
    if source is None or last is None:
        raise NoFiguresError.of()
    return source, last


def _report(call: Call, work: Session, query: ReportQuery) -> ShopReport:
    source, last = _source(call)
    day = query.until or last
    if source.days is None or not source.days.first <= day <= last:
        raise input_problem(
            [
                Detail(
                    code="out_of_range",
                    message=str(Sentence(N_("There are no complete days of orders up to there."))),
                    field="until",
                )
            ]
        )
    cut = None
    if query.segment is not None:
        segment = get_segment(work, call.shop_id, query.segment)
        cut = Cut(name=segment.name, rule=parse_rule(segment.rule))
    return build_report(source, Traffic(source.store.shop_dir), by=query.by, day=day, cut=cut)


def _boards(call: Call, work: Session) -> tuple[Boards, Tried]:
    source, last = _source(call)
    tried = read_tried(work, call.shop_id)
    boards = build_boards(work, call.settings, source, tried, shop_id=call.shop_id, last=last)
    return boards, tried


def _table(
    header: Sequence[object], rows: Sequence[Sequence[object]], first: dt.date, last: dt.date
) -> FigureTable:
    return FigureTable(
        first=first,
        last=last,
        columns=[str(name) for name in header],
        rows=[[_cell(value) for value in row] for row in rows],
    )


def _cell(value: object) -> Cell:
    """As the file has it; what the file leaves empty is null."""
    if value == "" or value is None:
        return None
    if isinstance(value, int):
        return value
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
