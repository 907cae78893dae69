"""Points: their rules, the ledger by month, what is owed, balances that files tell otherwise."""

import datetime as dt
from typing import Annotated, Literal

from flask_babel import gettext
from pydantic import Field

from regulars_platform.api_access.scopes import Scope
from regulars_platform.fields import money_text
from regulars_platform.points.files import differences_csv, ledger_csv
from regulars_platform.points.ledger import Age, Month, Owed, Redeemed
from regulars_platform.points.rules import (
    LONGEST,
    POINTS,
    PointsRules,
    parse_points_rules,
    points_rules_json,
    read_points_rules,
)
from regulars_platform.tiers.service import Changer, change_rules
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, CsvFile
from regulars_web.api.models import Answer, Count, Day, Model, Money, Page, Rate, money
from regulars_web.api.paging import PageQuery, paged
from regulars_web.api.problems import Detail, input_problem
from regulars_web.api.rates import percent_text, rate
from regulars_web.looking_at_points import find_points

area = Area("points", "Points of customers: rules, ledger and what is owed (docs/tiers.md).")

Ways = Literal["own", "lapsed", "so far", "unknown"]


class PointRules(Model):
    """What orders earn, what a point is worth, when it lapses."""

    per_unit: Money = "0"
    """Points for each unit of currency of a paid order's goods; 0: files alone say."""
    value: Money = "0"
    """What a point takes off when it is spent; 0: not known."""
    valid_days: Annotated[int, Field(ge=1, le=LONGEST)] | None = None
    """A point lapses at the end of the day so many days after it was earned; null: never."""
    since: Day | None = None
    """The first day on which orders earn; null: all do."""
    redeemed_low: Rate | None = None
    """The share of points, 0 to 1, that the shop expects to be spent ever; both ends or neither."""
    redeemed_high: Rate | None = None


class PointRulesToKeep(PointRules):
    """Rules to keep."""

    sure: bool = False
    """Keep them even if they change balances at once, by orders and days that are past."""


class AtOnceShown(Model):
    """What rules give and take at once, by orders and days that are past."""

    given: Count
    """Points, to ..."""
    gain: Count
    """... so many customers."""
    taken: Count
    """Points, from ..."""
    lose: Count
    """... so many customers."""


class LedgerMonth(Model):
    """opening + lines = closing, in points."""

    month: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$")]
    opening: int
    lines: dict[str, int]
    """What moved, by why; what is spent or lapses is below zero."""
    closing: int


class AgeShown(Model):
    """Points left that were earned from `after` + 1 to `until` days ago; null: longer ago."""

    after: Count
    until: Count | None
    points: Count
    lapsing_30: Count
    """Of them, those that lapse within 30 days."""


class RedeemedShown(Model):
    """The share of points that is ever spent, 0 to 1."""

    way: Ways
    """As the shop expects; the part that did not lapse of points whose time is over; what was spent
    so far of points over a year old; or nothing says anything yet."""
    low: float
    high: float
    expected: float | None
    of: Count
    """Points that it was measured on."""


class OwedShown(Model):
    """What is outstanding."""

    customers: Count
    """With points left."""
    points: Count
    told: Count
    """Of the points, those that a customers file alone tells of."""
    below: Count
    """Customers whose balance is below zero."""
    full: Money | None
    """If all were spent; null like all amounts here where nobody said what a point is worth."""
    low: Money | None
    """By the share that is ever spent: its lower end, ..."""
    high: Money | None
    """... its upper end ..."""
    expected: Money | None
    """... and its middle; null where nothing says one."""


class PointsShown(Model):
    """Points as of the start of a day."""

    as_of: dt.date
    owed: OwedShown
    redeemed: RedeemedShown
    ages: list[AgeShown]
    compared: Count
    """Customers whose balance a file names."""
    differ: Count
    """Of them, those whose balance is another by the ledger."""
    counted_twice: Count
    """Movements of orders in files that name no order, while orders earn by rule, too."""
    files_tell_expiry: bool
    """What lapses is in the files, so that no rule counts."""


class BalanceDifference(Model):
    """A customer whose told balance is not that of the ledger."""

    customer_id: str
    ledger: int
    told: int
    difference: int


@area.get("/points/rules", scope=Scope.READ_SETTINGS)
def get_point_rules(call: Call) -> Answer[PointRules]:
    """The rules of points as they are kept"""
    return Answer[PointRules](data=_rules(read_points_rules(call.shop)))


@area.put(
    "/points/rules",
    scope=Scope.WRITE_SETTINGS,
    example={"per_unit": "1", "value": "0.01", "valid_days": 365, "sure": True},
)
def set_point_rules(call: Call, body: PointRulesToKeep) -> Answer[PointRules]:
    """Keep the rules of points; balances, segments and tiers follow from now on

    Rules that change balances at once are refused unless the request is sure of it; the problem
    says how much they give and take.
    """
    wanted = _parsed(body)
    if not body.sure:
        _refuse_changes(wanted)
    with call.writing() as write:
        by = Changer(id=call.user_id, name=call.user_name(write.session))
        kept = points_rules_json(wanted)
        change_rules(write.session, call.shop_id, POINTS, kept, by=by, now=call.now)
        return write.answer(Answer[PointRules](data=_rules(wanted)))


@area.post(
    "/points/rules/preview",
    scope=Scope.READ_FIGURES,
    reads=True,
    example={"per_unit": "1", "since": "2026-01-01"},
)
def preview_point_rules(call: Call, body: PointRules) -> Answer[AtOnceShown]:
    """What rules would give and take at once; nothing is kept"""
    del call
    found = find_points().at_once(_parsed(body))
    shown = {name: getattr(found, name) for name in AtOnceShown.model_fields}
    return Answer[AtOnceShown](data=AtOnceShown(**shown))


@area.get("/points", scope=Scope.READ_FIGURES)
def get_points(call: Call) -> Answer[PointsShown]:
    """What is owed, how old points are, and how many of them are ever spent"""
    del call
    found = find_points().look()
    shown = PointsShown(
        as_of=found.as_of,
        owed=_owed(found.owed, found.rules),
        redeemed=_redeemed(found.share),
        ages=[_age(one) for one in found.ages],
        compared=found.compared,
        differ=found.differs.height,
        counted_twice=found.twice,
        files_tell_expiry=found.files_tell_expiry,
    )
    return Answer[PointsShown](data=shown)


@area.get("/points/ledger", scope=Scope.READ_FIGURES)
def list_ledger_months(call: Call, query: PageQuery) -> Page[LedgerMonth]:
    """The ledger month by month, the latest first"""
    del call
    return paged(
        find_points().look().months,
        query,
        _month,
        lambda one: (one.first_day.isoformat(),),
        kinds=(str,),
        descending=True,
    )


@area.get("/points/ledger/csv", scope=Scope.READ_FIGURES)
def download_ledger(call: Call) -> CsvFile:
    """Every month of the ledger as a file"""
    del call
    return CsvFile(ledger_csv(find_points().look().months), "points-ledger.csv")


@area.get("/points/differences", scope=Scope.READ_CUSTOMERS)
def list_balance_differences(call: Call, query: PageQuery) -> Page[BalanceDifference]:
    """Customers whose balance in a file is not that of the ledger, by their ids"""
    del call
    return paged(
        list(find_points().look().differs.iter_rows()),
        query,
        lambda row: BalanceDifference(
            customer_id=row[0], ledger=row[1], told=row[2], difference=row[3]
        ),
        lambda row: (row[0],),
        kinds=(str,),
    )


@area.get("/points/differences/csv", scope=Scope.READ_CUSTOMERS)
def download_balance_differences(call: Call) -> CsvFile:
    """The same as a file, the largest difference first"""
    del call
    return CsvFile(differences_csv(find_points().look()), "points-differences.csv")


def _parsed(body: PointRules) -> PointsRules:
    ends = {
        name: None if (asked := getattr(body, name)) is None else percent_text(asked)
        for name in ("redeemed_low", "redeemed_high")
    }
    since = None if body.since is None else body.since.isoformat()
    return parse_points_rules({**body.model_dump(), **ends, "since": since})


def _refuse_changes(wanted: PointsRules) -> None:
    """Raises ApiError (422) where balances would change at once."""
    found = find_points().at_once(wanted)
    if found.is_nothing:
        return
    message = gettext(
        "These rules give %(given)s points to %(gain)s customers and take %(taken)s points from"
        " %(lose)s at once: say that you are sure.",
        given=found.given,
        gain=found.gain,
        taken=found.taken,
        lose=found.lose,
    )
    raise input_problem([Detail(code="changes_at_once", message=message, field="sure")])


def _rules(kept: PointsRules) -> PointRules:
    low, high = kept.redeemed or (None, None)
    return PointRules(
        per_unit=money_text(kept.per_unit),
        value=money_text(kept.value),
        valid_days=kept.valid_days,
        since=kept.since,
        redeemed_low=None if low is None else rate(low),
        redeemed_high=None if high is None else rate(high),
    )


def _owed(owed: Owed, rules: PointsRules) -> OwedShown:
    amounts = {name: getattr(owed, name) for name in ("full", "low", "high", "expected")}
    known = {
        name: money(amount) if rules.value and amount is not None else None
        for name, amount in amounts.items()
    }
    return OwedShown(
        customers=owed.customers, points=owed.points, told=owed.told, below=owed.below, **known
    )


def _redeemed(share: Redeemed) -> RedeemedShown:
    return RedeemedShown.model_validate(
        {name: getattr(share, name) for name in RedeemedShown.model_fields}
    )


def _age(one: Age) -> AgeShown:
    return AgeShown(after=one.after, until=one.until, points=one.points, lapsing_30=one.lapsing_30)


def _month(one: Month) -> LedgerMonth:
    return LedgerMonth(
        month=f"{one.first_day:%Y-%m}",
        opening=one.opening,
        lines=dict(one.lines),
        closing=one.closing,
    )
