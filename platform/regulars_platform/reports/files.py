"""The order files that a campaign's outcomes came in."""

from collections.abc import Sequence

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.plan import Plan
from regulars_platform.intake.models import ImportId, ImportState
from regulars_platform.intake.service import staged_lines
from regulars_platform.intake.tables import OrderImportRow
from regulars_platform.settings import Settings


def stored_files(session: Session, shop_id: int) -> list[int]:
    """Ids of the shop's stored imports, in the order in which they came."""
    return list(
        session.scalars(
            select(OrderImportRow.id)
            .where(
                OrderImportRow.shop_id == shop_id,
                OrderImportRow.state == ImportState.STORED.value,
            )
            .order_by(OrderImportRow.id)
        )
    )


def outcome_files(
    settings: Settings, imports: Sequence[int], plan: Plan
) -> list[tuple[int, pl.LazyFrame]]:
    """Those of the imports that have an order of the outcome window, with all their lines."""
    found = []
    for import_id in imports:
        lines = staged_lines(settings, ImportId(import_id))
        inside = lines.filter(
            (pl.col("ordered_at") >= plan.outcome_start) & (pl.col("ordered_at") < plan.settled_at)
        )
        if inside.select(pl.len()).collect(engine="streaming").item():
            found.append((import_id, lines))
    return found
