"""What programmes do day by day: what today would do, days, lists to take away, results."""

from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.errors import NotFoundError
from regulars_platform.programmes.dry_run import dry_run, dry_run_all, dry_run_csv
from regulars_platform.programmes.errors import ProgrammeStateError
from regulars_platform.programmes.history import contact_days, list_runs
from regulars_platform.programmes.jobs import ask_for_result, ask_for_run
from regulars_platform.programmes.sending import programme_list
from regulars_platform.programmes.service import Version, get_programme, list_versions
from regulars_platform.words import N_, Sentence
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area, CsvFile
from regulars_web.api.jobs import JobShown, job_shown
from regulars_web.api.models import Answer, Day, Id, Model, Page
from regulars_web.api.paging import PageQuery, paged
from regulars_web.api.programmes_shown import (
    ContactDay,
    DayShown,
    DryRunShown,
    ResultShown,
    day_shown,
    dry_run_shown,
    result_shown,
)
from regulars_web.words.programmes import occasion_text

area = Area(
    "programme days",
    "What programmes do day by day (docs/programmes.md): what today would do, days that were run,"
    " lists to take away, and what it brought.",
)

MOST_DAYS = 5_000


class ResultBody(Model):
    """Which version."""

    version: Id | None = None
    """Left out: the one that counts now."""


class ResultQuery(Model):
    """Which version."""

    version: Id | None = None
    """Left out: the one that counts now."""


@area.get("/programmes/dry-run", scope=Scope.READ_PROGRAMMES, also=(409,))
def dry_run_everything(call: Call, work: Session) -> Answer[list[DryRunShown]]:
    """What today's run of all running programmes would do, in counts."""
    runs = dry_run_all(work, call.settings, call.shop_id, call.today, call.now)
    return Answer[list[DryRunShown]](data=[dry_run_shown(run) for run in runs])


@area.get("/programmes/dry-run/people", scope=Scope.READ_CONTACTS, also=(409,))
def download_dry_run_of_everything(call: Call, work: Session) -> CsvFile:
    """Whom today's run of all running programmes names, and who enters; without any arm."""
    runs = dry_run_all(work, call.settings, call.shop_id, call.today, call.now)
    return CsvFile(dry_run_csv(runs), "programmes-dry-run.csv")


@area.post("/programmes/run", scope=Scope.SEND, status=202)
def run_programmes_today(call: Call, work: Session) -> Answer[JobShown]:
    """Run today's day of all running programmes now, in the background.

    Programmes that were run today stay as they are; where a run is under way, that one is told.
    """
    job = ask_for_run(work, shop_id=call.shop_id, day=call.today, now=call.now)
    return Answer[JobShown](data=job_shown(job))


@area.get("/programmes/{programme_id}/dry-run", scope=Scope.READ_PROGRAMMES)
def dry_run_programme(call: Call, work: Session, programme_id: Id) -> Answer[DryRunShown]:
    """What today's run would do, in counts; a draft's as if it were running."""
    run = dry_run(work, call.settings, call.shop_id, programme_id, call.today, call.now)
    return Answer[DryRunShown](data=dry_run_shown(run))


@area.get("/programmes/{programme_id}/dry-run/people", scope=Scope.READ_CONTACTS)
def download_dry_run(call: Call, work: Session, programme_id: Id) -> CsvFile:
    """Whom today's run names, and who enters; without any arm."""
    run = dry_run(work, call.settings, call.shop_id, programme_id, call.today, call.now)
    return CsvFile(dry_run_csv([run]), f"programme-{programme_id}-dry-run.csv")


@area.get("/programmes/{programme_id}/days", scope=Scope.READ_PROGRAMMES)
def list_programme_days(
    call: Call, work: Session, programme_id: Id, query: PageQuery
) -> Page[DayShown]:
    """The days that were run, the latest first, with who was looked at and what became of them."""
    get_programme(work, call.shop_id, programme_id)
    return paged(
        list_runs(work, programme_id, limit=MOST_DAYS),
        query,
        day_shown,
        lambda one: (one.day.isoformat(),),
        kinds=(str,),
        descending=True,
    )


@area.get("/programmes/{programme_id}/result", scope=Scope.READ_REPORTS, also=(409,))
def get_programme_result(
    call: Call, work: Session, programme_id: Id, query: ResultQuery
) -> Answer[ResultShown]:
    """What a version brought so far, as it was worked out last."""
    version = _version(call, work, programme_id, query.version)
    return Answer[ResultShown](data=result_shown(work, call.shop_id, version))


@area.post(
    "/programmes/{programme_id}/result",
    scope=Scope.WRITE_REPORTS,
    status=202,
    example={"version": 1},
)
def work_out_programme_result(
    call: Call, work: Session, programme_id: Id, body: ResultBody
) -> Answer[JobShown]:
    """Work a version's result out on the orders as they are, in the background."""
    version = _version(call, work, programme_id, body.version)
    job = ask_for_result(work, shop_id=call.shop_id, version_id=version.id, now=call.now)
    return Answer[JobShown](data=job_shown(job))


@area.get("/programmes/{programme_id}/contacts", scope=Scope.READ_PROGRAMMES)
def list_contact_days(
    call: Call, work: Session, programme_id: Id, query: PageQuery
) -> Page[ContactDay]:
    """The days on which somebody is told, the latest first."""
    get_programme(work, call.shop_id, programme_id)
    return paged(
        contact_days(work, programme_id, limit=MOST_DAYS),
        query,
        lambda one: ContactDay(day=one[0], told=one[1]),
        lambda one: (one[0].isoformat(),),
        kinds=(str,),
        descending=True,
    )


@area.get("/programmes/{programme_id}/contacts/{day}", scope=Scope.READ_CONTACTS, also=(409,))
def download_programme_contacts(call: Call, work: Session, programme_id: Id, day: Day) -> CsvFile:
    """Whom to write to on a day, as the gate lets them through now; for channels with lists."""
    pieces = programme_list(
        work,
        call.settings,
        programme=get_programme(work, call.shop_id, programme_id),
        day=day,
        today=call.today,
        about=occasion_text,
    )
    return CsvFile(pieces, f"programme-{programme_id}-{day.isoformat()}-contacts.csv")


def _version(call: Call, work: Session, programme_id: int, number: int | None) -> Version:
    programme = get_programme(work, call.shop_id, programme_id)
    if programme.version is None:
        raise ProgrammeStateError.not_started(programme.name)
    if number is None:
        return programme.version
    every = list_versions(work, call.shop_id, programme_id)
    found = next((one for one in every if one.number == number), None)
    if found is None:
        raise NotFoundError(Sentence(N_("There is no such version.")), field="version")
    return found
