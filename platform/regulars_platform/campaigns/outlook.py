"""What a draft is expected to earn: its part for the forecast that memory makes.

The same forecast stands beside the form and is frozen at the launch.
"""

from collections.abc import Sequence

import polars as pl

from regulars_platform.campaigns.foresight import PastSpend, Terms
from regulars_platform.campaigns.ledger import with_unit_id
from regulars_platform.campaigns.plan import EVERYONE_ELSE
from regulars_platform.campaigns.plan_form import Draft
from regulars_platform.fields import WHOLE
from regulars_platform.memory.forecast import (
    ArmForecast,
    Outlook,
    PlannedLeak,
    forecast_arms,
    planned_groups,
    segment_spend,
)
from regulars_platform.memory.models import Lesson
from regulars_platform.offers.leak import Leak
from regulars_platform.orders.table import MONEY_SCALE


def forecast_draft(
    draft: Draft,
    terms: Terms,
    drawn: pl.DataFrame,
    spend: PastSpend,
    leaks: Sequence[Leak | None],
    lessons: Sequence[Lesson],
) -> tuple[ArmForecast, ...] | None:
    """Of each arm; None while the draft does not say whom it is for, or when, or nobody is drawn.

    drawn: customer_id, household, segment, average_order_value; leaks: of the arms.
    """
    if draft.audience is None or draft.send_date is None or drawn.is_empty():
        return None
    segments = draft.segments or ()
    unit = draft.unit or "customer"
    people = with_unit_id(drawn, unit) if unit == "household" else drawn
    names = [*(segment.name for segment in segments), EVERYONE_ELSE]
    outlook = Outlook(
        audience=draft.audience,
        segments=tuple(segments),
        arms=terms.arms,
        shares=tuple(arm.share / WHOLE for arm in terms.arms),
        unit=unit,
        day=draft.send_date,
        margin=terms.margin,
        confidence=terms.confidence,
        contact_costs=tuple(arm.contact_cost / MONEY_SCALE for arm in terms.arms),
        groups=tuple(planned_groups(people, segment_spend(names, spend.baseline.mean.tolist()))),
        leaks=tuple(map(_leak, leaks)),
    )
    return forecast_arms(outlook, lessons)


def _leak(leak: Leak | None) -> PlannedLeak | None:
    if leak is None:
        return None
    return PlannedLeak(
        share=leak.share,
        cost=leak.cost / MONEY_SCALE,
        cost_per_customer=(leak.cost_per_customer or 0.0) / MONEY_SCALE,
    )
