"""`regulars campaign`: from a plan in a file to its lists and its report."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from regulars_web.commands.helping import group, width_of
from regulars_web.commands.opening import Installation, data_option, now, open_installation
from regulars_web.commands.report import report
from regulars_web.spoken import gettext, in_chinese, sentence, sentences, spoken_language

if TYPE_CHECKING:
    from regulars_platform.campaigns.service import LaunchedCampaign
    from regulars_platform.offers.titles import Titled


@group()
def campaign() -> None:
    """Plan, launch, hand out lists, report."""


campaign.add_command(report)


@campaign.command("list")
@data_option
def list_all(data_dir: Path | None) -> None:
    """The campaigns, the latest first."""
    from regulars_platform.campaigns.service import list_campaigns

    here = open_installation(data_dir)
    with here.database.unit_of_work() as session:
        for found in list_campaigns(session, here.shop.id):
            click.echo(f"{found.id}\t{found.state}\t{found.name}")


@campaign.command("plan")
@click.argument("file", type=click.File(encoding="utf-8"))
@data_option
def plan(file: Any, data_dir: Path | None) -> None:
    """Keep the plan in a JSON FILE as a draft, and say what is still wrong with it.

    The file holds a plan, or an object with the plan under "plan" as a frozen plan comes down.
    Prints the draft's number and name; what keeps it from being launched goes to stderr.
    """
    from regulars_platform.campaigns.plan_form import read_draft
    from regulars_platform.campaigns.service import create_draft, draft_plan_json, get_shop_of

    here = open_installation(data_dir)
    raw = _load(file)
    _refuse_other_shop(raw, here)
    with here.database.unit_of_work() as session:
        kept = create_draft(session, shop_id=here.shop.id, raw=raw, now=now())
        draft = read_draft(draft_plan_json(get_shop_of(session, here.shop.id), kept))
    click.echo(f"{kept.id}\t{kept.name}")
    for problem in draft.problems:
        hint = "" if problem.hint is None else sentence(problem.hint)
        click.echo(f"{problem.field}: {sentences(sentence(problem.problem), hint)}", err=True)


@campaign.command("launch")
@click.argument("campaign_id", type=int)
@click.option("--salt", help="Text that the draw is made from. [default: a random one]")
@data_option
def launch(campaign_id: int, salt: str | None, data_dir: Path | None) -> None:
    """Freeze the plan of draft CAMPAIGN_ID and draw its arms. Cannot be undone."""
    import secrets

    from regulars_platform.launching.launch import launch as launch_campaign

    here = open_installation(data_dir)
    with here.database.unit_of_work() as session, _offers_told(here) as titled:
        launched = launch_campaign(
            session,
            here.settings,
            shop_id=here.shop.id,
            campaign_id=campaign_id,
            now=now(),
            user_id=None,
            salt=salt or secrets.token_hex(16),
            titled=titled,
        )
    click.echo(_drawn_words(launched))
    for name, customers in launched.arms:
        click.echo(f"  {customers:>9,}  {name}")
    for label, digest in (
        (gettext("plan"), launched.plan_sha256),
        (gettext("ledger"), launched.ledger_sha256),
    ):
        click.echo(f"{label}{' ' * max(8 - width_of(label), 1)}{digest}")


def _drawn_words(launched: "LaunchedCampaign") -> str:
    facts = {
        name: f"{getattr(launched, name):,}"
        for name in (
            *("drawn", "audience", "excluded", "suppressed", "no_consent", "held_out", "capped"),
        )
    }
    if launched.capped:
        return gettext(
            "%(drawn)s customers drawn of %(audience)s in the audience (%(excluded)s left out,"
            " %(suppressed)s suppressed, %(no_consent)s without consent, %(held_out)s held back"
            " from everything, %(capped)s contacted often enough)",
            **facts,
        )
    return gettext(
        "%(drawn)s customers drawn of %(audience)s in the audience (%(excluded)s left out,"
        " %(suppressed)s suppressed, %(no_consent)s without consent, %(held_out)s held back from"
        " everything)",
        **facts,
    )


@campaign.command("lists")
@click.argument("campaign_id", type=int)
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write into; made if missing.",
)
@data_option
def lists(campaign_id: int, out: Path, data_dir: Path | None) -> None:
    """Write a contact list per treated arm and the full assignment of CAMPAIGN_ID as CSV."""
    from regulars_platform.campaigns.service import get_launched
    from regulars_platform.delivery.lists import contact_list_name, treated_arm
    from regulars_platform.delivery.service import campaign_assignment_list, campaign_contact_list

    here = open_installation(data_dir)
    place: dict[str, Any] = {"shop_id": here.shop.id, "campaign_id": campaign_id}
    with here.database.unit_of_work() as session, _offers_told(here) as titled:
        launched = get_launched(session, here.shop.id, campaign_id)
        out.mkdir(parents=True, exist_ok=True)
        for arm in launched.plan.arms:
            pieces = campaign_contact_list(
                session, here.settings, arm=arm.name, now=now(), titled=titled, **place
            )
            name = contact_list_name(launched, treated_arm(launched.plan, arm.name))
            _write(out / name, pieces, arm.name)
        pieces = campaign_assignment_list(session, here.settings, **place)
        name = f"campaign-{campaign_id}-assignment.csv"
        _write(out / name, pieces, gettext("everybody, with the holdout: not for sending"))


@contextmanager
def _offers_told(here: Installation) -> Iterator["Titled | None"]:
    """Offers as customers read them, in the language that is spoken; English needs no pages."""
    if not in_chinese():
        yield None
        return
    from regulars_web.speaking_as_pages import speaking_as_pages

    with speaking_as_pages(here.settings, spoken_language()):
        from regulars_web.words.plans import offer_told

        yield offer_told


def _load(file: Any) -> dict[str, Any]:
    try:
        found = json.load(file)
    except ValueError as error:
        raise click.ClickException(
            gettext("The plan is not JSON: %(error)s", error=error)
        ) from error
    if isinstance(found, Mapping) and isinstance(found.get("plan"), Mapping):
        found = found["plan"]
    if not isinstance(found, Mapping):
        raise click.ClickException(gettext("A plan is expected as a JSON object of named fields."))
    return dict(found)


def _refuse_other_shop(raw: Mapping[str, Any], here: Installation) -> None:
    """A plan that names another currency or time zone than the shop's was made for another one."""
    for field, own in (("currency", here.shop.currency), ("timezone", here.shop.timezone)):
        if raw.get(field, own) != own:
            raise click.ClickException(
                gettext(
                    "The plan has %(field)s %(given)s, the shop has %(own)s: change the plan.",
                    field=field,
                    given=raw[field],
                    own=own,
                )
            )


def _write(path: Path, pieces: Iterable[bytes], what: str) -> None:
    with path.open("wb") as file:
        file.writelines(pieces)
    click.echo(f"{path}\t{what}")
