"""`regulars programmes`: run a day of all running programmes, or look what it would do."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regulars_web.commands.opening import data_option, now, open_installation

if TYPE_CHECKING:
    from regulars_platform.programmes.dry_run import DryRun


@click.group("programmes")
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
        click.echo("No programme runs.")
    for programme in running:
        done = run_programme(
            here.database, here.settings, here.shop.id, programme.id, wanted, moment
        )
        if done.unavailable is not None:
            click.echo(f"{programme.name}: not run, it needs {done.unavailable}")
            continue
        counts = done.counts
        words = "had been run" if done.done_before else "ran"
        click.echo(
            f"{programme.name}: {words} for {wanted.isoformat()}; "
            f"{counts.get('told', 0)} told, {counts.get('held_back', 0)} held back"
            + (f", {counts['late']} of them late" if counts.get("late") else "")
            + (f", {counts['missed']} too late" if counts.get("missed") else "")
        )


def _foreseen(run: "DryRun") -> str:
    others = run.counts["named"] - run.told - run.held_back
    return (
        f"{run.programme.name}: {run.told} would be told, {run.held_back} held back, "
        f"{others} would not enter"
    )
