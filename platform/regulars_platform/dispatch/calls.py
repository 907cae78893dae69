"""A call list: whom to call, what to say, and what came of it."""

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.csv_files import csv_pieces
from regulars_platform.delivery.states import (
    BARRED,
    DELIVERED,
    FAILED,
    QUEUED,
    RUNNING,
    UNSUBSCRIBED,
)
from regulars_platform.delivery.tables import BatchRow, MessageRow
from regulars_platform.delivery.templates import build_words
from regulars_platform.dispatch.barring import WHY_BARRED, Reached, why_barred
from regulars_platform.dispatch.claims import tell_campaign
from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.intake.keys import clean_customer_id
from regulars_platform.settings import Settings
from regulars_platform.shops.channels import CALLS
from regulars_platform.suppressions.service import suppress
from regulars_platform.words import N_, Sentence

RESULTS = {
    "reached": N_("reached"),
    "ordered": N_("reached, and ordered"),
    "no_answer": N_("no answer"),
    "call_later": N_("asked to be called later"),
    "wrong_number": N_("wrong number"),
    "no_calls": N_("does not want calls"),
}
MOST_TRIES = 3
NEXT_TRY = dt.timedelta(days=1)
IN_CHINESE = {
    "reached": "已接通",
    "ordered": "已下单",
    "no_answer": "无人接听",
    "call_later": "稍后再打",
    "wrong_number": "号码有误",
    "no_calls": "不再来电",
}
"""What staff write into a list beside our own words."""

ABOUT = ("product", "bought_on", "pieces")
"""Variables that whoever calls has to know, where there are any."""

CALL_COLUMNS = (
    *("customer_id", "phone", "script"),
    *("product", "last_bought_on", "pieces"),
    *("tries", "result", "note"),
)
MAX_NOTE = 200

UNREACHED = Sentence(N_("Nobody answered."))
WRONG = Sentence(N_("Wrong number."))


class CallFileError(RegularsError):
    """A file of results cannot be read."""

    @classmethod
    def without_columns(cls) -> "CallFileError":
        """The columns are missing."""
        return cls(
            Sentence(N_("A CSV file with the columns customer_id and result is expected.")),
            Sentence(N_("Download the call list, fill in the results, and bring it back.")),
            field="file",
        )

    @classmethod
    def unknown_result(cls, line: int, result: str, words: Mapping[str, str]) -> "CallFileError":
        """A result that there is not."""
        return cls(
            Sentence(
                N_("Line %(line)s has the result %(result)s."),
                {"line": line, "result": repr(result[:40])},
            ),
            Sentence(N_("Known are: %(known)s."), {"known": ", ".join(words.values())}),
            field="file",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One customer to call. result: of the latest try, "" before it; open: still to be called;
    about: of ABOUT what is known."""

    id: int
    customer_id: str
    phone: str
    script: str
    tries: int
    result: str
    note: str
    open: bool
    about: Mapping[str, str] = field(default_factory=dict)


def open_calls(
    session: Session,
    settings: Settings,
    shop_id: int,
    batch_id: int,
    *,
    now: dt.datetime,
    limit: int = 20,
) -> list[Call]:
    """Whom to call now; nobody where the list was stopped.

    Everything is asked that is asked of a message that leaves by itself; whoever is barred leaves
    the list here.
    """
    batch = _batch(session, shop_id, batch_id)
    if batch.state != RUNNING:
        return []
    rows = session.scalars(
        select(MessageRow)
        .where(
            MessageRow.batch_id == batch_id,
            MessageRow.state == QUEUED,
            MessageRow.next_attempt_at <= now,
        )
        .order_by(MessageRow.next_attempt_at, MessageRow.id)
    ).all()
    chosen = {row.key: Reached(row.customer_id, row.address) for row in rows}
    barred = why_barred(session, settings, batch, chosen, now=now)
    found: list[Call] = []
    for row in rows:
        if row.key in barred:
            row.state, row.changed_at = BARRED, now
            row.problem = Sentence(WHY_BARRED[barred[row.key]]).as_json()
        elif len(found) < limit:
            found.append(_call(batch, row))
    session.flush()
    return found


def all_calls(session: Session, shop_id: int, batch_id: int) -> list[Call]:
    """Everybody of the list, whatever came of it."""
    batch = _batch(session, shop_id, batch_id)
    rows = session.scalars(
        select(MessageRow).where(MessageRow.batch_id == batch_id).order_by(MessageRow.id)
    )
    return [_call(batch, row) for row in rows if row.state != BARRED]


def calls_csv(
    session: Session,
    settings: Settings,
    shop_id: int,
    batch_id: int,
    *,
    now: dt.datetime,
    words: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[bytes]:
    """The open calls as CSV in pieces: CALL_COLUMNS; brought back, its results are recorded. words:
    what results are called there."""
    calls = open_calls(session, settings, shop_id, batch_id, now=now, limit=1_000_000)
    rows = (
        (
            *(call.customer_id, call.phone, call.script),
            *(call.about.get(name, "") for name in ABOUT),
            *(call.tries, words.get(call.result, call.result), call.note),
        )
        for call in calls
    )
    return csv_pieces(CALL_COLUMNS, rows)


def record_call(
    session: Session, shop_id: int, message_id: int, *, result: str, note: str, now: dt.datetime
) -> None:
    """Write down what came of a call. Raises NotFoundError, ValueError for an unknown result."""
    if result not in RESULTS:
        raise ValueError(f"a call ends in {list(RESULTS)}, not in {result!r}")
    row = session.get(MessageRow, message_id)
    if row is None or row.shop_id != shop_id or _batch(session, shop_id, row.batch_id) is None:
        raise NotFoundError(Sentence(N_("There is no such call in this shop.")))
    _record(session, row, result, note, now)


def read_results(
    session: Session,
    shop_id: int,
    batch_id: int,
    lines: Iterable[str],
    *,
    now: dt.datetime,
    words: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, int]:
    """Record a list that was brought back; (recorded, rows passed over: no result or a stranger).

    words: what results are called on the page; those of RESULTS and IN_CHINESE count, too. The same
    file twice changes nothing more. Raises CallFileError before anything is recorded.
    """
    _batch(session, shop_id, batch_id)
    given = list(_given(lines, words))
    rows = {
        row.customer_id: row
        for row in session.scalars(select(MessageRow).where(MessageRow.batch_id == batch_id))
    }
    recorded = 0
    for name, result, note in given:
        row = rows.get(name)
        if row is None or not result or (row.result == result and (row.note or "") == note):
            continue
        _record(session, row, result, note, now)
        recorded += 1
    return recorded, len(given) - recorded


def _given(lines: Iterable[str], own: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    reader = csv.DictReader(line.lstrip("\ufeff") for line in lines)
    if not {"customer_id", "result"} <= set(reader.fieldnames or ()):
        raise CallFileError.without_columns()
    words = {
        word.casefold(): name for each in (IN_CHINESE, RESULTS, own) for name, word in each.items()
    }
    for number, row in enumerate(reader, start=2):
        result = (row["result"] or "").strip().casefold()
        result = words.get(result, result)
        if result and result not in RESULTS:
            raise CallFileError.unknown_result(number, row["result"] or "", own or RESULTS)
        # our own apostrophe before what a spreadsheet would run as a formula
        name = (row["customer_id"] or "").removeprefix("'")
        yield clean_customer_id(name), result, (row.get("note") or "").strip()[:MAX_NOTE]


def _record(session: Session, row: MessageRow, result: str, note: str, now: dt.datetime) -> None:
    row.result, row.note, row.changed_at = result, note[:MAX_NOTE], now
    row.attempts += 1
    row.problem = None
    if result in ("reached", "ordered"):
        row.state, row.sent_at = DELIVERED, row.sent_at or now
    elif result == "no_calls":
        row.state = UNSUBSCRIBED
        suppress(session, shop_id=row.shop_id, customers=[row.customer_id], reason=result, now=now)
    elif result == "wrong_number" or row.attempts >= MOST_TRIES:
        row.state = FAILED
        row.problem = (WRONG if result == "wrong_number" else UNREACHED).as_json()
    else:
        row.state, row.next_attempt_at = QUEUED, now + NEXT_TRY
    session.flush()
    tell_campaign(session, row, now=now)


def _call(batch: BatchRow, row: MessageRow) -> Call:
    return Call(
        id=row.id,
        customer_id=row.customer_id,
        phone=row.address,
        script=build_words(batch).render(row.variables)[1] if row.state != FAILED else "",
        tries=row.attempts,
        result=row.result or "",
        note=row.note or "",
        open=row.state == QUEUED,
        about={name: row.variables[name] for name in ABOUT if row.variables.get(name)},
    )


def _batch(session: Session, shop_id: int, batch_id: int) -> BatchRow:
    row = session.get(BatchRow, batch_id)
    if row is None or row.shop_id != shop_id or row.via != CALLS:
        raise NotFoundError(Sentence(N_("There is no such call list in this shop.")))
    return row
