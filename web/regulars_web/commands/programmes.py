"""`regulars programmes`: run a day of all running programmes, or look what it would do."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regulars_web.commands.helping import group
from regulars_web.commands.opening import data_option, now, open_installation
from regulars_web.spoken import gettext

if TYPE_CHECKING:
    from regulars_platform.programmes.dry_run import DryRun
    from regulars_platform.programmes.running import DayRun


@group("programmes")
def programmes() -> None:
    """Programmes that always run."""


@programmes.command("run")
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="A day of the shop. [default: today in the shop's time zone]",
)
@click.option("--dry", is_flag=True, help="Only say what the day would do.")
@data_option
def run(day: dt.datetime | None, *, dry: bool, data_dir: Path | None) -> None:
    """Run all running programmes for a day; what was run already stays as it is."""
    from regulars_platform.programmes.dry_run import dry_run_all
    from regulars_platform.programmes.running import run_programme
    from regulars_platform.programmes.service import list_programmes
    from regulars_platform.programmes.tables import RUNNING

    here = open_installation(data_dir)
    moment = now()
    wanted = moment.astimezone(here.shop.zone).date() if day is None else day.date()
    if dry:
        with here.database.reading() as session:
            for one in dry_run_all(session, here.settings, here.shop.id, wanted, moment):
                click.echo(_foreseen(one))
        return
    with here.database.reading() as session:
        running = list_programmes(session, here.shop.id, state=RUNNING)
    if not running:
        click.echo(gettext("No programme runs."))
    for programme in running:
        done = run_programme(
            here.database, here.settings, here.shop.id, programme.id, wanted, moment
        )
        if done.unavailable is not None:
            click.echo(
                gettext(
                    "%(name)s: not run, it needs %(missing)s",
                    name=programme.name,
                    missing=gettext(done.unavailable),
                )
            )
            continue
        click.echo(_ran(programme.name, done, wanted))


def _ran(name: str, done: "DayRun", day: dt.date) -> str:
    counts = done.counts
    facts: dict[str, object] = {
        "name": name,
        "day": day.isoformat(),
        "told": f"{counts.get('told', 0):,}",
        "held": f"{counts.get('held_back', 0):,}",
    }
    words = (
        gettext("%(name)s: had been run for %(day)s; %(told)s told, %(held)s held back", **facts)
        if done.done_before
        else gettext("%(name)s: ran for %(day)s; %(told)s told, %(held)s held back", **facts)
    )
    if counts.get("late"):
        words = gettext("%(words)s, %(late)s of them late", words=words, late=counts["late"])
    if counts.get("missed"):
        words = gettext("%(words)s, %(missed)s too late", words=words, missed=counts["missed"])
    return words


def _foreseen(run: "DryRun") -> str:
    others = run.counts["named"] - run.told - run.held_back
    return gettext(
        "%(name)s: %(told)s would be told, %(held)s held back, %(others)s would not enter",
        name=run.programme.name,
        told=f"{run.told:,}",
        held=f"{run.held_back:,}",
        others=f"{others:,}",
    )
