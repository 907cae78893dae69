"""Working out whom to keep, storing the answer, and reading it."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_experiments.uplift.checks import UnfitDataError
from regulars_experiments.uplift.cross_fitting import Progress
from regulars_experiments.uplift.evaluation import Asked, evaluate_uplift
from regulars_experiments.uplift.learners import DEFAULT_LEARNERS
from regulars_experiments.uplift.randomised import IntArray
from regulars_platform.campaigns.service import (
    LaunchedCampaign,
    campaign_costs,
    campaign_ledger,
    get_launched,
    get_shop_of,
)
from regulars_platform.campaigns.tables import Campaign
from regulars_platform.canonical import canonical_json
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.cycle.held_back import held_back
from regulars_platform.fields import WHOLE
from regulars_platform.reach.gate import open_gate
from regulars_platform.reports.document import canonical_report
from regulars_platform.reports.service import find_latest_report
from regulars_platform.segments.frames import for_rules
from regulars_platform.settings import Settings
from regulars_platform.targeting.data import CampaignData, campaign_data, describe, seed_of
from regulars_platform.targeting.document import (
    WORKED_OUT,
    targeting_document,
    unfit_document,
)
from regulars_platform.targeting.earlier import EarlierPlan, carried_over, find_earlier
from regulars_platform.targeting.errors import NoTargetingError, NotReadyError
from regulars_platform.targeting.keepers import text_levels
from regulars_platform.targeting.limits import (
    Limit,
    core_limits,
    require_possible,
    want_limit,
    wanted_answer,
)
from regulars_platform.targeting.lists import keeper_list
from regulars_platform.targeting.scores import read_scores, scores_frame, write_scores
from regulars_platform.targeting.tables import TargetingRow

_LISTS = ("learner", "response")
Learners = tuple[tuple[str, str], ...]
"""(learner, base) of the models to fit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Targeting:
    """A stored answer; `document` as in schema regulars.targeting/1."""

    id: int
    campaign_id: int
    created_at: dt.datetime
    document: Mapping[str, Any]
    text: str
    orders_version: int
    scores_file: str | None
    scores_sha256: str | None

    @property
    def is_worked_out(self) -> bool:
        """Whether there is a list; else the document says why there is none."""
        return bool(self.document["status"] == WORKED_OUT)

    @property
    def limit(self) -> Limit | None:
        """Under which it stands."""
        stored = self.document["inputs"].get("limit")
        return None if stored is None else Limit.from_json(stored)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A computed answer before it is stored. scores: None where there is no list."""

    text: str
    scores: pl.DataFrame | None


def gather_inputs(
    session: Session,
    campaign: LaunchedCampaign,
    learners: Learners = DEFAULT_LEARNERS,
    *,
    limit: Limit | None = None,
) -> dict[str, Any]:
    """The versions of everything that is read: those of the latest report. JSON without floats.

    limit: of the next round; without one there is no such entry, nor one for the plan of an earlier
    campaign where there is none. Raises NotReadyError where there is no report, or one of a window
    that was still open, and where whole groups were drawn.
    """
    if campaign.plan.unit == "group":
        raise NotReadyError.whole_groups()
    report = find_latest_report(session, campaign.shop_id, campaign.id)
    if report is None:
        raise NotReadyError.no_report()
    if report.document["status"]["state"] == "open":
        raise NotReadyError.still_open(campaign.plan.outcome_end)
    earlier = find_earlier(session, campaign)
    optional = {} if limit is None else {"limit": limit.as_json()}
    if earlier is not None:
        optional["earlier"] = earlier.as_json()
    return optional | {
        "campaign": campaign.id,
        "plan_sha256": campaign.plan_sha256,
        "ledger_sha256": campaign.ledger_sha256,
        "orders_version": report.document["inputs"]["orders_version"],
        "features_version": campaign.orders_version,
        "seed": seed_of(campaign.salt),
        "learners": [list(learner) for learner in learners],
        "code_version": installed_version("regulars"),
    }


def load_data(
    store: FeatureStore,
    ledger: pl.DataFrame,
    campaign: LaunchedCampaign,
    orders_version: int,
    costs: pl.LazyFrame | None = None,
) -> CampaignData:
    """The campaign as the uplift core reads it, outcomes from these orders."""
    plan = campaign.plan
    features = store.order_features(plan.as_of, campaign.orders_version)
    return campaign_data(features, store.table.scan(orders_version), ledger, plan, costs)


def load_comparisons(
    store: FeatureStore,
    campaign: LaunchedCampaign,
    found: CampaignData,
    earlier: EarlierPlan | None,
) -> dict[str, IntArray]:
    """What the earlier campaign's plan would have done with these customers, by its key."""
    if earlier is None:
        return {}
    rules = [segment.rule for segment in earlier.plan.segments]
    features = for_rules(store, rules, campaign.plan.as_of, campaign.orders_version)
    known = describe(features, found.units["customer_id"])
    return {earlier.key: carried_over(earlier, campaign.plan, known, text_levels(features))}


def compute(
    campaign: LaunchedCampaign,
    found: CampaignData,
    inputs: Mapping[str, Any],
    *,
    learners: Learners = DEFAULT_LEARNERS,
    comparisons: dict[str, IntArray] | None = None,
    progress: Progress | None = None,
) -> Answer:
    """The answer on exactly these inputs; data that carry no list give one that says why.

    comparisons: see `load_comparisons`.
    """
    stored = inputs.get("limit")
    limit = None if stored is None else Limit.from_json(stored)
    asked = Asked(
        seed=inputs["seed"],
        confidence=campaign.plan.confidence / WHOLE,
        learners=learners,
        limits=core_limits(limit, found.units.height, found.data.contact_costs),
    )
    try:
        report = evaluate_uplift(
            found.data,
            asked,
            segments=found.segments,
            comparisons=comparisons,
            progress=progress,
        )
    except UnfitDataError as error:
        document = unfit_document(campaign.plan, error.findings, inputs)
        return Answer(text=canonical_report(document), scores=None)
    document = targeting_document(campaign.plan, found, report, asked, inputs)
    return Answer(text=canonical_report(document), scores=scores_frame(found, report))


def store_answer(
    session: Session,
    settings: Settings,
    *,
    shop_id: int,
    inputs: Mapping[str, Any],
    answer: Answer,
    now: dt.datetime,
) -> Targeting:
    """Keep an answer; one with the same inputs is there only once."""
    known = find_same(session, inputs)
    if known is not None:
        return known
    name = digest = None
    if answer.scores is not None:
        name, digest = write_scores(settings.shop_dir(shop_id), answer.scores)
    row = TargetingRow(
        campaign_id=inputs["campaign"],
        created_at=now,
        inputs=dict(inputs),
        inputs_sha256=_sha256(canonical_json(dict(inputs))),
        document=answer.text,
        document_sha256=_sha256(answer.text),
        scores_file=name,
        scores_sha256=digest,
    )
    session.add(row)
    session.flush()
    return _targeting(row)


def find_same(session: Session, inputs: Mapping[str, Any]) -> Targeting | None:
    """The stored answer on the same inputs."""
    row = session.scalar(
        select(TargetingRow).where(
            TargetingRow.campaign_id == inputs["campaign"],
            TargetingRow.inputs_sha256 == _sha256(canonical_json(dict(inputs))),
        )
    )
    return None if row is None else _targeting(row)


def work_out(
    session: Session,
    settings: Settings,
    *,
    shop_id: int,
    campaign_id: int,
    now: dt.datetime,
    learners: Learners = DEFAULT_LEARNERS,
    limit: Limit | None = None,
) -> Targeting:
    """Work out whom to keep, here and now. The same inputs give the answer that is there.

    limit: of the next round; from now on the answer under it is the one that is shown. Raises
    LimitError for one that cannot be.
    """
    campaign = get_launched(session, shop_id, campaign_id)
    inputs = gather_inputs(session, campaign, learners, limit=limit)
    ledger = campaign_ledger(settings, campaign)
    require_possible(limit, campaign.plan, ledger)
    want_limit(session, campaign.id, limit, now)
    known = find_same(session, inputs)
    if known is not None:
        return known
    store = build_feature_store(settings, get_shop_of(session, shop_id))
    found = load_data(
        store, ledger, campaign, inputs["orders_version"], campaign_costs(settings, campaign)
    )
    comparisons = load_comparisons(store, campaign, found, find_earlier(session, campaign))
    answer = compute(campaign, found, inputs, learners=learners, comparisons=comparisons)
    return store_answer(session, settings, shop_id=shop_id, inputs=inputs, answer=answer, now=now)


def find_targeting(session: Session, shop_id: int, campaign_id: int) -> Targeting | None:
    """The latest answer for a launched campaign of this shop, if there is one: of those under the
    limit that is wanted, else of all."""
    get_launched(session, shop_id, campaign_id)
    row = wanted_answer(session, campaign_id)
    return None if row is None else _targeting(row)


def get_targeting(session: Session, shop_id: int, campaign_id: int) -> Targeting:
    """The same; NoTargetingError where there is none."""
    found = find_targeting(session, shop_id, campaign_id)
    if found is None:
        raise NoTargetingError.none()
    return found


def worked_out_campaigns(session: Session, shop_id: int) -> set[int]:
    """Ids of the campaigns whose latest answer has scores."""
    rows = session.execute(
        select(TargetingRow.campaign_id, TargetingRow.scores_file)
        .join(Campaign, Campaign.id == TargetingRow.campaign_id)
        .where(Campaign.shop_id == shop_id)
        .order_by(TargetingRow.id)
    )
    # of several answers the latest counts
    latest: dict[int, str | None] = {row.campaign_id: row.scores_file for row in rows}
    return {campaign for campaign, file in latest.items() if file is not None}


def read_scores_of(settings: Settings, shop_id: int, found: Targeting) -> pl.DataFrame:
    """The stored scores (see `scores_frame`); NoTargetingError where there are none."""
    if found.scores_file is None or found.scores_sha256 is None:
        raise NoTargetingError.no_list()
    return read_scores(settings.shop_dir(shop_id), found.scores_file, found.scores_sha256)


def keepers_csv(
    session: Session, settings: Settings, *, shop_id: int, campaign_id: int, day: dt.date
) -> Iterator[bytes]:
    """Whom to contact next, as CSV in pieces, without whoever is barred on that day or in the
    holdout of a campaign or programme that is still looked at."""
    campaign = get_launched(session, shop_id, campaign_id)
    found = get_targeting(session, shop_id, campaign_id)
    ledger = campaign_ledger(settings, campaign)
    channels = {arm.channel for arm in campaign.plan.arms}
    gate = open_gate(session, settings, shop_id, channels=channels, day=day)
    names = ledger["customer_id"]
    kept_back = pl.Series(sorted(held_back(session, settings, shop_id, day)), dtype=pl.String)
    held = names.is_in(kept_back.implode())
    return keeper_list(
        read_scores_of(settings, shop_id, found),
        ledger,
        campaign.plan,
        ranked=found.document["chosen"]["kind"] in _LISTS,
        suppressed=names.filter(gate.barred(names).is_not_null() | held).to_list(),
    )


def _targeting(row: TargetingRow) -> Targeting:
    return Targeting(
        id=row.id,
        campaign_id=row.campaign_id,
        created_at=row.created_at,
        document=row.read_document(),
        text=row.document,
        orders_version=row.inputs["orders_version"],
        scores_file=row.scores_file,
        scores_sha256=row.scores_sha256,
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
