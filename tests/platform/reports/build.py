"""Builders of ledgers and plans for reports: say what matters, the rest is ordinary."""

from typing import Any

import polars as pl

from regulars_platform.campaigns.ledger import LEDGER_SCHEMA
from regulars_platform.campaigns.plan import HOLDOUT, Plan
from regulars_platform.campaigns.plan_form import read_plan
from tests.platform.campaigns.build import draft

TOLD = "Free shipping"


def plan(**other: Any) -> Plan:
    """Free shipping from 80, open to all, 5 of shipping, 0.02 an e-mail; February 2026, UTC."""
    return read_plan(draft(**other))


def drawn(customer: str, arm: str = TOLD, **other: Any) -> dict[str, Any]:
    """One customer of a ledger."""
    return {
        "customer_id": customer,
        "unit_id": customer,
        "segment": "everyone else",
        "arm": arm,
        "orders": 2,
        "average_order_value": 70.0,
        "spend": 140.0,
        "pre_spend": 700_000,
        "code": None,
        "threshold": None,
    } | other


def held(customer: str, **other: Any) -> dict[str, Any]:
    """One customer of the holdout."""
    return drawn(customer, HOLDOUT, **other)


def ledger(*rows: dict[str, Any]) -> pl.DataFrame:
    """A ledger of these customers."""
    return pl.DataFrame(list(rows), schema=LEDGER_SCHEMA)
