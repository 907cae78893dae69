"""`regulars evaluate FILE`: effects of any randomised file, without a shop or any set-up."""

import json
from pathlib import Path
from typing import Any

import click

from regulars_web.commands.helping import command
from regulars_web.spoken import gettext


@command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--arm", required=True, metavar="COL", help="Column that says who was in which arm.")
@click.option("--control", required=True, metavar="VALUE", help="Its value for those held out.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME=COL", help="Money or a count.")
@click.option("--conversion", "conversions", multiple=True, metavar="NAME=COL", help="0 or 1.")
@click.option("--ratio", "ratios", multiple=True, metavar="NAME=NUM/DEN", help="Sum over sum.")
@click.option(
    "--secondary", multiple=True, metavar="NAME", help="A metric to correct in a family of its own."
)
@click.option(
    "--guardrail", multiple=True, metavar="NAME", help="A metric to watch for harm, not corrected."
)
@click.option("--covariate", "covariates", multiple=True, metavar="COL", help="From before.")
@click.option("--stratum", metavar="COL", help="Customers were drawn within its values.")
@click.option(
    "--winsorise",
    metavar="RULE",
    help="Also with single amounts capped: at an amount (500), at a percentile of everybody "
    "(99.9%) or of buyers (99%buyers). Applies to every --metric.",
)
@click.option("--segment", "segments", multiple=True, metavar="COL", help="Report by its values.")
@click.option(
    "--pool-segments", is_flag=True, help="Also each segment with what the others say of it."
)
@click.option(
    "--sequential",
    "planned",
    type=int,
    metavar="N",
    help="Customers in all arms at the planned end. Then every interval may be looked at early, "
    "and the ordinary one stands beside it.",
)
@click.option(
    "--margin",
    metavar="RATE",
    help="Share of the first --metric that is earned: 0.4, or 40%, or a range 35%-45%; of "
    "another metric: NAME=RATE. Adds the net profit.",
)
@click.option(
    "--contact-cost",
    "contact_costs",
    multiple=True,
    metavar="MONEY",
    help="Per customer of every arm but the control; of one arm: ARM=MONEY.",
)
@click.option("--offer-cost", metavar="COL", help="Column of what the offer cost per customer.")
@click.option(
    "--uptake", metavar="COL", help="0 or 1: used the offer. Adds the effect per such customer."
)
@click.option("--share", "shares", multiple=True, metavar="ARM=SHARE", help="Planned share.")
@click.option("--confidence", default=0.95, show_default=True, type=float)
@click.option("--json", "json_out", type=click.Path(path_type=Path), help="Write JSON; - prints.")
@click.option("--html", "html_out", type=click.Path(path_type=Path), help="Write a page; - prints.")
def evaluate(file: Path, json_out: Path | None, html_out: Path | None, **options: Any) -> None:
    """Effects per arm and segment of a randomised FILE (CSV or Parquet, one row per customer).

    Everyone in the file counts, in the arm assigned. Missing values count as 0.
    """
    from regulars_platform.randomised.document import evaluation_document
    from regulars_platform.randomised.evaluating import evaluate_file
    from regulars_platform.randomised.reading import scan_columns
    from regulars_web.commands.evaluate_options import read_options
    from regulars_web.commands.evaluate_words import said

    if str(json_out) == str(html_out) == "-":
        raise click.UsageError(
            gettext("Only one of --json and --html can be printed; name a file.")
        )
    asked = read_options(options)
    frame = scan_columns(file, text=asked.texts(), numbers=asked.numbers())
    document = evaluation_document(evaluate_file(frame, asked), source=file.name)
    if json_out is not None:
        _write(json_out, json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    if html_out is not None:
        from regulars_web.evaluation_page import evaluation_html

        _write(html_out, evaluation_html(document))
    if "-" not in (str(json_out), str(html_out)):
        for line in said(document):
            click.echo(line)


def _write(path: Path, text: str) -> None:
    if str(path) == "-":
        click.echo(text, nl=False)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.FileError(str(path), error.strerror or str(error)) from error
