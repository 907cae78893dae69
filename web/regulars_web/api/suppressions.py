"""Who must not be contacted: opted out, or never agreed."""

from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.intake.keys import clean_customer_id
from regulars_platform.suppressions.service import suppress, suppressions_before, unsuppress
from regulars_platform.suppressions.tables import Suppression
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area
from regulars_web.api.models import NO_CONTROLS, Answer, Count, Line, Model, Moment, Page
from regulars_web.api.paging import PageQuery, after, page_of

area = Area("suppressions", "Who must not be contacted; they are taken out before every draw.")

CustomerId = Annotated[str, Field(min_length=1, max_length=500, pattern=NO_CONTROLS)]
CustomerIds = Annotated[list[CustomerId], Field(min_length=1, max_length=10_000)]


class SuppressionShown(Model):
    """A customer who must not be contacted."""

    customer_id: str
    reason: str
    added_at: Moment


class SuppressionsAdded(Model):
    """What became of the ids: given = added + known."""

    given: Count
    added: Count
    known: Count
    """Were on the list already, or came twice."""


class SuppressionsRemoved(Model):
    """What became of the ids."""

    given: Count
    removed: Count


class SuppressionsAsked(Model):
    """Customers to put on the list. They need not be known yet."""

    customer_ids: CustomerIds
    reason: Line


class SuppressionsLifted(Model):
    """Customers to take off the list."""

    customer_ids: CustomerIds


@area.get("/suppressions", scope=Scope.READ_CONTACTS)
def list_suppressions(call: Call, work: Session, query: PageQuery) -> Page[SuppressionShown]:
    """The customers who must not be contacted, the latest first."""
    start = after(query, int)
    rows = suppressions_before(
        work, call.shop_id, None if start is None else start[0], limit=query.limit + 1
    )
    return page_of(rows, query, _shown, lambda row: (row.id,))


@area.post(
    "/suppressions",
    scope=Scope.WRITE_REACH,
    example={"customer_ids": ["c17", "c18"], "reason": "opted out by phone"},
)
def add_suppressions(
    call: Call, work: Session, body: SuppressionsAsked
) -> Answer[SuppressionsAdded]:
    """Put customers on the list; who is on it already stays there with the reason of then."""
    names = _spelt(body.customer_ids)
    added = suppress(work, shop_id=call.shop_id, customers=names, reason=body.reason, now=call.now)
    given = len(body.customer_ids)
    return Answer[SuppressionsAdded](
        data=SuppressionsAdded(given=given, added=added, known=given - added)
    )


@area.post(
    "/suppressions/remove",
    scope=Scope.WRITE_REACH,
    example={"customer_ids": ["c17"]},
)
def remove_suppressions(
    call: Call, work: Session, body: SuppressionsLifted
) -> Answer[SuppressionsRemoved]:
    """Take customers off the list again."""
    removed = unsuppress(work, shop_id=call.shop_id, customers=_spelt(body.customer_ids))
    return Answer[SuppressionsRemoved](
        data=SuppressionsRemoved(given=len(body.customer_ids), removed=removed)
    )


def _spelt(names: list[str]) -> list[str]:
    """As order files store them; what is nothing but blanks is nobody."""
    return [name for name in map(clean_customer_id, names) if name]


def _shown(row: Suppression) -> SuppressionShown:
    return SuppressionShown(customer_id=row.customer_id, reason=row.reason, added_at=row.added_at)
