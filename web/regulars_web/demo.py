"""The demo: the sample shop through the product's own services, from order files to a report."""

import datetime as dt
import json
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from regulars_platform.accounts.service import create_owner
from regulars_platform.campaigns.service import create_draft
from regulars_platform.errors import RegularsError
from regulars_platform.intake.service import import_file
from regulars_platform.jobs.service import enqueue
from regulars_platform.launching.launch import launch
from regulars_platform.reports.service import evaluate_campaign
from regulars_platform.settings import Settings, prepare_data_dir
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import import_all_tables, upgrade
from regulars_platform.targeting.jobs import KIND as TARGETING
from regulars_platform.words import N_, Sentence
from regulars_web.demo_practice import bring_practice
from regulars_web.speaking_as_pages import report_sentences

_MARK = "this-is-a-regulars-demo"
LAUNCHED_AT = dt.datetime(2026, 7, 2, 2, tzinfo=dt.UTC)
"""When the sample's campaign was launched: after its history ends, before it was sent."""


class DemoError(RegularsError):
    """The demo cannot be built."""

    @classmethod
    def not_ours(cls, folder: Path) -> "DemoError":
        """The folder holds something that the demo did not make."""
        return cls(
            Sentence(
                N_("%(folder)s holds something that is no demo, and a demo starts from nothing."),
                {"folder": str(folder)},
            ),
            Sentence(N_("Choose another folder with --data.")),
        )

    @classmethod
    def no_sample(cls, folder: Path) -> "DemoError":
        """The sample files are not beside the program."""
        return cls(
            Sentence(N_("There is no sample shop in %(folder)s."), {"folder": str(folder)}),
            Sentence(N_("Say where sample_data is with --sample.")),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class BuiltDemo:
    """What the demo made. sentence: the report's first; path: of the report's page."""

    sentence: str
    path: str
    email: str
    password: str


def build_demo(
    settings: Settings, sample: Path, *, now: dt.datetime, language: str = "en"
) -> BuiltDemo:
    """Make the sample shop anew in the data folder, and take its campaign to a report.

    Raises DemoError where the folder is not a demo's or the sample is not there.
    """
    plan_file = sample / "campaign.json"
    if not plan_file.is_file():
        raise DemoError.no_sample(sample)
    _start_from_nothing(settings)
    raw = json.loads(plan_file.read_text(encoding="utf-8"))
    plan = raw["plan"]
    database = Database(settings)
    email, password = "owner@example.org", secrets.token_urlsafe(9)
    with database.unit_of_work() as session:
        shop = open_shop(
            session,
            name="Hillside Tea",
            currency=plan["currency"],
            timezone=plan["timezone"],
            now=now,
        )
        owner = create_owner(
            session, name="Demo owner", email=email, password=password, locale=None, now=now
        )
    import_file(settings, database, shop.id, sample / "orders_history.csv.gz", now=now)
    with database.unit_of_work() as session:
        draft = {key: value for key, value in plan.items() if key not in {"currency", "timezone"}}
        campaign = create_draft(session, shop_id=shop.id, raw=draft, now=LAUNCHED_AT)
        # the sample's orders answer to this draw, so the salt comes with it
        launch(
            session,
            settings,
            shop_id=shop.id,
            campaign_id=campaign.id,
            now=LAUNCHED_AT,
            user_id=owner.id,
            salt=raw["salt"],
        )
    import_file(settings, database, shop.id, sample / "orders_campaign.csv.gz", now=now)
    with database.unit_of_work() as session:
        report = evaluate_campaign(
            session, settings, shop_id=shop.id, campaign_id=campaign.id, now=now
        )
    if (sample / "customers.csv.gz").is_file():
        bring_practice(settings, database, shop.id, sample, now=now)
    with database.unit_of_work() as session:
        # models take a while: the worker that comes with serving fits them
        enqueue(session, TARGETING, shop.id, campaign.id, now)
    database.dispose()
    return BuiltDemo(
        sentence=report_sentences(settings, report, language)[0],
        path=f"/campaigns/{campaign.id}/report",
        email=email,
        password=password,
    )


def _start_from_nothing(settings: Settings) -> None:
    folder = settings.data_dir
    if folder.exists():
        if any(folder.iterdir()) and not (folder / _MARK).exists():
            raise DemoError.not_ours(folder)
        shutil.rmtree(folder)
    prepare_data_dir(settings)
    (folder / _MARK).touch()
    import_all_tables()
    upgrade(settings)
