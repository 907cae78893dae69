"""`regulars import-data KIND FILE`: customers, products and the like into the shop."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from regulars_web.commands.opening import data_option, encoding_option, now, open_installation

if TYPE_CHECKING:
    from regulars_platform.datasets.models import DatasetLook, DatasetOptions, DatasetTallies

KINDS = ("customers", "products", "events", "shop_days", "referrals", "points", "contacts")


@click.command("import-data")
@click.argument("kind", type=click.Choice([*KINDS, "auto"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="HEADING=MEANING",
    help="What a column means; any --map replaces all that was proposed.",
)
@click.option("--dates", type=click.Choice(["day-first", "month-first"]), help="For 3/4/2026.")
@click.option("--decimal", type=click.Choice(["point", "comma"]), help="For 1.234.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day on which ages held.")
@click.option("--keep-contacts", is_flag=True, help="Keep names, e-mail addresses and phones.")
@click.option("--industry", is_flag=True, help="Daily figures are those of the industry.")
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write rejected lines with their reasons.",
)
@encoding_option
@data_option
def import_data(
    *,
    kind: str,
    file: Path,
    columns: tuple[str, ...],
    rejects: Path | None,
    encoding: str | None,
    data_dir: Path | None,
    **given: object,
) -> None:
    """Store what FILE says (CSV, workbook or Parquet); a file twice changes nothing.

    KIND auto: told by the headings of FILE.
    """
    from regulars_platform.datasets.models import read_kind
    from regulars_platform.datasets.service import import_file, rejects_path

    here = open_installation(data_dir)
    stored = import_file(
        here.settings,
        here.database,
        here.shop.id,
        file,
        kind=read_kind(kind),
        mapping=_mapping(columns),
        choose=lambda look: _options(look, given),
        encoding=encoding,
        now=now(),
    )
    if stored.tallies is not None:
        _print(str(stored.kind), stored.tallies)
    written = rejects_path(here.settings, stored.id)
    if rejects is not None and written is not None:
        shutil.copyfile(written, rejects)
        click.echo(f"Rejected lines: {rejects}")


def _mapping(options: tuple[str, ...]) -> dict[str, str] | None:
    found = {}
    for option in options:
        heading, equals, meaning = option.rpartition("=")
        if not equals or not heading or not meaning:
            raise click.BadParameter("expected HEADING=MEANING", param_hint="--map")
        found[heading] = meaning
    return found or None


def _options(look: "DatasetLook", given: dict[str, object]) -> "DatasetOptions":
    """What was proposed, and over it what was said on the command line."""
    from dataclasses import replace

    options = look.options
    orders: dict[object, Literal["day_first", "month_first"]] = {
        "day-first": "day_first",
        "month-first": "month_first",
    }
    if given["dates"] is not None:
        options = replace(options, date_order=orders[given["dates"]])
    if given["decimal"] is not None:
        options = replace(options, decimal="comma" if given["decimal"] == "comma" else "point")
    if given["as_of"] is not None:
        options = replace(options, as_of=given["as_of"].date())  # type: ignore[attr-defined]
    if given["keep_contacts"]:
        options = replace(options, keep_contacts=True)
    if given["industry"]:
        options = replace(options, scope="industry")
    return options


def _print(kind: str, tallies: "DatasetTallies") -> None:
    from regulars_platform.datasets.reasons import reason_sentence

    click.echo(f"taken for    {kind}")
    for label, lines in (
        ("read", tallies.read),
        ("new", tallies.new),
        ("changed", tallies.changed),
        ("repeated", tallies.repeated),
        ("rejected", tallies.rejected),
    ):
        click.echo(f"{label:12s} {lines:>12,} lines")
    for reason, count in tallies.reasons.items():
        click.echo(f"  {count:,} x {reason_sentence(reason)}")
    for item in tallies.left_out:
        click.echo(
            f"left out of “{item.heading}”: {item.count:,} cells. {reason_sentence(item.problem)}"
            f" (“{item.example}”)"
        )
    for note in tallies.notes:
        click.echo(str(note))
    if tallies.opted_out:
        click.echo(
            f"{tallies.opted_out:,} customers want no contact; "
            f"{tallies.suppressed:,} of them were not on the list yet"
        )
