"""Programmes as the interface shows them."""

import datetime as dt
import json
from collections.abc import Mapping

from sqlalchemy.orm import Session

from regulars_platform.orders.table import OrdersTable
from regulars_platform.programme_effect.beside import OfProgramme
from regulars_platform.programmes.beginning import begins_on
from regulars_platform.programmes.dry_run import DryRun
from regulars_platform.programmes.history import RunLine, entry_counts, message_counts
from regulars_platform.programmes.needs import missing_need
from regulars_platform.programmes.results import find_result
from regulars_platform.programmes.service import Programme, Version, has_changes
from regulars_platform.programmes.starting import problems_of
from regulars_platform.shops.models import ShopProfile
from regulars_platform.words import Sentence
from regulars_web.api.models import Count, Document, Id, Model, Moment
from regulars_web.api.preview_shown import MeetingShown, ProgrammesBesideShown, beside_shown
from regulars_web.api.problems import Detail, detail_of
from regulars_web.edge import settings
from regulars_web.formats import sentence


class KindShown(Model):
    """A kind of programme."""

    kind: str
    title: str
    says: str
    """Whom it writes to and when."""
    settings: list[str]
    """Fields of a plan that it reads beside the common ones."""
    missing: str | None
    """What the shop's data lack, in words; null: it can be started."""


class KindWithPlan(KindShown):
    """A kind of programme with its usual plan."""

    plan: Document
    """To keep as it is or changed; docs/programmes.md."""


class ProgrammeSummary(Model):
    """A programme in a list."""

    id: Id
    name: str
    kind: str
    state: str
    """draft, running, paused or ended."""
    revision: Count
    version: Count | None
    """That counts now, from 1 on; null: it never started."""
    ran_until: dt.date | None
    """The last day that is settled: run, or passed over by its start."""
    told: Count
    held_back: Count


class VersionShown(Model):
    """A plan as it was frozen by a start."""

    number: Count
    plan_sha256: str
    plan: Document
    planned: Count
    """Entries at which its result is narrowest, fixed before the first of them."""
    started_at: Moment


class ProgrammeShown(ProgrammeSummary):
    """A programme with its plan."""

    plan: Document
    """The draft; what runs is in `runs_as`."""
    problems: list[Detail]
    """What keeps the draft from starting."""
    changed: bool
    """A start would begin a new version."""
    begins_on: dt.date | None
    """First day on which anybody enters, where that is still to come."""
    runs_as: VersionShown | None
    messages: dict[str, int]
    """State of delivery -> messages; empty where nothing was queued."""


class DayShown(Model):
    """A day that was run."""

    day: dt.date
    ran_at: Moment
    counts: dict[str, int]
    """named = told + held_back + the reasons why somebody does not enter."""


class ContactDay(Model):
    """A day of contact."""

    day: dt.date
    told: Count


class DryRunShown(Model):
    """What today's run of a programme would do; nobody's arm is told."""

    programme_id: Id
    name: str
    counts: dict[str, int]
    """named = would_enter + the reasons why somebody does not."""
    would_enter: Count
    told: Count
    held_back: Count
    """Of a draft: expected."""
    done: dict[str, int] | None
    """The counts of today's run, where it is over already."""
    unavailable: str | None
    """What the shop's data lack."""


class ResultShown(Model):
    """What a version brought so far."""

    version: Count
    orders_version: Count | None
    is_current: bool
    """Made from the orders as they are now."""
    made_at: Moment | None
    document: Document | None
    """Its estimates have their intervals; null: never worked out."""


class BesidePlanShown(Model):
    """What else reaches the customers of a programme in the days ahead."""

    customers: Count
    """Whom it is expected to name in the days, or, where nobody can foresee that, who can enter."""
    foreseen: bool
    first: dt.date
    last: dt.date
    campaigns: list[MeetingShown]
    programmes: ProgrammesBesideShown


def summary_shown(programme: Programme, counts: Mapping[int, tuple[int, int]]) -> ProgrammeSummary:
    """A programme in a list. counts: told and held back by id."""
    return ProgrammeSummary.model_validate(_summary(programme, counts))


def programme_shown(work: Session, shop: ShopProfile, programme: Programme) -> ProgrammeShown:
    """A programme with its plan."""
    problems = problems_of(work, settings(), shop, programme.draft, programme.kind)
    return ProgrammeShown.model_validate(
        {
            **_summary(programme, entry_counts(work, shop.id)),
            "plan": dict(programme.draft),
            "problems": [detail_of(problem) for problem in problems],
            "changed": has_changes(work, programme),
            "begins_on": begins_on(work, programme),
            "runs_as": None if programme.version is None else version_shown(programme.version),
            "messages": message_counts(work, shop.id, programme.id),
        }
    )


def version_shown(version: Version) -> VersionShown:
    """A frozen plan, without the salt: whoever has that knows whom the draw will hold back."""
    return VersionShown(
        number=version.number,
        plan_sha256=version.sha256,
        plan=json.loads(version.plan_json),
        planned=version.planned,
        started_at=version.started_at,
    )


def day_shown(line: RunLine) -> DayShown:
    """A day that was run."""
    return DayShown(day=line.day, ran_at=line.ran_at, counts=dict(line.counts))


def dry_run_shown(run: DryRun) -> DryRunShown:
    """A dry run in counts."""
    return DryRunShown(
        programme_id=run.programme.id,
        name=run.programme.name,
        counts=dict(run.counts),
        would_enter=run.told + run.held_back,
        told=run.told,
        held_back=run.held_back,
        done=None if run.done is None else dict(run.done),
        unavailable=None if run.unavailable is None else sentence(Sentence(run.unavailable)),
    )


def result_shown(work: Session, shop_id: int, version: Version) -> ResultShown:
    """The kept result of a version."""
    found = find_result(work, version.id)
    now = OrdersTable(settings().shop_dir(shop_id)).version()
    return ResultShown(
        version=version.number,
        orders_version=None if found is None else found.orders_version,
        is_current=found is not None and found.orders_version == now,
        made_at=None if found is None else found.made_at,
        document=None if found is None else dict(found.document),
    )


def beside_plan_shown(found: OfProgramme) -> BesidePlanShown:
    """What else is on in the days ahead."""
    return BesidePlanShown(
        customers=found.customers,
        foreseen=found.foreseen,
        first=found.first,
        last=found.last,
        campaigns=[
            MeetingShown(
                campaign_id=one.id, name=one.name, last=one.last, shared=one.shared, told=one.told
            )
            for one in found.campaigns
        ],
        programmes=beside_shown(found.beside),
    )


def missing_words(shop: ShopProfile, kind: str) -> str | None:
    """What the shop's data lack for a kind, in words."""
    need = missing_need(shop, settings().shop_dir(shop.id), kind)
    return None if need is None else sentence(Sentence(need))


def _summary(programme: Programme, counts: Mapping[int, tuple[int, int]]) -> dict[str, object]:
    told, held = counts.get(programme.id, (0, 0))
    return {
        "id": programme.id,
        "name": programme.name,
        "kind": programme.kind,
        "state": programme.state,
        "revision": programme.revision,
        "version": None if programme.version is None else programme.version.number,
        "ran_until": programme.ran_until,
        "told": told,
        "held_back": held,
    }
