"""Replay: a draft valued on the randomised customers of a past campaign.

The draft's audience, read on what was known of those customers then, says whom it would tell; what
they did, told or held out, says what that would have earned. Values are doubly robust with the
outcomes expected by models that never saw the customer, as they were stored when whom to keep was
worked out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from sqlalchemy.orm import Session

from regulars_experiments.uplift.randomised import CrossFitted, FoldScores, IntArray
from regulars_experiments.uplift.replay import OneArm, Replayed, best_arm
from regulars_experiments.uplift.replay import replay as value_on
from regulars_platform.campaigns.plan import Exclusions
from regulars_platform.campaigns.plan_form import Draft, read_draft
from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    campaign_costs,
    campaign_ledger,
    draft_plan_json,
    get_campaign,
    get_launched,
    get_shop_of,
    list_campaigns,
)
from regulars_platform.campaigns.tables import DRAFT, LAUNCHED, Campaign
from regulars_platform.customers.store import build_feature_store
from regulars_platform.fields import WHOLE
from regulars_platform.reports.service import find_latest_report
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.rules import Rule
from regulars_platform.settings import Settings
from regulars_platform.targeting.carried import addressed, arm_like
from regulars_platform.targeting.data import describe
from regulars_platform.targeting.errors import ReplayError
from regulars_platform.targeting.keepers import Keepers
from regulars_platform.targeting.planning import find_origin, keepers_of_report
from regulars_platform.targeting.scores import expected_name
from regulars_platform.targeting.service import (
    get_targeting,
    load_data,
    read_scores_of,
    worked_out_campaigns,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Other:
    """A plan to compare with. key: "draft:<id>" or "keepers:<id>"; name: of the campaign."""

    key: str
    name: str

    @property
    def is_keepers(self) -> bool:
        """Whether it is a past campaign's keepers, else another draft's audience."""
        return self.key.startswith("keepers:")


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """Past campaigns to replay on, and plans to compare with; each the latest first."""

    past: tuple[tuple[int, str], ...]
    others: tuple[Other, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """A draft's value on a past campaign, per unit of that campaign's audience.

    units: of it; told: how many of them the draft would tell. arms: of the past campaign, by which
    they are told here and everyone is in the comparison: the one like the draft's (alike), else the
    best, found for each part of the customers on the others. same_offer: whether it is the draft's
    own offer by its own channel.
    """

    past: LaunchedCampaign
    units: int
    told: int
    arms: tuple[str, ...]
    alike: bool
    same_offer: bool
    other: Other | None
    found: Replayed


def replay_stage(session: Session, *, shop_id: int, campaign_id: int) -> Stage:
    """What a draft can be replayed on and compared with.

    Past campaigns are those for which whom to keep is worked out, but for the one that the draft
    was made of: there it would be judged by the outcomes that made it.
    """
    get_campaign(session, shop_id, campaign_id)
    origin = find_origin(session, campaign_id)
    done = worked_out_campaigns(session, shop_id)
    campaigns = list_campaigns(session, shop_id)
    past = [
        row
        for row in campaigns
        if row.id in done and (origin is None or row.id != origin.from_campaign_id)
    ]
    others = [
        *(
            Other(key=f"keepers:{row.id}", name=row.name)
            for row in campaigns
            if _has_report(session, row)
        ),
        *(
            Other(key=f"draft:{row.id}", name=row.name)
            for row in campaigns
            if row.state == DRAFT and row.id != campaign_id
        ),
    ]
    return Stage(past=tuple((row.id, row.name) for row in past), others=tuple(others))


def replay_draft(
    session: Session,
    settings: Settings,
    *,
    shop_id: int,
    campaign_id: int,
    on: int,
    against: str,
) -> Replay:
    """Value a draft on the past campaign `on`, against everyone, nobody and, unless it is empty,
    the plan `against` (a key of Other).

    Raises ReplayError, NoTargetingError, NotLaunchedError.
    """
    draft = _draft(session, shop_id, campaign_id)
    past = get_launched(session, shop_id, on)
    origin = find_origin(session, campaign_id)
    if origin is not None and origin.from_campaign_id == on:
        raise ReplayError.own_origin(past.plan.name)
    stored = get_targeting(session, shop_id, on)
    scores = read_scores_of(settings, shop_id, stored)
    store = build_feature_store(settings, get_shop_of(session, shop_id))
    ledger = campaign_ledger(settings, past)
    found = load_data(store, ledger, past, stored.orders_version, campaign_costs(settings, past))
    compared = _other(session, settings, shop_id, against, on=on) if against else None
    rules = [draft.audience, None if compared is None else compared[1]]
    features = for_rules(
        store,
        [rule for rule in rules if rule is not None],
        past.plan.as_of,
        past.orders_version,
    )
    known = describe(features, found.units["customer_id"])
    fitted = _fitted(scores)
    place, same = arm_like(draft.arms or (), past.plan)
    everyone = best_arm(found.data, fitted) if place is None else _one_arm(place, known.height)
    actions = everyone.arms * addressed(known, draft.audience, draft.exclusions)
    others: dict[str, IntArray] = {}
    other = None
    if compared is not None:
        other, rule, out = compared
        others[other.key] = everyone.arms * addressed(known, rule, out)
    return Replay(
        past=past,
        units=len(actions),
        told=int((actions > 0).sum()),
        arms=tuple(past.plan.arms[arm - 1].name for arm in everyone.numbers),
        alike=place is not None,
        same_offer=same,
        other=other,
        found=value_on(
            found.data,
            fitted,
            actions,
            others=others,
            confidence=past.plan.confidence / WHOLE,
            everyone=everyone,
        ),
    )


def _one_arm(place: int, customers: int) -> OneArm:
    return OneArm(arms=np.full(customers, place, dtype=np.int64))


def _has_report(session: Session, row: Campaign) -> bool:
    return row.state == LAUNCHED and find_latest_report(session, row.shop_id, row.id) is not None


def _draft(session: Session, shop_id: int, campaign_id: int) -> Draft:
    campaign = get_campaign(session, shop_id, campaign_id)
    draft = read_draft(draft_plan_json(get_shop_of(session, shop_id), campaign))
    if draft.audience is None:
        raise ReplayError.no_audience()
    return draft


def _other(
    session: Session, settings: Settings, shop_id: int, key: str, *, on: int
) -> tuple[Other, Rule, Exclusions | None]:
    kind, _, number = key.partition(":")
    if not number.isdecimal() or kind not in ("draft", "keepers"):
        raise ReplayError.unknown()
    campaign_id = int(number)
    if kind == "draft":
        draft = _draft(session, shop_id, campaign_id)
        if draft.audience is None:
            raise ReplayError.no_audience()
        name = get_campaign(session, shop_id, campaign_id).name
        return Other(key=key, name=name), draft.audience, draft.exclusions
    campaign = get_launched(session, shop_id, campaign_id)
    if campaign.id == on:
        raise ReplayError.own_result(campaign.plan.name)
    report = find_latest_report(session, shop_id, campaign_id)
    ways: Sequence[Keepers] = (
        () if report is None else keepers_of_report(session, settings, campaign, report.document)
    )
    if not ways:
        raise ReplayError.unknown()
    return Other(key=key, name=campaign.plan.name), ways[0].rule, None


def _fitted(scores: pl.DataFrame) -> CrossFitted:
    """What a value needs of the models: the outcomes that they expected of customers unseen."""
    arms = sum(name.startswith("expected_") for name in scores.columns)
    expected = np.column_stack([scores[expected_name(arm)].to_numpy() for arm in range(arms)])
    nothing = FoldScores(
        learner="", base="", out_of_fold=np.zeros((0, 0)), nested=np.zeros((0, 0, 0))
    )
    return CrossFitted(
        folds=scores["fold"].to_numpy(), scores=(), response=nothing, expected=expected
    )
