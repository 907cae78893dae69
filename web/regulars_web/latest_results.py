"""What the newest report of each campaign says in short, for lists of campaigns.

A report never changes, so what is read of one is kept: a list reads only documents that are new.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from regulars_platform.reports.newest import documents_of, newest_reports
from regulars_web.words.reports import EVIDENCE, amount, interval, look

KEPT = 2_000
_known: OrderedDict[str, "_Short"] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Short:
    """The few numbers of a report: net each with its interval; None where it cannot be told."""

    currency: str
    n: int
    net: tuple[float, float, float] | None
    evidence: str
    is_settled: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LatestResult:
    """net: in all, over everybody told; interval: its ends; evidence: kind and word of a chip.

    note: that it is provisional, else empty.
    """

    net: str
    interval: str
    evidence: tuple[str, str]
    note: str


def latest_results(
    session: Session, shop_id: int, campaign_ids: Collection[int]
) -> dict[int, LatestResult]:
    """By campaign; those without a report are left out."""
    newest = newest_reports(session, shop_id, campaign_ids)
    with _lock:
        known = {one.digest: _known[one.digest] for one in newest.values() if one.digest in _known}
    missing = [one.report_id for one in newest.values() if one.digest not in known]
    read = {found.digest: _short(found.document) for found in documents_of(session, missing)}
    with _lock:
        _known.update(read)
        while len(_known) > KEPT:
            _known.popitem(last=False)
    known |= read
    return {campaign_id: _worded(known[one.digest]) for campaign_id, one in newest.items()}


def _short(document: Mapping[str, Any]) -> _Short:
    """All arms together where there are several and the report says so, else the first."""
    group = document.get("total") or document["overall"][0]
    net = group.get("net") or {}
    return _Short(
        currency=document["plan"]["currency"],
        n=group["n"],
        net=(net["estimate"], net["low"], net["high"]) if "estimate" in net else None,
        evidence=group.get("evidence", "cannot_tell"),
        is_settled=document["status"]["state"] == "closed",
    )


def _worded(short: _Short) -> LatestResult:
    note = "" if short.is_settled else str(gettext("provisional"))
    evidence = look(EVIDENCE, short.evidence)
    if short.net is None:
        return LatestResult(net="–", interval="", evidence=evidence, note=note)
    net, low, high = (each * short.n for each in short.net)
    return LatestResult(
        net=amount(net, short.currency, whole=True, signed=True),
        interval=interval(low, high, short.currency, whole=True),
        evidence=evidence,
        note=note,
    )
