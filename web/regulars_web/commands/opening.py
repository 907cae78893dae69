"""What the shop's commands share: the data folder, the database at today's schema, the shop."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from regulars_platform.settings import Settings, build_settings, default_data_dir, prepare_data_dir
from regulars_platform.shops.models import ShopProfile
from regulars_platform.storage.database import Database
from regulars_web.spoken import gettext


@dataclass(frozen=True, kw_only=True, slots=True)
class Installation:
    """An opened data folder and its shop."""

    settings: Settings
    database: Database
    shop: ShopProfile


def data_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--data DIR`, the same for every command."""
    return click.option(
        "--data",
        "data_dir",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder that holds everything. [default: $REGULARS_DATA or the user's data folder]",
    )(function)


ENCODINGS = ("gb18030", "big5hkscs", "cp1252")
"""Those that the page offers (`intake.encodings.CHOICES`, which would load much for `--help`)."""


def encoding_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--encoding NAME`, the same for every command that brings a file."""
    return click.option(
        "--encoding",
        type=click.Choice(ENCODINGS),
        help="Of a text that is not UTF-8 and reads in several ways: Chinese in simplified or in"
        " traditional characters, or Western European.",
    )(function)


def open_data(data_dir: Path | None) -> tuple[Settings, Database]:
    """The data folder, made if missing, and its database brought up to date."""
    from regulars_platform.storage.migrations_run import import_all_tables, upgrade

    settings = build_settings(data_dir or default_data_dir())
    prepare_data_dir(settings)
    import_all_tables()
    upgrade(settings)
    return settings, Database(settings)


def open_installation(data_dir: Path | None) -> Installation:
    """The same with its shop; a sentence where no shop was opened yet."""
    from regulars_platform.shops.service import find_first_shop

    settings, database = open_data(data_dir)
    with database.unit_of_work() as session:
        shop = find_first_shop(session)
    if shop is None:
        raise click.ClickException(
            gettext(
                "There is no shop in %(folder)s yet. Open one with `regulars init`, or start"
                " `regulars serve` and follow the first page.",
                folder=settings.data_dir,
            )
        )
    return Installation(settings=settings, database=database, shop=shop)


def now() -> dt.datetime:
    """The time, aware, UTC."""
    return dt.datetime.now(dt.UTC)
