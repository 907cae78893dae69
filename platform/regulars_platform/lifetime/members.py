"""Who of the customers with a forecast is in which of the shop's segments."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.customers.store import FeatureStore
from regulars_platform.errors import RegularsError
from regulars_platform.lifetime.groups import Rows
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.rules import Rule, parse_rule, rule_expression, rule_json
from regulars_platform.segments.service import list_segments


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedRule:
    """A segment as it was when the answer was asked for."""

    id: int
    name: str
    rule: Rule

    def as_json(self) -> dict[str, Any]:
        """Among the inputs of an answer."""
        return {"id": self.id, "name": self.name, "rule": rule_json(self.rule)}


def read_segments(session: Session, shop_id: int) -> tuple[NamedRule, ...]:
    """The shop's segments by name; a stored rule that can no longer be read is left out."""
    found = []
    for segment in list_segments(session, shop_id):
        try:
            rule = parse_rule(segment.rule)
        except RegularsError:
            continue
        found.append(NamedRule(id=segment.id, name=segment.name, rule=rule))
    return tuple(found)


def member_rows(
    store: FeatureStore,
    segments: tuple[NamedRule, ...],
    customers: pl.Series,
    *,
    as_of: dt.date,
    version: int,
) -> Mapping[int, Rows]:
    """Segment id -> rows of its members among `customers`, who are sorted."""
    if not segments or customers.is_empty():
        return {}
    features = for_rules(store, [one.rule for one in segments], as_of, version)
    inside = features.select(
        "customer_id",
        *(
            (rule_expression(one.rule) & pl.col("customer_id").is_not_null()).alias(str(one.id))
            for one in segments
        ),
    )
    rows = (
        customers.to_frame("customer_id")
        .lazy()
        .join(inside, on="customer_id", how="left", maintain_order="left")
        .collect()
    )
    return {
        one.id: np.flatnonzero(rows[str(one.id)].fill_null(False).to_numpy()) for one in segments
    }
