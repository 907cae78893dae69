"""`regulars segment`: groups of customers by rule."""

import json
from pathlib import Path
from typing import Any

import click

from regulars_web.commands.helping import group
from regulars_web.commands.opening import Installation, data_option, now, open_installation
from regulars_web.spoken import gettext, ngettext


@group()
def segment() -> None:
    """Groups of customers by rules over what they did."""


@segment.command("list")
@data_option
def list_saved(data_dir: Path | None) -> None:
    """The saved segments."""
    from regulars_platform.segments.service import list_segments

    here = open_installation(data_dir)
    with here.database.unit_of_work() as session:
        for saved in list_segments(session, here.shop.id):
            click.echo(f"{saved.id}\t{saved.name}\t{json.dumps(saved.rule, ensure_ascii=False)}")


@segment.command("count")
@click.argument("rule", type=click.File(encoding="utf-8"))
@click.option("--as-of", metavar="YYYY-MM-DD", help="Day of the features. [default: today]")
@data_option
def count(rule: Any, as_of: str | None, data_dir: Path | None) -> None:
    """How many customers the rule in a JSON file holds for.

    For example: {"all": [{"feature": "orders", "op": ">=", "value": "2"}]}
    """
    from regulars_platform.segments.rules import parse_rule
    from regulars_platform.segments.service import count_and_preview

    here = open_installation(data_dir)
    parsed = parse_rule(_load(rule))
    preview = count_and_preview(_features(here, as_of, parsed), parsed)
    click.echo(
        gettext(
            "%(count)s of %(total)s customers",
            count=f"{preview.count:,}",
            total=f"{preview.total:,}",
        )
    )


@segment.command("save")
@click.argument("name")
@click.argument("rule", type=click.File(encoding="utf-8"))
@data_option
def save(name: str, rule: Any, data_dir: Path | None) -> None:
    """Keep the rule in a JSON file under NAME."""
    from regulars_platform.segments.rules import parse_rule
    from regulars_platform.segments.service import save_segment

    here = open_installation(data_dir)
    parsed = parse_rule(_load(rule))
    with here.database.unit_of_work() as session:
        saved = save_segment(session, shop_id=here.shop.id, name=name, rule=parsed, now=now())
        click.echo(f"{saved.id}\t{saved.name}")


@segment.command("sizes")
@data_option
def sizes(data_dir: Path | None) -> None:
    """Count the saved segments now and keep how large they are: for the work of every day."""
    from regulars_platform.customers.store import build_feature_store
    from regulars_platform.segments.sizes import see_sizes, warm_up

    here = open_installation(data_dir)
    store = build_feature_store(here.settings, here.shop)
    with here.database.reading() as session:
        warm_up(session, store, here.shop.id)
    with here.database.unit_of_work() as session:
        counted = see_sizes(session, store, here.shop.id, now())
        click.echo(ngettext("%(num)s segment counted", "%(num)s segments counted", counted))


def _load(file: Any) -> object:
    try:
        return json.load(file)
    except ValueError as error:
        raise click.ClickException(
            gettext("The rule is not JSON: %(error)s", error=error)
        ) from error


def _features(here: Installation, as_of: str | None, rule: Any) -> Any:
    import datetime as dt
    from zoneinfo import ZoneInfo

    from regulars_platform.customers.store import build_feature_store
    from regulars_platform.orders.table import OrdersTable
    from regulars_platform.segments.frames import for_rules

    version = OrdersTable(here.settings.shop_dir(here.shop.id)).version()
    if version is None:
        raise click.ClickException(gettext("This shop has no orders yet: regulars import FILE"))
    try:
        day = (
            now().astimezone(ZoneInfo(here.shop.timezone)).date()
            if as_of is None
            else dt.date.fromisoformat(as_of)
        )
    except ValueError as error:
        raise click.BadParameter(
            gettext("expected %(form)s", form="YYYY-MM-DD"), param_hint="--as-of"
        ) from error
    store = build_feature_store(here.settings, here.shop)
    return for_rules(store, [rule], day, version)
