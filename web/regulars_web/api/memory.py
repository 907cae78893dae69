"""What past campaigns taught: one cell for each kind of people and family of offers."""

import datetime as dt

from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.errors import NotFoundError
from regulars_platform.memory.models import Learning
from regulars_platform.memory.overview import CellOverview, overview
from regulars_platform.memory.promises import promises_of_shop
from regulars_platform.memory.service import read_learnings
from regulars_platform.memory.unlearnt import taught_nothing
from regulars_platform.words import N_, Sentence
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, Key
from regulars_web.api.estimates import EstimateShown, estimate_shown
from regulars_web.api.models import Answer, Count, Document, Id, Model, Page
from regulars_web.api.paging import PageQuery, paged

area = Area(
    "memory",
    "What past campaigns taught (docs/memory.md); net profit per unit told, in the shop's"
    " currency, intervals at 95%.",
)


class FamilyShown(Model):
    """Offers that are learnt from together; empty where nothing applies."""

    kind: str
    reach: str
    channel: str
    channel_label: str
    unit: str
    threshold: str
    depth: str


class BeliefShown(Model):
    """A mean with its central interval."""

    mean: float
    low: float
    high: float


class NextOne(BeliefShown):
    """Of the next such campaign."""

    chance_positive: float


class TotalShown(Model):
    """Net profit in all."""

    net: float
    low: float
    high: float


class KeptShown(Model):
    """What was promised at the launches, and what came; of the campaigns that had a promise."""

    promised: float
    realised: TotalShown
    campaigns: Count
    share: float | None
    """Of what was promised; null where nothing above zero was."""


class LearningShown(Model):
    """What one campaign taught of one arm in one segment."""

    campaign_id: Id
    report_id: Id
    campaign: str
    arm: str
    segment: str | None
    """Null: everybody."""
    starts_on: dt.date
    ends_on: dt.date
    state: str
    """provisional until returns have settled, then closed."""
    n: Count
    n_control: Count
    net: float
    low: float
    high: float
    error: float
    """By which it is weighed against others."""
    level: float
    """Margin of the held-out."""


class Cell(Model):
    """One kind of people and offer."""

    id: str
    people: Document
    """The rule, as docs/plan.md writes rules."""
    family: FamilyShown
    campaigns: Count
    latest: dt.date
    average: BeliefShown
    """What such campaigns lie around by now."""
    expected: NextOne
    check: EstimateShown | None
    """The campaigns pooled without drift; null with fewer than five."""
    drift_z: float | None
    drifted: bool
    """The latest campaign contradicts those before it by more than chance."""
    earned: TotalShown
    kept: KeptShown | None


class CellWhole(Cell):
    """A cell with its campaigns, the oldest first."""

    learnings: list[LearningShown]


class Unlearnt(Model):
    """Campaigns that are over and taught nothing: too small to say anything."""

    campaigns: list[str]


@area.get("/memory", scope=Scope.READ_REPORTS)
def list_memory(call: Call, work: Session, query: PageQuery) -> Page[Cell]:
    """All cells, those heard of last first."""
    cells = _cells(call, work)
    places = {cell.id: place for place, cell in enumerate(cells)}
    return paged(
        cells,
        query,
        lambda cell: Cell.model_validate(_cell(cell)),
        lambda cell: (places[cell.id],),
    )


@area.get("/memory/{cell_id}", scope=Scope.READ_REPORTS)
def get_memory(call: Call, work: Session, cell_id: Key) -> Answer[CellWhole]:
    """One cell with everything that taught it."""
    found = next((cell for cell in _cells(call, work) if cell.id == cell_id), None)
    if found is None:
        raise NotFoundError(Sentence(N_("Nothing of that kind was learnt in this shop.")))
    learnings = [learning_shown(one) for one in found.learnings]
    whole = CellWhole.model_validate({**_cell(found), "learnings": learnings})
    return Answer[CellWhole](data=whole)


@area.get("/memory-unlearnt", scope=Scope.READ_REPORTS)
def list_unlearnt(call: Call, work: Session) -> Answer[Unlearnt]:
    """The campaigns that are over and taught nothing, the oldest first."""
    learnings = read_learnings(work, call.settings, call.shop_id)
    names = taught_nothing(work, call.shop_id, learnings)
    return Answer[Unlearnt](data=Unlearnt(campaigns=list(names)))


def _cells(call: Call, work: Session) -> tuple[CellOverview, ...]:
    learnings = read_learnings(work, call.settings, call.shop_id)
    promises = promises_of_shop(work, call.shop_id)
    return overview(learnings, promises, call.now.date())


def _cell(cell: CellOverview) -> dict[str, object]:
    average, following, earned, kept = cell.average, cell.expected, cell.earned, cell.kept
    return {
        "id": cell.id,
        "people": cell.people,
        "family": FamilyShown(
            **{name: getattr(cell.family, name) for name in FamilyShown.model_fields}
        ),
        "campaigns": cell.campaigns,
        "latest": cell.latest.ends_on,
        "average": BeliefShown(mean=average.mean, low=average.low, high=average.high),
        "expected": NextOne(
            mean=following.mean,
            low=following.low,
            high=following.high,
            chance_positive=following.chance_positive,
        ),
        "check": None if cell.check is None else estimate_shown(cell.check),
        "drift_z": cell.drift_z,
        "drifted": cell.drifted,
        "earned": TotalShown(net=earned.net, low=earned.low, high=earned.high),
        "kept": None
        if kept is None
        else KeptShown(
            promised=kept.promised,
            realised=TotalShown(
                net=kept.realised.net, low=kept.realised.low, high=kept.realised.high
            ),
            campaigns=kept.campaigns,
            share=kept.share,
        ),
    }


def learning_shown(one: Learning) -> LearningShown:
    """What one campaign taught."""
    return LearningShown.model_validate(
        {name: getattr(one, name) for name in LearningShown.model_fields}
    )
