"""`regulars init`: the first start without a browser."""

from pathlib import Path

import click

from regulars_web.commands.helping import command
from regulars_web.commands.opening import data_option, now, open_data
from regulars_web.spoken import gettext


@command()
@click.argument("name")
@click.option("--currency", required=True, help="Three letters, as in EUR.")
@click.option("--timezone", required=True, help="As in Asia/Shanghai.")
@click.option("--owner-name", required=True)
@click.option("--owner-email", required=True)
@click.option(
    "--owner-password",
    envvar="REGULARS_OWNER_PASSWORD",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="Asked for, or taken from $REGULARS_OWNER_PASSWORD.",
)
@data_option
def init(
    *,
    name: str,
    currency: str,
    timezone: str,
    owner_name: str,
    owner_email: str,
    owner_password: str,
    data_dir: Path | None,
) -> None:
    """Open the shop NAME and its owner's account. Currency and time zone stay for good."""
    from regulars_platform.accounts.service import create_owner, has_owner
    from regulars_platform.shops.service import open_shop

    _settings, database = open_data(data_dir)
    with database.unit_of_work() as session:
        if has_owner(session):
            raise click.ClickException(gettext("This data folder has an owner already."))
        open_shop(session, name=name, currency=currency, timezone=timezone, now=now())
        create_owner(
            session,
            name=owner_name,
            email=owner_email,
            password=owner_password,
            locale=None,
            now=now(),
        )
    click.echo(gettext("%(shop)s is open. Next: regulars import FILE", shop=name))
