"""`regulars plan`: what a campaign could prove and how many to hold out, before there is one."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from regulars_platform.words import N_
from regulars_web.commands.helping import command, width_of
from regulars_web.commands.shares import Share
from regulars_web.spoken import brackets, gettext, in_words, sentences

_NAMES = {
    "learn_most": N_("learn most"),
    "earn_most": N_("earn most"),
    "convince_finance": N_("convince finance"),
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
            raise click.BadParameter(
                gettext("expected %(form)s, got %(value)s", form=gettext(form), value=f"{value:g}"),
                ctx=ctx,
                param=param,
            )
        return value

    return check


_MONEY = _within(0, math.inf, form=N_("an amount from 0 up"))
_ABOVE = _within(0, math.inf, open_low=True, form=N_("an amount above 0"))
_BETWEEN = Share(lambda share: 0 < share < 1, N_("a share between 0 and 1, as in 0.1 or 10%"))
_UP_TO_ONE = Share(
    lambda share: 0 < share <= 1, N_("a share above 0 and at most 1, as in 0.05 or 5%")
)
_GAIN = Share(lambda share: share > 0, N_("a share above 0, as in 0.1 or 10%"))
_MOST_DECIMALS = 12
_FEWEST = 2  # customers in a segment: one to tell and one to hold out


@command()
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
    "Default: a tenth of spend per customer.",
)
@click.option(
    "--prior-mean",
    type=float,
    callback=_within(-math.inf, math.inf, form=N_("a number")),
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
    at a confidence of 95%) and with three sizes of the holdout:
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
            gettext(
                "expected at most half as many segments as customers (%(customers)s), so that each"
                " has one to tell and one to hold out, got %(segments)s",
                customers=f"{customers:,}",
                segments=f"{segments:,}",
            ),
            param_hint="--segments",
        )


def _rounded(value: Any) -> Any:
    """Without the digits beyond the twelfth: 0.15, not 0.15000000000000002."""
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    return float(f"{value:.12g}") if isinstance(value, float) else value


def _print(document: dict[str, Any]) -> None:
    click.echo(_held_words(document))
    facts = {
        "power": f"{document['power']:.0%}",
        "confidence": f"{100 * document['confidence']:g}%",
        "gain": _mde_words(document, told=document["treated"]),
    }
    click.echo(
        gettext(
            "Smallest gain that would be proved (%(power)s chance, %(confidence)s confidence):"
            " %(gain)s",
            **facts,
        )
    )
    if document["mde_buyers"] is not None:
        rate, gain = document["baseline"]["rate"], document["mde_buyers"]
        digits = _decimals(gain, 2)
        click.echo(
            gettext(
                "Share who buy: from %(low)s to %(high)s.",
                low=f"{rate:.{digits}%}",
                high=f"{rate + gain:.{digits}%}",
            )
        )
    segments = document["segments"]
    if segments is not None:
        click.echo(
            gettext(
                "In one of %(count)s segments of %(customers)s customers, corrected for looking at"
                " all: %(gain)s",
                count=f"{segments['count']:,}",
                customers=f"{segments['customers']:,.0f}",
                gain=_mde_words(segments, told=None),
            )
        )
    _print_sizes(document)


def _held_words(document: dict[str, Any]) -> str:
    held, buyers = document["holdout"], document["baseline"]["expected_holdout_buyers"]
    facts = {
        "held": f"{held['customers']:,}",
        "customers": f"{document['customers']:,}",
        "share": _percent(held["share"]),
    }
    if not held["customers"]:
        return gettext("%(held)s of %(customers)s customers held out (%(share)s).", **facts)
    if buyers < 1:
        return gettext(
            "%(held)s of %(customers)s customers held out (%(share)s), of whom fewer than one is"
            " expected to buy.",
            **facts,
        )
    return gettext(
        "%(held)s of %(customers)s customers held out (%(share)s), of whom about %(buyers)s would"
        " buy.",
        **facts,
        buyers=f"{buyers:,.{0 if buyers >= 10 else 1}f}",
    )


def _print_sizes(document: dict[str, Any]) -> None:
    assumed = document["assumed"]
    given = assumed["prior_given"]
    source = "" if given else brackets(gettext("assumed: --prior-mean, --prior-sd"))
    click.echo(
        gettext(
            "Expected effect on spend per customer: %(mean)s give or take %(sd)s%(source)s. To be"
            " proved: %(target)s per customer.",
            mean=f"{assumed['prior_mean']:,.4g}",
            sd=f"{assumed['prior_sd']:,.4g}",
            source=source,
            target=f"{assumed['target']:,.4g}",
        )
    )
    for key, size in document["holdout_sizes"].items():
        name = in_words(_NAMES[key])
        click.echo(f"  {name}{' ' * max(17 - width_of(name), 0)}{_size_words(size)}")
    earned = assumed["margin"] * assumed["prior_mean"]
    if earned < assumed["contact_cost"]:
        click.echo(_dear(document, earned))


def _dear(document: dict[str, Any], earned: float) -> str:
    """Where a contact costs more than it is expected to bring."""
    first = gettext(
        "On these assumptions a contact costs more than it is expected to bring (%(cost)s against"
        " %(earned)s per customer).",
        cost=f"{document['assumed']['contact_cost']:,.4g}",
        earned=f"{earned:,.4g}",
    )
    if document["holdout_sizes"]["earn_most"].get("code") == "sending_does_not_pay":
        then = gettext("Holding out saves money, and sending now is not worth what it teaches.")
    else:
        then = gettext("Holding out saves money, and sending now is worth only what it teaches.")
    return sentences(first, then)


def _size_words(size: dict[str, Any]) -> str:
    if size["customers"] is None:
        return gettext("none: %(why)s", why=in_words(size["not_estimable"]))
    if size["customers"] == 0:
        return gettext("no holdout: knowing more would not pay for itself")
    relative, withheld = size["mde_relative"], size["withheld"]
    proves = (
        gettext("proves nothing")
        if relative is None
        else gettext("proves %(gain)s", gain=_percent(relative, signed=True))
    )
    forgone = (
        gettext("withholds %(amount)s", amount=f"{withheld:,.0f}")
        if withheld >= 0
        else gettext("saves %(amount)s", amount=f"{-withheld:,.0f}")
    )
    return gettext(
        "%(customers)s (%(share)s), %(proves)s, %(forgone)s",
        customers=f"{size['customers']:>11,}",
        share=_percent(size["share"]),
        proves=proves,
        forgone=forgone,
    )


def _mde_words(found: dict[str, Any], told: int | None) -> str:
    """told: how many customers are told; None where it is those told of a segment."""
    if found["mde_relative"] is None:
        return gettext("none: %(why)s.", why=in_words(found["not_estimable"]))
    each, total, profit = (
        found[name] for name in ("mde_per_customer", "mde_money_treated", "mde_profit_treated")
    )
    facts = {
        "gain": _percent(found["mde_relative"], signed=True),
        "each": f"{each:,.4g}",
        "total": f"{total:,.0f}",
        "told": "" if told is None else f"{told:,}",
    }
    words = (
        gettext(
            "%(gain)s of spend, %(each)s per customer, %(total)s in all from those told", **facts
        )
        if told is None
        else gettext(
            "%(gain)s of spend, %(each)s per customer, %(total)s in all from the %(told)s told",
            **facts,
        )
    )
    if profit is None:
        return gettext("%(words)s.", words=words)
    return gettext(
        "%(words)s; in profit %(each)s per customer, %(total)s in all.",
        words=words,
        each=f"{each * profit / total:,.4g}",
        total=f"{profit:,.0f}",
    )


def _percent(share: float, *, signed: bool = False) -> str:
    """To a tenth of a percent, and to two significant digits below that."""
    return f"{share:{'+' if signed else ''}.{_decimals(share, 1)}%}"


def _decimals(share: float, least: int) -> int:
    """How many decimals of a percentage show two significant digits, but at least so many."""
    if share == 0:
        return least
    return min(max(least, 1 - math.floor(math.log10(abs(100 * share)))), _MOST_DECIMALS)
