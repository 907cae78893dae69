"""`regulars plan`: what a campaign could prove and how many to hold out, before there is one."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from regulars_web.commands.shares import Share

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
_BETWEEN = Share(lambda share: 0 < share < 1, "a share between 0 and 1, as in 0.1 or 10%")
_UP_TO_ONE = Share(lambda share: 0 < share <= 1, "a share above 0 and at most 1, as in 0.05 or 5%")
_GAIN = Share(lambda share: share > 0, "a share above 0, as in 0.1 or 10%")
_MOST_DECIMALS = 12
_FEWEST = 2  # customers in a segment: one to tell and one to hold out


@click.command()
@click.option("--customers", required=True, type=click.IntRange(min=2), help="On the list.")
@click.option(
    "--rate",
    required=True,
    type=_UP_TO_ONE,
    help="Share of customers who buy within the window: 0.05 or 5%.",
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
@click.option("--holdout", required=True, type=_BETWEEN, help="Share held out: 0.1 or 10%.")
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
    type=_UP_TO_ONE,
    help="Share of spend that is profit: 0.4 or 40%. Default: all of it.",
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
    type=_GAIN,
    help="Gain that finance wants proved, as a share of spend: 0.1 or 10%. Default: as much "
    "as --prior-sd, or what pays for the contact if that is more.",
)
@click.option("--confidence", default=0.95, show_default=True, type=_BETWEEN)
@click.option("--power", default=0.8, show_default=True, type=_BETWEEN)
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

    _refuse_tiny_segments(asked["customers"], asked["segments"])
    document = _rounded(plan_document(PlanQuestion(**asked)))
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


def _refuse_tiny_segments(customers: int, segments: int | None) -> None:
    if segments is not None and segments * _FEWEST > customers:
        raise click.BadParameter(
            f"expected at most half as many segments as customers ({customers:,}), so that each "
            f"has one to tell and one to hold out, got {segments:,}",
            param_hint="--segments",
        )


def _rounded(value: Any) -> Any:
    """Without the digits beyond the twelfth: 0.15, not 0.15000000000000002."""
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _print(document: dict[str, Any]) -> None:
    held, treated = document["holdout"], document["treated"]
    click.echo(
        f"{held['customers']:,} of {document['customers']:,} customers held out "
        f"({_percent(held['share'])}){_buyers_words(held['customers'], document)}."
    )
    chance = f"{document['power']:.0%} chance, {100 * document['confidence']:g}% confidence"
    told = f"from the {treated:,} told"
    click.echo(f"Smallest gain that would be proved ({chance}): {_mde_words(document, told)}")
    if document["mde_buyers"] is not None:
        rate, gain = document["baseline"]["rate"], document["mde_buyers"]
        digits = _decimals(gain, 2)
        click.echo(f"Share who buy: from {rate:.{digits}%} to {rate + gain:.{digits}%}.")
    segments = document["segments"]
    if segments is not None:
        click.echo(
            f"In one of {segments['count']:,} segments of {segments['customers']:,.0f} customers, "
            f"corrected for looking at all: {_mde_words(segments, 'from those told')}"
        )
    _print_sizes(document)


def _buyers_words(held: int, document: dict[str, Any]) -> str:
    buyers = document["baseline"]["expected_holdout_buyers"]
    if not held:
        return ""
    if buyers < 1:
        return ", of whom fewer than one is expected to buy"
    return f", of whom about {buyers:,.{0 if buyers >= 10 else 1}f} would buy"


def _print_sizes(document: dict[str, Any]) -> None:
    assumed = document["assumed"]
    source = "" if assumed["prior_given"] else " (assumed: --prior-mean, --prior-sd)"
    click.echo(
        f"Expected effect on spend per customer: {assumed['prior_mean']:,.4g} give or take "
        f"{assumed['prior_sd']:,.4g}{source}. To be proved: {assumed['target']:,.4g} per customer."
    )
    for key, size in document["holdout_sizes"].items():
        click.echo(f"  {_NAMES[key]:<17}{_size_words(size)}")
    earned = assumed["margin"] * assumed["prior_mean"]
    if earned < assumed["contact_cost"]:
        teaches = (
            "not worth what it teaches"
            if document["holdout_sizes"]["earn_most"].get("code") == "sending_does_not_pay"
            else "worth only what it teaches"
        )
        click.echo(
            f"On these assumptions a contact costs more than it is expected to bring "
            f"({assumed['contact_cost']:,.4g} against {earned:,.4g} per customer): holding out "
            f"saves money, and sending now is {teaches}."
        )


def _size_words(size: dict[str, Any]) -> str:
    if size["customers"] is None:
        return f"none: {size['not_estimable']}"
    if size["customers"] == 0:
        return "no holdout: knowing more would not pay for itself"
    relative, withheld = size["mde_relative"], size["withheld"]
    proves = "proves nothing" if relative is None else f"proves {_percent(relative, signed=True)}"
    forgone = f"withholds {withheld:,.0f}" if withheld >= 0 else f"saves {-withheld:,.0f}"
    return f"{size['customers']:>11,} ({_percent(size['share'])}), {proves}, {forgone}"


def _mde_words(found: dict[str, Any], told: str) -> str:
    """told: whose gain it is in all."""
    if found["mde_relative"] is None:
        return f"none: {found['not_estimable']}."
    each, total = found["mde_per_customer"], found["mde_money_treated"]
    words = (
        f"{_percent(found['mde_relative'], signed=True)} of spend, {each:,.4g} per customer, "
        f"{total:,.0f} in all {told}"
    )
    profit = found["mde_profit_treated"]
    if profit is None:
        return f"{words}."
    return f"{words}; in profit {each * profit / total:,.4g} per customer, {profit:,.0f} in all."


def _percent(share: float, *, signed: bool = False) -> str:
    """To a tenth of a percent, and to two significant digits below that."""
    return f"{share:{'+' if signed else ''}.{_decimals(share, 1)}%}"


def _decimals(share: float, least: int) -> int:
    """How many decimals of a percentage show two significant digits, but at least so many."""
    if share == 0:
        return least
    return min(max(least, 1 - math.floor(math.log10(abs(100 * share)))), _MOST_DECIMALS)
