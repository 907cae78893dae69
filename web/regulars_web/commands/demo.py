"""`regulars demo`."""

import datetime as dt
from pathlib import Path

import click

from regulars_platform.settings import build_settings, default_data_dir
from regulars_web.commands.helping import command
from regulars_web.spoken import gettext, spoken_language


@command()
@click.option("--no-serve", is_flag=True, help="Build and print only.")
@click.option(
    "--data",
    "data_dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the demo; an earlier demo in it is replaced. [default: beside the data folder]",
)
@click.option(
    "--sample",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the sample shop. [default: sample_data of the source tree]",
)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def demo(no_serve: bool, data_dir: Path | None, sample: Path | None, port: int) -> None:
    """Load the sample shop, run its campaign to a report, print what it earned, and serve it."""
    import secrets

    from regulars_web.demo import build_demo
    from regulars_web.serving import Address, refuse_taken_port, serve

    usual = default_data_dir()
    settings = build_settings(data_dir or usual.with_name(usual.name + "-demo"))
    folder = sample or Path(__file__).resolve().parents[3] / "sample_data"
    address = Address(host="127.0.0.1", port=port)
    if not no_serve:
        refuse_taken_port(address)
    built = build_demo(settings, folder, now=dt.datetime.now(dt.UTC), language=spoken_language())
    click.echo(built.sentence)
    if no_serve:
        click.echo(
            gettext(
                "To look at it: %(command)s", command=f"regulars serve --data {settings.data_dir}"
            )
        )
        click.echo(
            gettext(
                "Sign in as %(email)s with %(password)s", email=built.email, password=built.password
            )
        )
        return
    key = secrets.token_urlsafe(16)
    url = f"{address.url.rstrip('/')}{built.path}?demo={key}"
    click.echo(gettext("The report: %(url)s", url=url))
    click.echo(
        gettext(
            "(opens signed in while the demo runs; else %(email)s, %(password)s)",
            email=built.email,
            password=built.password,
        )
    )
    serve(settings, address, threads=8, say=click.echo, demo_key=key)
