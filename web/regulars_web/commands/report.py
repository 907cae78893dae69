"""`regulars campaign report`: evaluate a launched campaign, or check a stored report again."""

from pathlib import Path

import click

from regulars_web.commands.helping import command
from regulars_web.commands.opening import data_option, now, open_installation
from regulars_web.spoken import gettext, spoken_language


@command("report")
@click.argument("campaign_id", type=int)
@click.option(
    "--json",
    "json_out",
    type=click.Path(path_type=Path),
    help="Write the report's JSON; - prints.",
)
@click.option(
    "--verify",
    is_flag=True,
    help="Compute the latest stored report again and compare it byte for byte.",
)
@data_option
def report(campaign_id: int, json_out: Path | None, *, verify: bool, data_dir: Path | None) -> None:
    """Evaluate campaign CAMPAIGN_ID on the orders as they are now, and print what it earned."""
    from regulars_platform.reports.document import canonical_report
    from regulars_platform.reports.service import (
        evaluate_campaign,
        find_latest_report,
        recompute,
    )
    from regulars_web.speaking_as_pages import report_sentences

    here = open_installation(data_dir)
    with here.database.unit_of_work() as session:
        if verify:
            latest = find_latest_report(session, here.shop.id, campaign_id)
            if latest is None:
                raise click.ClickException(gettext("There is no report of this campaign yet."))
            same = recompute(session, here.settings, shop_id=here.shop.id, report_id=latest.id)
            click.echo(gettext("the same to the byte") if same else gettext("NOT the same"))
            if not same:
                raise SystemExit(1)
            return
        found = evaluate_campaign(
            session, here.settings, shop_id=here.shop.id, campaign_id=campaign_id, now=now()
        )
    if json_out is not None:
        text = canonical_report(found.document) + "\n"
        if str(json_out) == "-":
            click.echo(text, nl=False)
            return
        json_out.write_text(text, encoding="utf-8")
    for sentence in report_sentences(here.settings, found, spoken_language()):
        click.echo(sentence)
