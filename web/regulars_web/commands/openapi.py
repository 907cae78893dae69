"""`regulars openapi`: the document that describes `/api/v1`."""

from pathlib import Path

import click

from regulars_web.commands.helping import command


@command("openapi")
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it to a file instead.",
)
def openapi(output: Path | None) -> None:
    """Print the OpenAPI 3.1 document of /api/v1; needs no shop and no data folder."""
    from regulars_web.api.document import document_text

    if output is None:
        click.echo(document_text(), nl=False)
    else:
        output.write_text(document_text(), encoding="utf-8")
