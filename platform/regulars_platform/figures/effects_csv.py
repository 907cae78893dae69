"""The boards of the effect page as CSV."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from regulars_experiments.results import Estimate
from regulars_platform.csv_files import csv_pieces
from regulars_platform.figures.csv_tables import Row, Table, plain
from regulars_platform.figures.effects import Boards, Tried, net_of_report

NET = ("net", "net_low", "net_high")
NO_NET: Row = ("", "", "")


def boards_csv(boards: Boards, tried: Tried, name: str) -> Iterator[bytes]:
    """One board by its name in TABLES; KeyError for another."""
    header, rows = TABLES[name](boards, tried)
    return csv_pieces([str(cell) for cell in header], iter(rows))


def _attributed(boards: Boards, _: Tried) -> Table:
    rows: list[Row] = [
        (
            period.first,
            period.last,
            one.buyers,
            one.told_buyers,
            plain(one.amount, "money"),
            plain(one.told_amount, "money"),
        )
        for period, one in boards.weeks
    ]
    header = ("first_day", "last_day", "buyers", "contacted_buyers", "amount", "contacted_amount")
    return header, rows


def _campaigns(boards: Boards, tried: Tried) -> Table:
    rows: list[Row] = []
    documents = {campaign.id: document for campaign, document in tried.campaigns}
    for one in boards.won:
        found = one.incremental
        won: Row = ("", "", "")
        if isinstance(found, Estimate):
            won = (plain(found.estimate), plain(found.low), plain(found.high))
        counts = (one.told, one.told_buyers, one.held, one.held_buyers)
        document = documents.get(one.campaign.id)
        net = NO_NET if document is None else _net(*net_of_report(document))
        rows.append((one.campaign.plan.name, one.campaign.plan.send_date, *counts, *won, *net))
    header = ("campaign", "send_date", "told", "told_buyers", "held_back", "held_back_buyers")
    return (*header, "won", "won_low", "won_high", *NET), rows


def _programmes(_: Boards, tried: Tried) -> Table:
    rows: list[Row] = []
    for programme, told, document in tried.programmes:
        counted: object = "" if document is None else document["told"]
        net = NO_NET if not counted or document is None else _net(document["net"], document["told"])
        rows.append((programme.name, told, counted, *net))
    return ("programme", "told_so_far", "counted", *NET), rows


def _net(net: Mapping[str, Any], units: int) -> Row:
    """Of everybody told; net: per unit, currency units."""
    if net.get("estimate") is None:
        return NO_NET
    return tuple(plain(net[name] * units) for name in ("estimate", "low", "high"))


def _tiers(boards: Boards, _: Tried) -> Table:
    tiers = () if boards.members is None else boards.members.tiers
    rows: list[Row] = [
        (one.tier or "", one.customers, one.buyers, plain(one.amount, "money")) for one in tiers
    ]
    return ("tier", "customers", "buyers_30_days", "amount_30_days"), rows


def _again(boards: Boards, _: Tried) -> Table:
    rows: list[Row] = []
    if boards.members is not None:
        for name, one in (("members", boards.members.members), ("others", boards.members.others)):
            limits = one.limits or (None, None)
            rates = (plain(value) for value in (one.rate, *limits))
            rows.append((name, one.customers, one.again, *rates))
    return ("who", "bought_30_days_before", "bought_again", "rate", "rate_low", "rate_high"), rows


def _sales(boards: Boards, _: Tried) -> Table:
    sales = () if boards.members is None else boards.members.sales
    rows: list[Row] = [
        (
            one.period.first,
            one.period.last,
            plain(one.everybody, "money"),
            plain(one.members, "money"),
        )
        for one in sales
    ]
    return ("first_day", "last_day", "amount", "members_amount"), rows


def _months(boards: Boards, _: Tried) -> Table:
    rows: list[Row] = [
        (
            f"{period.first:%Y-%m}",
            plain(one.paid, "money"),
            one.buyers,
            plain(one.old_amount, "money"),
        )
        for period, one in boards.months
        if one is not None
    ]
    return ("month", "amount", "buyers", "returning_buyer_amount"), rows


def _industry(boards: Boards, _: Tried) -> Table:
    rows: list[Row] = [
        (
            one.name,
            one.label,
            *(
                plain(value, one.unit)
                for value in (
                    one.own,
                    one.industry,
                    one.own_before,
                    one.industry_before,
                    one.by_day,
                )
            ),
        )
        for one in boards.industry
    ]
    header = ("figure", "chinese", "own", "industry", "own_before", "industry_before")
    return (*header, "own_by_day"), rows


TABLES: Mapping[str, Callable[[Boards, Tried], Table]] = {
    "attributed": _attributed,
    "campaigns": _campaigns,
    "programmes": _programmes,
    "tiers": _tiers,
    "again": _again,
    "members-sales": _sales,
    "months": _months,
    "industry": _industry,
}
