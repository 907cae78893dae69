"""Making, changing, starting, pausing and ending programmes; their versions.

A start freezes the plan under its SHA-256 as a version of its own, unless nothing but the name
has changed since the last one. Entries belong to the version that let them in.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from regulars_platform.canonical import canonical_json, sha256_of
from regulars_platform.delivery.templates import (
    MessageTemplate,
    get_template,
    keep_template,
    list_templates,
)
from regulars_platform.errors import InvalidInputError
from regulars_platform.offers.titles import Titled
from regulars_platform.programmes.errors import (
    NoWordsError,
    ProgrammeNotFoundError,
    ProgrammeStateError,
)
from regulars_platform.programmes.kinds import BY_PRODUCT, COMMON, KINDS
from regulars_platform.programmes.plan import ProgrammePlan, programme_json, read_programme
from regulars_platform.programmes.tables import (
    DRAFT,
    ENDED,
    PAUSED,
    RUNNING,
    ProgrammeRow,
    ProgrammeVersionRow,
)
from regulars_platform.shops.channels import CALLS, SENDING, channel_use
from regulars_platform.shops.errors import ShopNotFoundError
from regulars_platform.shops.tables import Shop

LEAST_PLANNED = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A frozen plan. number: from 1 on; planned: entries at which its result is narrowest."""

    id: int
    number: int
    plan: ProgrammePlan
    plan_json: str
    sha256: str
    salt: str
    planned: int
    started_at: dt.datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Programme:
    """One programme. draft: its plan as it is being edited; version: what counts now."""

    id: int
    shop_id: int
    name: str
    kind: str
    state: str
    draft: Mapping[str, Any]
    revision: int
    version: Version | None
    ran_until: dt.date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What a start settles beside the plan, for the version that begins with it.

    products_version: of the file of products as it is now, for profit by costs per product. titled:
    the offer in the words that customers read where nobody wrote any. begins: at the first start,
    the first day on which anybody enters; None: the first that is run. Triggers that only look on
    their first day look at once.
    """

    products_version: int | None = None
    titled: Titled | None = None
    begins: dt.date | None = None


UNSETTLED = Settled()


def usual_draft(kind: str, *, name: str, words: str, by_product: bool = False) -> dict[str, Any]:
    """The usual plan of a kind as a draft; name and words in the shop's own language.

    by_product: the shop knows what its goods cost, so that profit goes by that.
    """
    margins = BY_PRODUCT if by_product else {}
    plan = COMMON | margins | KINDS[kind].plan | {"kind": kind, "name": name}
    return plan | {"offer": {**COMMON["offer"], "words": words}}


def create_programme(
    session: Session, *, shop_id: int, draft: Mapping[str, Any], now: dt.datetime
) -> Programme:
    """Keep a draft, complete or not. draft: as `read_programme` wants it, without the shop's own
    currency and time zone."""
    row = ProgrammeRow(
        shop_id=shop_id,
        name=_name(draft),
        kind=str(draft.get("kind")) if draft.get("kind") in KINDS else "segment",
        state=DRAFT,
        draft=dict(draft),
        revision=1,
        version_id=None,
        ran_until=None,
        created_at=now,
        changed_at=now,
        ended_at=None,
    )
    session.add(row)
    session.flush()
    return _build(session, row)


def save_draft(
    session: Session,
    *,
    shop_id: int,
    programme_id: int,
    draft: Mapping[str, Any],
    now: dt.datetime,
) -> Programme:
    """Keep another draft; what runs goes on as it was started until the next start."""
    row = _row(session, shop_id, programme_id)
    if row.state == ENDED:
        raise ProgrammeStateError.ended(row.name)
    row.draft = {**draft, "kind": row.kind}
    row.name = _name(draft)
    row.revision += 1
    row.changed_at = now
    session.flush()
    return _build(session, row)


def read_plan_of(session: Session, programme: Programme) -> ProgrammePlan:
    """The draft as a plan of the shop. Raises InvalidInputError."""
    shop = session.get(Shop, programme.shop_id)
    if shop is None:
        raise ShopNotFoundError.of(programme.shop_id)
    own = {"currency": shop.currency, "timezone": shop.timezone}
    return read_programme({**programme.draft, **own})


def start_programme(
    session: Session,
    *,
    shop_id: int,
    programme_id: int,
    now: dt.datetime,
    user_id: int | None,
    salt: str,
    planned: int,
    settled: Settled = UNSETTLED,
) -> Programme:
    """Let the draft run, or run on after a pause. salt: a random text made for this start; it is
    used only where a new version begins. planned: entries expected in half a year. settled: what
    stands outside the plan.

    Raises InvalidInputError, NoWordsError, ProgrammeStateError.
    """
    row = _row(session, shop_id, programme_id)
    if row.state == ENDED:
        raise ProgrammeStateError.ended(row.name)
    current = None if row.version_id is None else get_version(session, shop_id, row.version_id)
    wanted = read_plan_of(session, _build(session, row))
    plan = _with_template(session, shop_id, wanted, current, now)
    if current is None or not _same(current.plan, plan):
        if plan.margin_source == "products":
            plan = replace(plan, products_version=settled.products_version)
        if settled.titled is not None:
            plan = replace(plan, title=settled.titled(plan.offer, plan.currency))
        text = canonical_json(programme_json(plan))
        version = ProgrammeVersionRow(
            shop_id=shop_id,
            programme_id=row.id,
            number=1 if current is None else current.number + 1,
            plan_json=text,
            plan_sha256=sha256_of(text),
            salt=salt,
            planned=max(planned, LEAST_PLANNED),
            started_at=now,
            started_by=user_id,
        )
        session.add(version)
        session.flush()
        row.version_id = version.id
        if current is None and settled.begins and plan.about.trigger != "standing":
            row.ran_until = settled.begins - dt.timedelta(days=1)
    row.state = RUNNING
    row.changed_at = now
    session.flush()
    return _build(session, row)


def has_changes(session: Session, programme: Programme) -> bool:
    """Whether a start would begin a new version: the draft says something else than what counts."""
    if programme.version is None:
        return False
    try:
        wanted = read_plan_of(session, programme)
    except InvalidInputError:
        return True
    current = programme.version.plan
    if wanted.template_id is None:
        wanted = replace(wanted, template_id=current.template_id)
    return not _same(current, wanted)


def pause_programme(
    session: Session, *, shop_id: int, programme_id: int, now: dt.datetime
) -> Programme:
    """Nobody enters until it is started again. Raises ProgrammeStateError."""
    row = _row(session, shop_id, programme_id)
    if row.state != RUNNING:
        raise ProgrammeStateError.not_running(row.name)
    row.state, row.changed_at = PAUSED, now
    session.flush()
    return _build(session, row)


def end_programme(
    session: Session, *, shop_id: int, programme_id: int, now: dt.datetime
) -> Programme:
    """Nobody enters any more; results stay. Raises ProgrammeStateError."""
    row = _row(session, shop_id, programme_id)
    if row.state == ENDED:
        raise ProgrammeStateError.ended(row.name)
    row.state, row.changed_at, row.ended_at = ENDED, now, now
    session.flush()
    return _build(session, row)


def delete_draft(session: Session, *, shop_id: int, programme_id: int) -> None:
    """Forget a programme that never ran. Raises ProgrammeStateError."""
    row = _row(session, shop_id, programme_id)
    if row.version_id is not None:
        raise ProgrammeStateError.started(row.name)
    session.delete(row)
    session.flush()


def get_programme(session: Session, shop_id: int, programme_id: int) -> Programme:
    """One programme of the shop. Raises ProgrammeNotFoundError."""
    return _build(session, _row(session, shop_id, programme_id))


def list_programmes(session: Session, shop_id: int, *, state: str | None = None) -> list[Programme]:
    """The shop's programmes, the first made first: the order in which they run."""
    query = select(ProgrammeRow).where(ProgrammeRow.shop_id == shop_id)
    if state is not None:
        query = query.where(ProgrammeRow.state == state)
    return [_build(session, row) for row in session.scalars(query.order_by(ProgrammeRow.id))]


def count_running(session: Session, shop_id: int) -> int:
    """How many programmes of the shop run."""
    counted = select(func.count()).where(
        ProgrammeRow.shop_id == shop_id, ProgrammeRow.state == RUNNING
    )
    return session.scalar(counted) or 0


def get_version(session: Session, shop_id: int, version_id: int) -> Version:
    """One version of the shop's programmes. Raises ProgrammeNotFoundError."""
    row = session.get(ProgrammeVersionRow, version_id)
    if row is None or row.shop_id != shop_id:
        raise ProgrammeNotFoundError.build()
    return _version(row)


def list_versions(session: Session, shop_id: int, programme_id: int) -> list[Version]:
    """Every version of a programme, the latest first."""
    rows = session.scalars(
        select(ProgrammeVersionRow)
        .where(
            ProgrammeVersionRow.shop_id == shop_id,
            ProgrammeVersionRow.programme_id == programme_id,
        )
        .order_by(ProgrammeVersionRow.number.desc())
    )
    return [_version(row) for row in rows]


def templates_of_programmes(session: Session, shop_id: int) -> frozenset[int]:
    """Templates that hold the words of a programme: kept by its start, not written by the shop.

    One that somebody has changed since is the shop's own.
    """
    row = ProgrammeVersionRow
    texts = session.scalars(select(row.plan_json).where(row.shop_id == shop_id))
    plans = [read_programme(json.loads(text)) for text in texts]
    said = {(plan.template_id, plan.offer.words) for plan in plans}
    found = list_templates(session, shop_id)
    return frozenset(one.id for one in found if (one.id, one.body) in said)


def templates_to_send(session: Session, shop_id: int, channel: str) -> list[MessageTemplate]:
    """Of a channel, for campaigns: without the words that belong to programmes."""
    of_programmes = templates_of_programmes(session, shop_id)
    found = list_templates(session, shop_id, channel)
    return [one for one in found if one.id not in of_programmes]


def sends_by_itself(session: Session, plan: ProgrammePlan, shop_id: int) -> bool:
    """Whether its channel sends messages or makes call lists, rather than handing out lists."""
    shop = session.get(Shop, shop_id)
    if shop is None:
        raise ShopNotFoundError.of(shop_id)
    return channel_use(shop, plan.channel).via in (*SENDING, CALLS)


def _with_template(
    session: Session,
    shop_id: int,
    plan: ProgrammePlan,
    current: Version | None,
    now: dt.datetime,
) -> ProgrammePlan:
    """Words that a channel needs to send by itself are kept as a template of that name.

    The same words as before keep their template.
    """
    if plan.template_id is not None:
        template = get_template(session, shop_id, plan.template_id)
        if template.channel == plan.channel:
            return plan
    if not sends_by_itself(session, plan, shop_id):
        return replace(plan, template_id=None)
    if not plan.offer.words.strip():
        raise NoWordsError.build()
    before = None if current is None else current.plan
    if before is not None and before.template_id is not None:
        told = (before.offer.words, before.channel)
        if told == (plan.offer.words, plan.channel):
            return replace(plan, template_id=before.template_id)
    raw = {
        "name": plan.name,
        "channel": plan.channel,
        "subject": plan.name,
        "body": plan.offer.words,
    }
    return replace(plan, template_id=keep_template(session, shop_id=shop_id, raw=raw, now=now).id)


def _same(one: ProgrammePlan, other: ProgrammePlan) -> bool:
    """But for the name, and for what is only settled at a start: costs, and the offer's title."""
    return _bare(one) == _bare(other)


def _bare(plan: ProgrammePlan) -> ProgrammePlan:
    return replace(plan, name="", products_version=None, title="")


def _name(draft: Mapping[str, Any]) -> str:
    return str(draft.get("name") or "").strip()[:200]


def _row(session: Session, shop_id: int, programme_id: int) -> ProgrammeRow:
    row = session.get(ProgrammeRow, programme_id)
    if row is None or row.shop_id != shop_id:
        raise ProgrammeNotFoundError.build()
    return row


def _build(session: Session, row: ProgrammeRow) -> Programme:
    return Programme(
        id=row.id,
        shop_id=row.shop_id,
        name=row.name,
        kind=row.kind,
        state=row.state,
        draft=dict(row.draft),
        revision=row.revision,
        version=None
        if row.version_id is None
        else get_version(session, row.shop_id, row.version_id),
        ran_until=row.ran_until,
    )


def _version(row: ProgrammeVersionRow) -> Version:
    return Version(
        id=row.id,
        number=row.number,
        plan=read_programme(json.loads(row.plan_json)),
        plan_json=row.plan_json,
        sha256=row.plan_sha256,
        salt=row.salt,
        planned=row.planned,
        started_at=row.started_at,
    )
