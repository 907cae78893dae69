"""`regulars serve`."""

from pathlib import Path

import click

from regulars_platform.settings import build_settings, default_data_dir
from regulars_web.commands.helping import command


@command()
@click.option(
    "--data",
    "data_dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that holds everything; made if missing."
    " [default: $REGULARS_DATA or the user's data folder]",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 256))
@click.option(
    "--name",
    "names",
    multiple=True,
    help="A host name under which browsers reach this server (may be given several times).",
)
def serve(
    data_dir: Path | None, host: str, port: int, threads: int, names: tuple[str, ...]
) -> None:
    """Serve Regulars on your own data: web pages, background work, everything in one."""
    from regulars_web.serving import Address
    from regulars_web.serving import serve as run

    address = Address(host=host, port=port, names=frozenset(name.lower() for name in names))
    run(build_settings(data_dir or default_data_dir()), address, threads=threads, say=click.echo)
