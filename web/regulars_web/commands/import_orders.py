"""`regulars import FILE`: an order file into the shop, with every line accounted for."""

import shutil
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from regulars_web.commands.helping import command, width_of
from regulars_web.commands.opening import data_option, encoding_option, now, open_installation
from regulars_web.spoken import gettext, sentence

if TYPE_CHECKING:
    from regulars_platform.intake.models import OrderField, ReadingOptions
    from regulars_platform.intake.tallies import Share, Tallies


@command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="FIELD=HEADING",
    help="What a column means; any --map replaces all that was proposed.",
)
@click.option(
    "--status",
    "words",
    multiple=True,
    metavar="WORD=MEANING",
    help="What an unknown status word means: paid, unpaid or cancelled (of a refund: refunded or"
    " not_refunded).",
)
@click.option(
    "--leave-out",
    "left_out",
    multiple=True,
    metavar="TEXT",
    help="Leave out orders whose remark or tag contains TEXT (orders placed to look busy).",
)
@click.option(
    "--part",
    type=click.Choice(["order", "item", "refund"]),
    help="What the rows are: items and refunds are joined to their order by its number.",
)
@click.option("--dates", type=click.Choice(["day-first", "month-first"]), help="For 3/4/2026.")
@click.option("--decimal", type=click.Choice(["point", "comma"]), help="For 1.234.")
@click.option(
    "--overlap",
    type=click.Choice(["leave-out", "store-all"]),
    help="Lines that are stored already under other order numbers.",
)
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write rejected lines with their reasons.",
)
@encoding_option
@data_option
def import_orders(  # noqa: PLR0913 -- one per option
    *,
    file: Path,
    columns: tuple[str, ...],
    words: tuple[str, ...],
    left_out: tuple[str, ...],
    part: str | None,
    dates: str | None,
    decimal: Literal["point", "comma"] | None,
    overlap: str | None,
    rejects: Path | None,
    encoding: str | None,
    data_dir: Path | None,
) -> None:
    """Store the orders of FILE (CSV, plain or gzip, or Parquet); a file twice changes nothing."""
    from regulars_platform.intake.models import OverlapChoice
    from regulars_platform.intake.service import import_file, rejects_path

    here = open_installation(data_dir)
    stored = import_file(
        here.settings,
        here.database,
        here.shop.id,
        file,
        mapping=_mapping(columns),
        options=_options(words, dates, decimal, left_out, part),
        overlap=None if overlap is None else OverlapChoice(overlap.replace("-", "_")),
        encoding=encoding,
        now=now(),
    )
    if stored.tallies is not None:
        _print(stored.tallies, here.shop.currency)
    written = rejects_path(here.settings, stored.id)
    if rejects is not None and written is not None:
        shutil.copyfile(written, rejects)
        click.echo(gettext("Rejected lines: %(file)s", file=rejects))


def _mapping(options: tuple[str, ...]) -> "dict[OrderField, str] | None":
    from regulars_platform.intake.models import OrderField

    found = {}
    for option in options:
        name, equals, heading = option.partition("=")
        if not equals or name not in set(OrderField):
            known = ", ".join(OrderField)
            raise click.BadParameter(
                gettext("expected FIELD=HEADING with a field of: %(fields)s", fields=known),
                param_hint="--map",
            )
        found[OrderField(name)] = heading
    return found or None


_MEANINGS = ("paid", "unpaid", "cancelled", "refunded", "not_refunded")


def _options(
    words: tuple[str, ...],
    dates: str | None,
    decimal: Literal["point", "comma"] | None,
    left_out: tuple[str, ...],
    part: str | None,
) -> "ReadingOptions | None":
    from regulars_platform.intake.models import FilePart, ReadingOptions

    meanings = {}
    for option in words:
        word, _, meaning = option.rpartition("=")
        if not word or meaning not in _MEANINGS:
            raise click.BadParameter(
                gettext(
                    "expected WORD=MEANING with a meaning of: %(meanings)s",
                    meanings=", ".join(_MEANINGS),
                ),
                param_hint="--status",
            )
        meanings[word] = meaning
    if not any((meanings, dates, decimal, left_out, part)):
        return None
    order: Literal["day_first", "month_first"] | None = (
        None if dates is None else "day_first" if dates == "day-first" else "month_first"
    )
    return ReadingOptions(
        date_order=order,
        decimal=decimal,
        status_words=meanings,
        part=None if part is None else FilePart(part),
        leave_out=left_out,
    )


def _print(tallies: "Tallies", currency: str) -> None:
    from regulars_platform.intake.reasons import reason_sentence

    labels = {
        "read": gettext("read"),
        "stored": gettext("stored"),
        "corrected": "  " + gettext("corrected"),
        "repeated": gettext("repeated"),
        "overlapping": "  " + gettext("overlapping"),
        "left_out": gettext("left out"),
        "rejected": gettext("rejected"),
    }
    always = {"read", "stored", "repeated", "rejected"}
    for name, label in labels.items():
        share: Share = getattr(tallies, name)
        if share.lines or name in always:
            click.echo(_row(label, share, currency))
    for reason, count in tallies.reasons.items():
        click.echo(f"  {count:,} x {sentence(reason_sentence(reason))}")
    for note in tallies.notes:
        click.echo(sentence(note))
    if tallies.waiting_lines:
        click.echo(
            gettext(
                "%(lines)s lines of %(orders)s orders wait for their order file",
                lines=f"{tallies.waiting_lines:,}",
                orders=f"{tallies.waiting_orders:,}",
            )
        )
    click.echo(
        gettext(
            "%(orders)s orders, %(customers)s customers, %(lines)s lines without a customer",
            orders=f"{tallies.orders:,}",
            customers=f"{tallies.customers:,}",
            lines=f"{tallies.unattributed:,}",
        )
    )


def _row(label: str, share: "Share", currency: str) -> str:
    """One line of the account, in columns."""
    amount = Decimal(share.money) / 10_000
    lines = gettext("%(lines)s lines", lines=f"{share.lines:>12,}")
    return f"{label}{' ' * max(13 - width_of(label), 1)}{lines} {amount:>20,.4f} {currency}"
