"""`regulars uplift FILE`: whom to keep telling by any randomised file, and what that is worth."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from regulars_web.commands.helping import command
from regulars_web.spoken import gettext


@command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--arm", required=True, metavar="COL", help="Column that says who was in which arm.")
@click.option(
    "--treated", required=True, multiple=True, metavar="VALUE", help="Its value for those told."
)
@click.option("--control", required=True, metavar="VALUE", help="Its value for those held out.")
@click.option("--outcome", required=True, metavar="COL", help="What each customer brought.")
@click.option(
    "--feature",
    "features",
    multiple=True,
    metavar="COL",
    help="Known before the draw. Without any: every other column, except those that tell the "
    "outcome or the arm.",
)
@click.option("--margin", metavar="RATE", help="Share of the outcome that is earned: 0.4 or 40%.")
@click.option(
    "--contact-cost",
    "contact_costs",
    multiple=True,
    metavar="MONEY",
    help="Of telling one customer; of one arm: ARM=MONEY.",
)
@click.option("--share", "shares", multiple=True, metavar="ARM=SHARE", help="Planned share.")
@click.option(
    "--weight", metavar="COL", help="How many customers of the audience a sampled row stands for."
)
@click.option("--segment", metavar="COL", help="Your own segments, as a candidate of their own.")
@click.option("--id", "customer_id", metavar="COL", help="Customer's id, for --scores.")
@click.option("--budget-share", type=float, metavar="SHARE", help="Tell at most this share.")
@click.option(
    "--budget-cost",
    type=float,
    metavar="MONEY",
    help="Spend at most this on telling, per customer of the audience (told or not).",
)
@click.option(
    "--learner",
    "learners",
    multiple=True,
    metavar="NAME/BASE",
    help="S, T, X, DR or another, with linear or boosted models; several times for several.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1))
@click.option("--confidence", default=0.95, show_default=True, type=float)
@click.option("--json", "json_out", type=click.Path(path_type=Path), help="Write JSON; - prints.")
@click.option(
    "--scores", "scores_out", type=click.Path(path_type=Path), help="Write each customer's scores."
)
@click.option("--quiet", is_flag=True, help="No progress.")
def uplift(
    file: Path, json_out: Path | None, scores_out: Path | None, quiet: bool, **options: Any
) -> None:
    """Whom to keep telling, by a randomised FILE (CSV or Parquet, one row per customer).

    Learner and cut-off are chosen without the customers on whom they are valued. Everyone in the
    arms asked for counts, in the arm assigned. A missing outcome counts as 0.
    """
    from regulars_platform.randomised.uplifting import evaluate_uplift_file
    from regulars_web.commands.uplift_options import read_options
    from regulars_web.commands.uplift_words import said

    question = read_options(options)
    for out in (json_out, scores_out):
        _refuse_unwritable(out)
    found = evaluate_uplift_file(file, question, progress=None if quiet else _show)
    document = found.document(source=file.name)
    if json_out is not None:
        text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        if str(json_out) == "-":
            click.echo(text, nl=False)
        else:
            with _writing(json_out):
                json_out.write_text(text, encoding="utf-8")
    if scores_out is not None:
        scores = found.scores()
        with _writing(scores_out):
            if scores_out.suffix == ".parquet":
                scores.write_parquet(scores_out)
            else:
                scores.write_csv(scores_out)
    if str(json_out) != "-":
        for line in said(document):
            click.echo(line)


def _refuse_unwritable(path: Path | None) -> None:
    """Before anything is fitted, not after."""
    if path is None or str(path) == "-":
        return
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise click.FileError(
            str(path), gettext("expected a file name in a folder that can be written to")
        )


class _writing:  # noqa: N801 - read as a verb: with _writing(path)
    """A file that cannot be written is one sentence."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise click.FileError(str(self._path), error.strerror or str(error)) from error


def _show(name: str, done: int, of: int) -> None:
    """One line that is written over; into a file or a pipe goes its last state alone."""
    if sys.stderr.isatty():
        words = gettext("%(done)s/%(all)s fits (%(name)s)", done=done, all=of, name=name)
        click.echo(f"\r{words}".ljust(60), nl=done == of, err=True)
    elif done == of:
        click.echo(gettext("%(done)s/%(all)s fits", done=done, all=of), err=True)
