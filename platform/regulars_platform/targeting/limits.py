"""What the next round may use: so many customers, a share of them, or so much money for telling.

A limit is part of the inputs of an answer, so each limit has an answer of its own. Which one is
wanted is kept with the campaign: the job reads it, and the answer shown is the one under it.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_experiments.results import FloatArray
from regulars_experiments.uplift.candidates import Limits
from regulars_platform.campaigns.plan import Plan
from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import WHOLE, FieldReader
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.targeting.errors import LimitError
from regulars_platform.targeting.tables import TargetingLimitRow, TargetingRow

NONE, CUSTOMERS, PERCENT, MONEY = "none", "customers", "percent", "money"
KINDS = (NONE, CUSTOMERS, PERCENT, MONEY)
_MOST = 10**9


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """At most so much. amount: customers (units of the plan), basis points of them, or
    ten-thousandths of the currency for telling them all.
    """

    kind: str
    amount: int

    def as_json(self) -> dict[str, Any]:
        """As in the inputs of an answer."""
        return {"kind": self.kind, "amount": self.amount}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Limit":
        """The inverse of `as_json`."""
        return cls(kind=stored["kind"], amount=stored["amount"])


def read_limit(raw: Mapping[str, object]) -> Limit | None:
    """The fields `limit` (one of KINDS; none where it is missing) and `limit_amount`.

    Raises InvalidInputError, whose sentences say what is expected.
    """
    reader = FieldReader(raw)
    kind = reader.choice("limit", KINDS, default=NONE)
    amount: int | None = None
    if kind == CUSTOMERS:
        amount = reader.whole("limit_amount", low=1, high=_MOST)
    elif kind == PERCENT:
        amount = reader.percent("limit_amount", least=None)
    elif kind == MONEY:
        amount = reader.money("limit_amount", least=None)
    if reader.problems:
        raise InvalidInputError(reader.problems)
    return None if kind is None or amount is None else Limit(kind=kind, amount=amount)


def can_limit_money(plan: Plan) -> bool:
    """Whether telling a customer costs something in every arm."""
    return all(arm.contact_cost > 0 for arm in plan.arms)


def require_possible(limit: Limit | None, plan: Plan, ledger: pl.DataFrame) -> None:
    """Raises LimitError for more units than were drawn, or money where telling is for nothing."""
    if limit is None:
        return
    units = ledger["unit_id"].n_unique()
    if limit.kind == CUSTOMERS and limit.amount > units:
        raise LimitError.too_many(limit.amount, units)
    if limit.kind == MONEY and not can_limit_money(plan):
        raise LimitError.costs_nothing()


def core_limits(limit: Limit | None, units: int, costs: FloatArray | None) -> Limits:
    """For the uplift core. units: drawn; costs: (A + 1,), currency units per unit told."""
    if limit is None:
        return Limits()
    if limit.kind == MONEY:
        return Limits(cost=limit.amount / MONEY_SCALE / units, costs=costs)
    whole = WHOLE if limit.kind == PERCENT else units
    return Limits(share=limit.amount / whole)


def wanted_limit(session: Session, campaign_id: int) -> Limit | None:
    """Under which limit an answer for this campaign is wanted."""
    row = _find(session, campaign_id)
    return None if row is None else Limit.from_json(row.limit)


def wanted_answer(session: Session, campaign_id: int) -> TargetingRow | None:
    """The latest answer of those under the limit that is wanted, else of all."""
    limit = wanted_limit(session, campaign_id)
    wanted = None if limit is None else limit.as_json()
    rows = session.scalars(
        select(TargetingRow)
        .where(TargetingRow.campaign_id == campaign_id)
        .order_by(TargetingRow.id.desc())
    ).all()
    fitting = [row for row in rows if row.inputs.get("limit") == wanted]
    return next(iter([*fitting, *rows]), None)


def want_limit(session: Session, campaign_id: int, limit: Limit | None, now: dt.datetime) -> None:
    """Keep that for the job, and for whoever looks at the answer."""
    row = _find(session, campaign_id)
    if limit is None:
        if row is not None:
            session.delete(row)
    elif row is None:
        session.add(TargetingLimitRow(campaign_id=campaign_id, limit=limit.as_json(), asked_at=now))
    else:
        row.limit, row.asked_at = limit.as_json(), now
    session.flush()


def _find(session: Session, campaign_id: int) -> TargetingLimitRow | None:
    return session.scalar(
        select(TargetingLimitRow).where(TargetingLimitRow.campaign_id == campaign_id)
    )
