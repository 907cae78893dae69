"""The options of `regulars evaluate` as values, or a sentence about what is wrong with them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import click

from regulars_experiments.metrics import Design, Metric, Winsorising
from regulars_platform.randomised.evaluating import Asked
from regulars_platform.randomised.profits import ProfitTerms
from regulars_web.spoken import gettext

_MOST_MONEY = Decimal(10**9)  # per customer
_MONEY_DECIMALS = 6


def read_options(options: Mapping[str, Any]) -> Asked:
    """Everything that is asked, by the names of the command's parameters."""
    if not 0.5 <= options["confidence"] < 1:
        raise click.BadParameter(
            gettext("expected a number from 0.5 to below 1"), param_hint="--confidence"
        )
    planned = options["planned"]
    if planned is not None and not 1 <= planned <= 10**12:
        raise click.BadParameter(
            gettext(
                "expected how many customers there will be at the planned end, 1 or more, got"
                " %(planned)s",
                planned=planned,
            ),
            param_hint="--sequential",
        )
    if options["pool_segments"] and not options["segments"]:
        raise click.UsageError(gettext("--pool-segments needs a --segment."))
    design = Design(
        arm=options["arm"],
        control=options["control"],
        metrics=_metrics(options),
        covariates=tuple(dict.fromkeys(options["covariates"])),
        segments=tuple(dict.fromkeys(options["segments"])),
        confidence=options["confidence"],
        stratum=options["stratum"],
        winsorising=_winsorising(options["winsorise"], options["metrics"]),
        planned_customers=planned,
        pool_segments=options["pool_segments"],
    )
    asked = Asked(
        design=design,
        shares=read_shares(options["shares"]),
        profit=_profit(options, design),
        uptake=options["uptake"],
    )
    _refuse_overlap(asked)
    return asked


def _metrics(options: Mapping[str, Any]) -> tuple[Metric, ...]:
    found = []
    for option in options["conversions"]:
        name, column = _pair(option, "--conversion", "NAME=COL")
        found.append(Metric(name=name, kind="conversion", value={column: 1}))
    for option in options["metrics"]:
        name, column = _pair(option, "--metric", "NAME=COL")
        found.append(Metric(name=name, kind="mean", value={column: 1}))
    for option in options["ratios"]:
        name, parts = _pair(option, "--ratio", "NAME=NUM/DEN")
        numerator, slash, denominator = parts.partition("/")
        if not (slash and numerator and denominator):
            raise click.BadParameter(
                gettext("expected NAME=NUM/DEN, got %(option)r", option=option),
                param_hint="--ratio",
            )
        found.append(
            Metric(name=name, kind="ratio", value={numerator: 1}, denominator={denominator: 1})
        )
    if not found:
        raise click.UsageError(gettext("Name at least one --metric, --conversion or --ratio."))
    names = [metric.name for metric in found]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise click.UsageError(
            gettext(
                "The metric name %(doubled)r is used twice; give each its own.", doubled=doubled
            )
        )
    return _with_roles(found, options["secondary"], options["guardrail"])


def _with_roles(
    metrics: Sequence[Metric], secondary: Sequence[str], guardrail: Sequence[str]
) -> tuple[Metric, ...]:
    names = [metric.name for metric in metrics]
    for flag, wanted in (("--secondary", secondary), ("--guardrail", guardrail)):
        for name in wanted:
            if name not in names:
                raise click.BadParameter(
                    gettext(
                        "there is no metric %(name)r; the metrics are: %(names)s",
                        name=name,
                        names=", ".join(names),
                    ),
                    param_hint=flag,
                )
    both = next((name for name in secondary if name in guardrail), None)
    if both is not None:
        raise click.UsageError(
            gettext("The metric %(both)r cannot be --secondary and --guardrail.", both=both)
        )
    return tuple(
        replace(metric, role="secondary")
        if metric.name in secondary
        else replace(metric, role="guardrail")
        if metric.name in guardrail
        else metric
        for metric in metrics
    )


def _pair(option: str, flag: str, form: str) -> tuple[str, str]:
    name, equals, value = option.partition("=")
    if not (equals and name and value):
        raise click.BadParameter(
            gettext("expected %(form)s, got %(option)r", form=form, option=option), param_hint=flag
        )
    return name, value


def _winsorising(rule: str | None, metrics: Sequence[str]) -> Winsorising | None:
    if rule is None:
        return None
    if not metrics:
        raise click.UsageError(gettext("--winsorise caps the amounts of a --metric; name one."))
    found = re.fullmatch(r"([0-9.]+) *(?:(%) *(buyers)?)?", rule.strip())
    value = None if found is None else _decimal(found[1])
    try:
        if found is None or value is None:
            raise ValueError("not a number")
        if found[2] is None:
            return Winsorising(limit=Fraction(value))
        return Winsorising(percentile=float(value / 100), of_buyers=found[3] is not None)
    except ValueError:
        raise click.BadParameter(
            gettext(
                "expected an amount above 0 (500), a percentile below 100 of everybody (99.9%%)"
                " or of buyers (99%%buyers), got %(rule)r",
                rule=rule,
            ),
            param_hint="--winsorise",
        ) from None


def read_shares(options: Sequence[str]) -> dict[str, float] | None:
    shares: dict[str, float] = {}
    for option in options:
        name, _, text = option.rpartition("=")
        try:
            shares[name] = float(text)
        except ValueError:
            shares[name] = -1.0
        if not (name and 0 < shares[name] < float("inf")):
            raise click.BadParameter(
                gettext("expected ARM=SHARE with a share above 0, got %(option)r", option=option),
                param_hint="--share",
            )
    return shares or None


def _profit(options: Mapping[str, Any], design: Design) -> ProfitTerms | None:
    margin = options["margin"]
    if margin is None:
        for flag, given in (
            ("--offer-cost", options["offer_cost"]),
            ("--contact-cost", options["contact_costs"]),
        ):
            if given:
                raise click.UsageError(
                    gettext("%(flag)s is part of the net profit; give the --margin too.", flag=flag)
                )
        return None
    name, low, high = _margin(margin, [m.name for m in design.metrics if m.kind == "mean"])
    usual, of_arms = read_contact_costs(options["contact_costs"])
    return ProfitTerms(
        metric=name,
        margin_low=low,
        margin_high=high,
        offer_cost=options["offer_cost"],
        contact_cost=usual,
        contact_costs=of_arms,
    )


def read_contact_costs(options: Sequence[str]) -> tuple[Fraction, dict[str, Fraction]]:
    """(of every arm but the control, of the arms that differ)."""
    costs: dict[str, Fraction] = {}
    for option in options:
        arm, equals, text = option.rpartition("=")
        if equals and not arm:
            raise click.BadParameter(
                gettext("expected MONEY or ARM=MONEY, got %(option)r", option=option),
                param_hint="--contact-cost",
            )
        if arm in costs:
            raise click.UsageError(
                gettext(
                    "--contact-cost is given twice for %(arm)r; give it once, or ARM=MONEY per"
                    " arm.",
                    arm=arm,
                )
                if arm
                else gettext(
                    "--contact-cost is given twice for every arm; give it once, or ARM=MONEY per"
                    " arm."
                )
            )
        costs[arm] = _money(text, option)
    return costs.pop("", Fraction(0)), costs


def _margin(option: str, money: Sequence[str]) -> tuple[str, Fraction, Fraction]:
    """(metric, lowest, highest)."""
    if not money:
        raise click.UsageError(gettext("--margin is earned on money: name a --metric."))
    name, equals, text = option.rpartition("=")
    if not equals:
        name = money[0]
    if name not in money:
        raise click.BadParameter(
            gettext(
                "there is no --metric %(name)r; there are: %(money)s",
                name=name,
                money=", ".join(money),
            ),
            param_hint="--margin",
        )
    first, dash, last = text.partition("-")
    # 35-45% means percent at both ends
    if dash and last.strip().endswith("%") and not first.strip().endswith("%"):
        first += "%"
    low = read_rate(first)
    high = read_rate(last) if dash else low
    if low is None or high is None or not (0 <= low <= high <= 1 and high > 0):
        raise click.BadParameter(
            gettext(
                "expected a share of the price from 0 to 1 (0.4 or 40%%) or a range (35%%-45%%),"
                " got %(option)r",
                option=option,
            ),
            param_hint="--margin",
        )
    return name, low, high


def read_rate(text: str) -> Fraction | None:
    value = _decimal(text.strip().removesuffix("%"))
    if value is None:
        return None
    return Fraction(value) / 100 if text.strip().endswith("%") else Fraction(value)


def _money(text: str, option: str) -> Fraction:
    value = _decimal(text.strip())
    if value is None or not 0 <= value <= _MOST_MONEY or round(value, _MONEY_DECIMALS) != value:
        raise click.BadParameter(
            gettext(
                "expected money per customer, 0 or more with at most %(decimals)s decimals (0.05"
                " or ARM=0.05), got %(option)r",
                decimals=_MONEY_DECIMALS,
                option=option,
            ),
            param_hint="--contact-cost",
        )
    return Fraction(value)


def _decimal(text: str) -> Decimal | None:
    """A plain finite number."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and len(text) <= 30 and abs(value.adjusted()) <= 30 else None


def _refuse_overlap(asked: Asked) -> None:
    design = asked.design
    if design.arm in design.segments:
        raise click.UsageError(
            gettext("Column %(arm)r cannot be the arm and a segment as well.", arm=design.arm)
        )
    if design.arm == design.stratum:
        raise click.UsageError(
            gettext("Column %(arm)r cannot be the arm and the stratum as well.", arm=design.arm)
        )
    for name in asked.texts():
        if name in asked.numbers():
            raise click.UsageError(
                gettext(
                    "Column %(name)r cannot be a metric or covariate and an arm or segment as"
                    " well.",
                    name=name,
                )
            )
    _refuse_covariates(asked)
    terms = asked.profit
    if terms is None:
        return
    goods = next(metric for metric in design.metrics if metric.name == terms.metric)
    if terms.offer_cost in goods.value:
        raise click.UsageError(
            gettext(
                "Column %(offer_cost)r cannot be what is sold and what the offer cost as well.",
                offer_cost=terms.offer_cost,
            )
        )


def _refuse_covariates(asked: Asked) -> None:
    """A covariate is from before the start; what is measured after it cannot be one."""
    terms = asked.profit
    uses = {
        name: gettext("metric %(name)r", name=m.name)
        for m in asked.design.metrics
        for name in m.columns()
    }
    if terms is not None and terms.offer_cost is not None:
        uses[terms.offer_cost] = "--offer-cost"
    if asked.uptake is not None:
        uses[asked.uptake] = "--uptake"
    for name in asked.design.covariates:
        if name in uses:
            raise click.UsageError(
                gettext(
                    "Column %(name)r cannot be a --covariate and %(use)s as well: a covariate"
                    " is from before the start.",
                    name=name,
                    use=uses[name],
                )
            )
