"""`regulars token`: who may use `/api/v1`, and for what."""

from pathlib import Path

import click

from regulars_web.commands.helping import group
from regulars_web.commands.opening import data_option, now, open_installation
from regulars_web.spoken import gettext


@group()
def token() -> None:
    """Tokens for programs that use /api/v1."""


@token.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="SCOPE",
    help="What it may do, such as read:reports; give it several times. `token scopes` lists them.",
)
@click.option("--days", type=int, help="How long it holds. [default: until it is revoked]")
@data_option
def create(name: str, scopes: tuple[str, ...], days: int | None, data_dir: Path | None) -> None:
    """Make a token called NAME and print its secret, this once."""
    from regulars_platform.accounts.service import find_first_owner
    from regulars_platform.api_access.tokens import create_token

    here = open_installation(data_dir)
    with here.database.unit_of_work() as session:
        owner = find_first_owner(session)
        if owner is None:
            raise click.ClickException(
                gettext("Nobody has an account yet; `regulars init` makes one.")
            )
        _made, secret = create_token(
            session,
            shop_id=here.shop.id,
            user_id=owner.id,
            name=name,
            scopes=scopes,
            days=days,
            now=now(),
        )
    click.echo(secret)


@token.command("list")
@data_option
def list_all(data_dir: Path | None) -> None:
    """All tokens: number, state, start of the secret, name, scopes."""
    from regulars_platform.api_access.tokens import list_tokens

    here = open_installation(data_dir)
    with here.database.unit_of_work() as session:
        for found in list_tokens(session, here.shop.id):
            scopes = " ".join(sorted(found.scopes))
            state = found.state_at(now())
            click.echo(f"{found.id}\t{state}\t{found.start}…\t{found.name}\t{scopes}")


@token.command("revoke")
@click.argument("token_id", type=int)
@data_option
def revoke(token_id: int, data_dir: Path | None) -> None:
    """End the token of this number at once."""
    from regulars_platform.api_access.tokens import revoke_token

    here = open_installation(data_dir)
    with here.database.unit_of_work() as session:
        ended = revoke_token(session, here.shop.id, token_id, now())
    click.echo(gettext("%(name)s opens nothing any more.", name=ended.name))


@token.command("scopes")
def scopes() -> None:
    """What a token can be for."""
    from regulars_platform.api_access.scopes import SAID

    for scope, said in SAID.items():
        click.echo(f"{scope:18s} {gettext(said)}")
