"""Call lists that staff work through: whom to call, and what came of it."""

import csv
import io
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.dispatch.calls import (
    MAX_NOTE,
    all_calls,
    calls_csv,
    open_calls,
    read_results,
    record_call,
)
from regulars_platform.dispatch.calls import Call as CallToMake
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, CsvFile
from regulars_web.api.models import NO_CONTROLS, Answer, Count, Id, Line, Model, Page
from regulars_web.api.paging import PageQuery, paged
from regulars_web.edge import unit_of_work
from regulars_web.words.delivery import result_words

area = Area("calls", "Call lists of campaigns and programmes (docs/delivery.md).")

Result = Literal["reached", "ordered", "no_answer", "call_later", "wrong_number", "no_calls"]
Note = Annotated[str, Field(max_length=MAX_NOTE, pattern=NO_CONTROLS)]


class CallShown(Model):
    """A customer to call."""

    id: Id
    customer_id: str
    phone: str
    script: str
    """What to say."""
    about: dict[str, str]
    """Product, day and pieces, where it is about these."""
    tries: Count
    result: str | None
    """Of the latest try."""
    note: str
    open: bool
    """Still to be called."""


class DueQuery(Model):
    """How many."""

    limit: Annotated[int, Field(ge=1, le=500)] = 20


class CallResult(Model):
    """What came of a call."""

    result: Result
    note: Note = ""


class CustomerCalled(CallResult):
    """What came of calling a customer."""

    customer_id: Line


class ResultsBody(Model):
    """What came of many calls."""

    results: Annotated[list[CustomerCalled], Field(min_length=1, max_length=10_000)]


class Recorded(Model):
    """What became of the results: given = recorded + passed_over."""

    given: Count
    recorded: Count
    passed_over: Count
    """Recorded just so before, or of nobody in the list."""


class CallRecorded(Model):
    """The call whose result was written down."""

    id: Id


@area.get("/batches/{batch_id}/calls", scope=Scope.READ_CONTACTS)
def list_calls(call: Call, work: Session, batch_id: Id, query: PageQuery) -> Page[CallShown]:
    """Everybody of a call list, whatever came of it; not for calling, see due calls."""
    return paged(all_calls(work, call.shop_id, batch_id), query, _shown, lambda one: (one.id,))


@area.get("/batches/{batch_id}/calls/due", scope=Scope.READ_CONTACTS)
def list_due_calls(call: Call, batch_id: Id, query: DueQuery) -> Answer[list[CallShown]]:
    """Whom to call now, as far as they may be contacted."""
    with unit_of_work() as work:  # whoever may no longer be contacted leaves the list here
        found = open_calls(
            work, call.settings, call.shop_id, batch_id, now=call.now, limit=query.limit
        )
    return Answer[list[CallShown]](data=[_shown(one) for one in found])


@area.get("/batches/{batch_id}/calls/due/file", scope=Scope.READ_CONTACTS)
def download_due_calls(call: Call, batch_id: Id) -> CsvFile:
    """Whom to call now, for staff who work elsewhere."""
    with unit_of_work() as work:
        pieces = list(
            calls_csv(
                work, call.settings, call.shop_id, batch_id, now=call.now, words=result_words()
            )
        )
    return CsvFile(pieces, f"calls-{batch_id}.csv")


@area.post(
    "/batches/{batch_id}/calls/results",
    scope=Scope.SEND,
    example={"results": [{"customer_id": "C1001", "result": "reached", "note": ""}]},
)
def record_calls(call: Call, work: Session, batch_id: Id, body: ResultsBody) -> Answer[Recorded]:
    """Write down what came of many calls; the same twice changes nothing more."""
    recorded, others = read_results(
        work, call.shop_id, batch_id, _lines(body.results), now=call.now
    )
    return Answer[Recorded](
        data=Recorded(given=recorded + others, recorded=recorded, passed_over=others)
    )


@area.post("/calls/{call_id}/result", scope=Scope.SEND, example={"result": "no_answer"})
def record_one_call(
    call: Call, work: Session, call_id: Id, body: CallResult
) -> Answer[CallRecorded]:
    """Write down what came of one try; nobody is called more than three times."""
    record_call(
        work, call.shop_id, call_id, result=body.result, note=body.note.strip(), now=call.now
    )
    return Answer[CallRecorded](data=CallRecorded(id=call_id))


def _lines(results: list[CustomerCalled]) -> list[str]:
    """As the list comes back from staff."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("customer_id", "result", "note"))
    writer.writerows((one.customer_id, one.result, " ".join(one.note.split())) for one in results)
    return out.getvalue().splitlines()


def _shown(found: CallToMake) -> CallShown:
    return CallShown(
        id=found.id,
        customer_id=found.customer_id,
        phone=found.phone,
        script=found.script,
        about=dict(found.about),
        tries=found.tries,
        result=found.result or None,
        note=found.note,
        open=found.open,
    )
