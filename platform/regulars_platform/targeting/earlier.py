"""The plan of an earlier campaign, to compare with: what its rule would have told here.

It was learnt on customers drawn before, in a window that was over when this one began, so that its
actions here are fixed without looking at any outcome of this campaign. A model's list is no rule
and is not carried over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_experiments.uplift.randomised import IntArray
from regulars_platform.campaigns.plan import Plan
from regulars_platform.campaigns.service import LaunchedCampaign, launched_of
from regulars_platform.campaigns.tables import LAUNCHED, Campaign
from regulars_platform.segments.rules import EVERYBODY, Rule
from regulars_platform.targeting.carried import addressed, arm_like
from regulars_platform.targeting.document import WORKED_OUT, read_lines
from regulars_platform.targeting.limits import wanted_answer
from regulars_platform.targeting.rules import NOBODY, Levels, first_fit, rule_of_lines

_OF_LINES = ("one_column", "card")
PREFIX = "plan:"


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlierPlan:
    """A plan to follow in words. document: the answer that it is of, of this digest."""

    campaign_id: int
    plan: Plan
    document: Mapping[str, Any]
    sha256: str

    @property
    def key(self) -> str:
        """Among the comparisons."""
        return f"{PREFIX}{self.campaign_id}"

    def as_json(self) -> dict[str, Any]:
        """As in the inputs of an answer that is compared with it."""
        return {
            "campaign": self.campaign_id,
            "name": self.plan.name,
            "targeting_sha256": self.sha256,
        }


def find_earlier(session: Session, campaign: LaunchedCampaign) -> EarlierPlan | None:
    """The latest campaign of the shop that was over before this one began and has a rule."""
    rows = session.scalars(
        select(Campaign).where(Campaign.shop_id == campaign.shop_id, Campaign.state == LAUNCHED)
    )
    past = [launched_of(row) for row in rows if row.id != campaign.id]
    over = [one for one in past if one.plan.outcome_end < campaign.plan.send_date]
    for one in sorted(over, key=lambda one: (one.plan.outcome_end, one.id), reverse=True):
        row = wanted_answer(session, one.id)
        if row is None:
            continue
        document = row.read_document()
        if document["status"] == WORKED_OUT and (
            document["chosen"]["kind"] in (*_OF_LINES, "segments")
        ):
            return EarlierPlan(
                campaign_id=one.id,
                plan=one.plan,
                document=document,
                sha256=row.document_sha256,
            )
    return None


def carried_over(earlier: EarlierPlan, plan: Plan, known: pl.DataFrame, levels: Levels) -> IntArray:
    """(rows,): the arms of `plan` by which the earlier one would have told these customers.

    known: all features as of this plan's day; levels: see `keepers.text_levels`, of the same
    features. An arm stands for that of the earlier plan which is most like it, the first for one
    without any likeness.
    """
    actions = np.zeros(known.height, dtype=np.int64)
    for action, rule in _rules(earlier, levels).items():
        here, _ = arm_like([earlier.plan.arms[action - 1]], plan)
        told = addressed(known, None if rule == NOBODY else rule, None)
        actions = np.where((actions == 0) & (told == 1), here or 1, actions)
    return actions


def _rules(earlier: EarlierPlan, levels: Levels) -> dict[int, Rule]:
    """For each arm of the earlier plan whom it is for."""
    document = earlier.document
    kind = document["chosen"]["kind"]
    if kind in _OF_LINES:
        lines = read_lines(
            next(rule["lines"] for rule in document["rules"] if rule["kind"] == kind)
        )
        actions = sorted({line.action for line in lines} - {0})
        return {action: rule_of_lines(lines, [action], levels) for action in actions}
    wanted: dict[int, list[str]] = {}
    for part in document["by_segment"]:
        if part["action"]:
            wanted.setdefault(part["action"], []).append(part["segment"])
    if not earlier.plan.segments:
        return dict.fromkeys(wanted, EVERYBODY)
    return {
        action: first_fit(earlier.plan.segments, names, levels) for action, names in wanted.items()
    }
