"""`regulars plan`: what a campaign could prove and how many to hold out, before there is one."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_NAMES = {
    "learn_most": "learn most",
    "earn_most": "earn most",
    "convince_finance": "convince finance",
}


def _within(
    low: float, high: float, *, open_low: bool = False, open_high: bool = False, form: str
) -> Callable[[click.Context, click.Parameter, float | None], float | None]:
    """A check that refuses NaN, infinities and all outside the range, in one sentence."""

    def check(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
        if value is None:
            return None
        above = value > low if open_low else value >= low
        below = value < high if open_high else value <= high
        if not (math.isfinite(value) and above and below):
            raise click.BadParameter(f"expected {form}, got {value:g}", ctx=ctx, param=param)
        return value

    return check


_MONEY = _within(0, math.inf, form="an amount from 0 up")
_ABOVE = _within(0, math.inf, open_low=True, form="an amount above 0")
_SHARE = _within(0, 1, open_low=True, open_high=True, form="a share between 0 and 1, as in 0.1")


@click.command()
@click.option("--customers", required=True, type=click.IntRange(min=2), help="On the list.")
@click.option(
    "--rate",
    required=True,
    type=float,
    callback=_within(0, 1, open_low=True, form="a share above 0 and at most 1, as in 0.05"),
    help="Share of customers who buy within the window, as in 0.05.",
)
@click.option(
    "--mean",
    required=True,
    type=float,
    callback=_ABOVE,
    help="What one buyer spends in the window, on average.",
)
@click.option(
    "--sd",
    required=True,
    type=float,
    callback=_MONEY,
    help="Standard deviation of what one buyer spends.",
)
@click.option(
    "--holdout", required=True, type=float, callback=_SHARE, help="Share held out, as in 0.1."
)
@click.option(
    "--segments",
    type=click.IntRange(min=1),
    help="Also for one of this many segments of equal size, corrected for looking at all.",
)
@click.option(
    "--prior-sd",
    type=float,
    callback=_ABOVE,
    help="How unsure the offer's effect on spend per customer is (standard deviation). "
    "Default: 10% of spend per customer.",
)
@click.option(
    "--prior-mean",
    type=float,
    callback=_within(-math.inf, math.inf, form="a number"),
    help="What effect on spend per customer is expected. Default: half of --prior-sd.",
)
@click.option(
    "--margin",
    type=float,
    callback=_within(0, 1, open_low=True, form="a share above 0 and at most 1, as in 0.4"),
    help="Share of spend that is profit, as in 0.4. Default: all of it.",
)
@click.option(
    "--contact-cost",
    default=0.0,
    show_default=True,
    type=float,
    callback=_MONEY,
    help="Of reaching one customer, the offer's own cost included.",
)
@click.option(
    "--horizon",
    default=4,
    show_default=True,
    type=click.IntRange(min=0, max=1000),
    metavar="ROUNDS",
    help="Further campaigns for which the answer decides.",
)
@click.option(
    "--target",
    type=float,
    callback=_ABOVE,
    help="Gain that finance wants proved, as a share of spend, as in 0.1. Default: as much "
    "as --prior-sd, or what pays for the contact if that is more.",
)
@click.option("--confidence", default=0.95, show_default=True, type=float, callback=_SHARE)
@click.option("--power", default=0.8, show_default=True, type=float, callback=_SHARE)
@click.option(
    "--json",
    "json_out",
    is_flag=False,
    flag_value="-",
    type=click.Path(path_type=Path),
    help="Write JSON to a file, or print it.",
)
def plan(*, json_out: Path | None, **asked: Any) -> None:
    """What a campaign could prove, and how many customers to hold out of it.

    Tell it about the list as it is without the campaign: how many customers, which share of them
    buys within a window as long as the campaign's, and the mean and standard deviation of what
    one BUYER spends in it. A customer then spends rate x mean on average.

    \b
    It answers with the smallest gain in spend that would be proved (four times out of five,
    with 95% confidence) and with three sizes of the holdout:
      learn most        the smallest error of the effect
      earn most         the largest expected profit, now and in the rounds after
      convince finance  the smallest holdout that proves the effect aimed at
    """
    from regulars_platform.campaigns.power import PlanQuestion, plan_document

    document = plan_document(PlanQuestion(**asked))
    if json_out is None:
        _print(document)
        return
    text = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    if str(json_out) == "-":
        click.echo(text, nl=False)
        return
    try:
        json_out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.FileError(str(json_out), error.strerror or str(error)) from error
    _print(document)


def _print(document: dict[str, Any]) -> None:
    held = document["holdout"]
    buyers = document["baseline"]["expected_holdout_buyers"]
    click.echo(
        f"{held['customers']:,} of {document['customers']:,} customers held out "
        f"({held['share']:.1%}), of whom about {buyers:,.{0 if buyers >= 10 else 1}f} would buy."
    )
    chance = f"{document['power']:.0%} chance, {100 * document['confidence']:g}% confidence"
    click.echo(f"Smallest gain that would be proved ({chance}): {_mde_words(document)}")
    if document["mde_buyers"] is not None:
        rate = document["baseline"]["rate"]
        click.echo(f"Share who buy: from {rate:.2%} to {rate + document['mde_buyers']:.2%}.")
    segments = document["segments"]
    if segments is not None:
        click.echo(
            f"In one of {segments['count']:,} segments of {segments['customers']:,.0f} customers, "
            f"corrected for looking at all: {_mde_words(segments)}"
        )
    _print_sizes(document)


def _print_sizes(document: dict[str, Any]) -> None:
    assumed = document["assumed"]
    source = "" if assumed["prior_given"] else " (assumed: --prior-mean, --prior-sd)"
    click.echo(
        f"Expected effect on spend per customer: {assumed['prior_mean']:,.4g} give or take "
        f"{assumed['prior_sd']:,.4g}{source}. To be proved: {assumed['target']:,.4g}."
    )
    for key, size in document["holdout_sizes"].items():
        if size["customers"] is None:
            click.echo(f"  {_NAMES[key]:<17}none: {size['not_estimable']}")
        elif size["customers"] == 0:
            click.echo(f"  {_NAMES[key]:<17}no holdout: knowing more would not pay for itself")
        else:
            proves = (
                "proves nothing"
                if size["mde_relative"] is None
                else f"proves {size['mde_relative']:+.1%}"
            )
            click.echo(
                f"  {_NAMES[key]:<17}{size['customers']:>11,} ({size['share']:.1%}), {proves}, "
                f"withholds {size['withheld']:,.0f}"
            )


def _mde_words(found: dict[str, Any]) -> str:
    if found["mde_relative"] is None:
        return f"none: {found['not_estimable']}."
    return (
        f"{found['mde_relative']:+.1%} of spend, {found['mde_per_customer']:,.4g} per customer, "
        f"{found['mde_money']:,.0f} in all."
    )
