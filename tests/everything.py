"""The sample shop with something on every page: what `regulars demo` brings, and beside it what
only a person at work would have made (a draft, a segment, files on their way, calls, a holdout)."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import create_draft
from regulars_platform.cycle.service import due_rows, find_cycle
from regulars_platform.datasets import service as datasets
from regulars_platform.datasets.examples import example_file
from regulars_platform.delivery.campaigns import ArmMailing, queue_arm
from regulars_platform.delivery.public import unsubscribe_token
from regulars_platform.delivery.templates import keep_template
from regulars_platform.identity.jobs import KIND as IDENTITY
from regulars_platform.intake import service as intake
from regulars_platform.intake.models import ImportId
from regulars_platform.jobs.models import JobState
from regulars_platform.jobs.run import run_inline
from regulars_platform.jobs.service import enqueue
from regulars_platform.jobs.tables import JobRow
from regulars_platform.launching.launch import launch
from regulars_platform.memory.overview import overview as cells_of
from regulars_platform.memory.service import read_learnings
from regulars_platform.programme_effect.jobs import enqueue_quarter
from regulars_platform.programme_effect.quarters import Quarter
from regulars_platform.reach.holdout import draw_holdout
from regulars_platform.reports.service import evaluate_campaign
from regulars_platform.segments.parsing import parse_rule
from regulars_platform.segments.service import save_segment
from regulars_platform.settings import Settings, build_settings
from regulars_platform.sharing.service import make_share
from regulars_platform.storage.database import Database
from regulars_web.demo import BuiltDemo, build_demo

SAMPLE = Path(__file__).resolve().parents[1] / "sample_data"
NOW = dt.datetime(2026, 8, 31, 2, tzinfo=dt.UTC)
SHOP = 1
CUSTOMER = "C10001"
SALT = "everything"
QUARTER = Quarter(2026, 3)
NAMES = frozenset(
    (
        *("campaign", "draft", "programme", "segment", "template", "batch", "event", "cell", "job"),
        *("looked", "checked", "other_looked", "quarter", "customer", "unsubscribe"),
        *("due_customer", "due_product", "report", "share"),
    )
)
"""What the addresses of `tests.pages` speak of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Everything:
    """built: by the demo; known: what addresses speak of -> its number or name."""

    built: BuiltDemo
    known: Mapping[str, str]


def build_everything(data: Path, *, models: bool = True) -> Everything:
    """The shop in an empty folder, nobody serving it. models: with the models of whom to keep,
    which take half a minute."""
    settings = build_settings(data)
    built = build_demo(settings, SAMPLE, now=NOW)
    database = Database(settings)
    try:
        known = _at_work(settings, database)
        _finish_jobs(settings, database, models=models)
        known |= _learnt(settings, database)
        known |= _read_again(settings, database)
    finally:
        database.dispose()
    assert set(known) == NAMES
    return Everything(built=built, known=known)


def _at_work(settings: Settings, database: Database) -> dict[str, str]:
    calling = _launch_calls(settings, database)
    orders = (SAMPLE / "orders_campaign.csv.gz").read_bytes()
    looked, checked = (
        _receive(settings, database, name, orders) for name in ("september.csv.gz", "again.csv.gz")
    )
    seen = intake.look(settings, database, looked)
    intake.look(settings, database, checked)
    with database.unit_of_work() as session:
        intake.confirm_mapping(session, checked, seen.mapping(), seen.options)
    intake.check(settings, database, checked)
    with database.unit_of_work() as session:
        other = datasets.receive_upload(
            session,
            settings,
            SHOP,
            "customers.csv",
            BytesIO(example_file("customers", "en")),
            NOW,
        )
    datasets.look(settings, database, other)
    with database.unit_of_work() as session:
        made = _drafts(session)
        draw_holdout(
            session,
            shop_id=SHOP,
            share=500,
            starts_on=dt.date(2026, 8, 17),
            salt=SALT,
            user_id=None,
            now=NOW,
        )
        enqueue_quarter(session, shop_id=SHOP, quarter=QUARTER, now=NOW)
        made["job"] = str(enqueue(session, IDENTITY, SHOP, SHOP, NOW))
    return {
        **made,
        **calling,
        "campaign": "1",
        "programme": "2",
        "event": "2",
        "looked": str(looked),
        "checked": str(checked),
        "other_looked": str(other),
        "quarter": str(QUARTER.code),
        "customer": CUSTOMER,
        "unsubscribe": unsubscribe_token(settings, SHOP, CUSTOMER),
    }


def _plan(**other: Any) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads((SAMPLE / "campaign.json").read_text())["plan"]
    return {
        **{key: value for key, value in plan.items() if key not in {"currency", "timezone"}},
        "as_of": "2026-08-31",
        "send_date": "2026-09-01",
        "outcome_end": "2026-09-28",
        "settle_until": "2026-10-12",
        **other,
    }


def _drafts(session: Session) -> dict[str, str]:
    segment = save_segment(
        session,
        shop_id=SHOP,
        name="Gone quiet, above 60",
        rule=parse_rule(
            {
                "all": [
                    {"feature": "last_order_days", "op": "between", "value": ["60", "270"]},
                    {"feature": "average_order_value", "op": ">=", "value": "60"},
                ]
            }
        ),
        now=NOW,
    )
    draft = create_draft(
        session, shop_id=SHOP, raw=_plan(name="Free shipping from 80, autumn"), now=NOW
    )
    return {"segment": str(segment.id), "draft": str(draft.id)}


def _launch_calls(settings: Settings, database: Database) -> dict[str, str]:
    """A small campaign by phone, launched, with its calls to make."""
    arm = {**_plan()["arms"][0], "name": "Called", "channel": "phone", "contact_cost": "3"}
    audience = {
        "all": [
            {"feature": "spend", "op": ">=", "value": "1500"},
            {"feature": "orders", "op": ">=", "value": "5"},
        ]
    }
    raw = _plan(name="Calls to the best", audience=audience, segments=[], arms=[arm])
    with database.unit_of_work() as session:
        campaign = create_draft(session, shop_id=SHOP, raw=raw, now=NOW)
        template = keep_template(
            session,
            shop_id=SHOP,
            raw={
                "name": "Call about free shipping",
                "channel": "phone",
                "body": "Hello {name}, this is Hillside Tea. {offer}",
                "fallbacks": {"name": "there"},
            },
            now=NOW,
        )
        campaign_id, template_id = campaign.id, template.id
        launch(
            session,
            settings,
            shop_id=SHOP,
            campaign_id=campaign_id,
            now=NOW,
            user_id=1,
            salt=SALT,
        )
        asked = ArmMailing(
            shop_id=SHOP, campaign_id=campaign_id, arm="Called", template_id=template_id
        )
        queued = queue_arm(session, settings, asked, send_at=NOW, now=NOW)
    return {"template": str(template_id), "batch": str(queued.batch_id)}


def _receive(settings: Settings, database: Database, name: str, content: bytes) -> ImportId:
    with database.unit_of_work() as session:
        return intake.receive_upload(session, settings, SHOP, name, BytesIO(content), NOW)


def _finish_jobs(settings: Settings, database: Database, *, models: bool) -> None:
    with database.unit_of_work() as session:
        if not models:
            for row in session.scalars(select(JobRow).where(JobRow.kind == "work_out_targeting")):
                session.delete(row)
        waiting = select(JobRow.id).where(JobRow.state == JobState.QUEUED)
        ids = list(session.scalars(waiting.order_by(JobRow.created_at)))
    for job_id in ids:
        job = run_inline(settings, database, job_id)
        assert job.state is JobState.DONE, (job.kind, job.problem)


def _learnt(settings: Settings, database: Database) -> dict[str, str]:
    with database.unit_of_work() as session:
        learnings = read_learnings(session, settings, SHOP)
        cycle = find_cycle(settings.shop_dir(SHOP))
        assert cycle is not None
        due = due_rows(session, SHOP, cycle).head(1).collect().to_dicts()[0]
    return {
        "cell": cells_of(learnings, {}, NOW.date())[0].id,
        "due_customer": due["customer_id"],
        "due_product": due["product"],
    }


def _read_again(settings: Settings, database: Database) -> dict[str, str]:
    """A second version of the report, and a link to it that lasts."""
    with database.unit_of_work() as session:
        report = evaluate_campaign(
            session, settings, shop_id=SHOP, campaign_id=1, now=NOW + dt.timedelta(days=1)
        )
        token = make_share(
            session,
            report,
            shop_id=SHOP,
            newest=True,
            days=30,
            meant_for="Finance",
            user_id=1,
            now=dt.datetime.now(dt.UTC),  # whoever opens it does so today
        )
    return {"report": str(report.id), "share": token}
