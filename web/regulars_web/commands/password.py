"""`regulars password`: a new one for somebody who has lost theirs."""

from pathlib import Path

import click

from regulars_web.commands.helping import command
from regulars_web.commands.opening import data_option, open_data
from regulars_web.spoken import gettext


@command()
@click.argument("email")
@click.option(
    "--password",
    "new",
    envvar="REGULARS_NEW_PASSWORD",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="Asked for, or taken from $REGULARS_NEW_PASSWORD.",
)
@data_option
def password(*, email: str, new: str, data_dir: Path | None) -> None:
    """Set a new password for the account EMAIL and sign it out everywhere."""
    from regulars_platform.accounts.service import set_password

    _settings, database = open_data(data_dir)
    with database.unit_of_work() as session:
        account = set_password(session, email=email, password=new)
    click.echo(
        gettext("%(name)s has a new password and is signed out everywhere.", name=account.name)
    )
