"""`regulars import-data KIND FILE`: customers, products and the like into the shop."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from regulars_web.commands.helping import command, width_of
from regulars_web.commands.opening import data_option, encoding_option, now, open_installation
from regulars_web.spoken import gettext, pgettext, sentence

if TYPE_CHECKING:
    from regulars_platform.datasets.models import DatasetLook, DatasetOptions, DatasetTallies

KINDS = ("customers", "products", "events", "shop_days", "referrals", "points", "contacts")


@command("import-data")
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
        click.echo(gettext("Rejected lines: %(file)s", file=rejects))


def _mapping(options: tuple[str, ...]) -> dict[str, str] | None:
    found = {}
    for option in options:
        heading, equals, meaning = option.rpartition("=")
        if not equals or not heading or not meaning:
            raise click.BadParameter(
                gettext("expected %(form)s", form="HEADING=MEANING"), param_hint="--map"
            )
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

    click.echo(_row(gettext("taken for"), kind))
    for label, lines in (
        (gettext("read"), tallies.read),
        (pgettext("lines of a file", "new"), tallies.new),
        (gettext("changed"), tallies.changed),
        (gettext("repeated"), tallies.repeated),
        (gettext("rejected"), tallies.rejected),
    ):
        click.echo(_row(label, gettext("%(lines)s lines", lines=f"{lines:>12,}")))
    for reason, count in tallies.reasons.items():
        click.echo(f"  {count:,} x {sentence(reason_sentence(reason))}")
    for item in tallies.left_out:
        click.echo(
            gettext(
                "left out of “%(heading)s”: %(cells)s cells. %(why)s (“%(example)s”)",
                heading=item.heading,
                cells=f"{item.count:,}",
                why=sentence(reason_sentence(item.problem)),
                example=item.example,
            )
        )
    for note in tallies.notes:
        click.echo(sentence(note))
    if tallies.opted_out:
        click.echo(
            gettext(
                "%(customers)s customers want no contact; %(new)s of them were not on the list yet",
                customers=f"{tallies.opted_out:,}",
                new=f"{tallies.suppressed:,}",
            )
        )


def _row(label: str, what: str) -> str:
    """In columns."""
    return f"{label}{' ' * max(13 - width_of(label), 1)}{what}"
