"""The options of `regulars uplift` as values, or a sentence about what is wrong with them."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import click

from regulars_platform.randomised.uplifting import UpliftQuestion
from regulars_web.commands.evaluate_options import read_contact_costs, read_rate
from regulars_web.commands.evaluate_options import read_shares as shares_of
from regulars_web.spoken import gettext


def read_options(options: Mapping[str, Any]) -> UpliftQuestion:
    """Everything that is asked, by the names of the command's parameters."""
    treated = tuple(dict.fromkeys(options["treated"]))
    if options["control"] in treated:
        raise click.UsageError(
            gettext(
                "%(control)r cannot be --treated and --control as well.", control=options["control"]
            )
        )
    if not 0.5 <= options["confidence"] < 1:
        raise click.BadParameter(
            gettext("expected a number from 0.5 to below 1"), param_hint="--confidence"
        )
    share, cost = options["budget_share"], options["budget_cost"]
    if share is not None and not 0 < share <= 1:
        raise click.BadParameter(
            gettext(
                "expected a share of the customers above 0 and up to 1, got %(share)s", share=share
            ),
            param_hint="--budget-share",
        )
    costs = _costs(options["contact_costs"], treated)
    if cost is not None and not (cost > 0 and all(costs.get(name, 0) > 0 for name in treated)):
        raise click.UsageError(
            gettext("--budget-cost needs an amount above 0 and the --contact-cost of every arm.")
        )
    shares = shares_of(options["shares"])
    arms = (options["control"], *treated)
    if shares is not None and set(shares) != set(arms):
        raise click.BadParameter(
            gettext(
                "expected one share for each of %(arms)s, got %(shares)s",
                arms=", ".join(arms),
                shares=", ".join(shares),
            ),
            param_hint="--share",
        )
    question = UpliftQuestion(
        arm=options["arm"],
        treated=treated,
        control=options["control"],
        outcome=options["outcome"],
        features=tuple(options["features"]) or None,
        margin=_margin(options["margin"]),
        contact_costs=costs,
        shares=shares,
        weight=options["weight"],
        segment=options["segment"],
        customer_id=options["customer_id"],
        budget_share=share,
        budget_cost=cost,
        learners=_learners(options["learners"]),
        seed=options["seed"],
        confidence=options["confidence"],
        threads=options["threads"],
    )
    _refuse_overlap(question)
    return question


def _margin(text: str | None) -> Fraction | None:
    if text is None:
        return None
    rate = read_rate(text)
    if rate is None or not 0 < rate <= 1:
        raise click.BadParameter(
            gettext(
                "expected a share of the price above 0 and up to 1 (0.4 or 40%%), got %(text)r",
                text=text,
            ),
            param_hint="--margin",
        )
    return rate


def _costs(options: Sequence[str], treated: Sequence[str]) -> dict[str, Fraction]:
    usual, of_arms = read_contact_costs(options)
    for name in of_arms:
        if name not in treated:
            raise click.BadParameter(
                gettext(
                    "there is no --treated %(name)r; there are: %(treated)s",
                    name=name,
                    treated=", ".join(treated),
                ),
                param_hint="--contact-cost",
            )
    return {name: of_arms.get(name, usual) for name in treated}


def _learners(options: Sequence[str]) -> tuple[tuple[str, str], ...] | None:
    found = []
    for option in options:
        name, slash, base = option.rpartition("/")
        if not (slash and name and base in {"linear", "boosted"}):
            raise click.BadParameter(
                gettext(
                    "expected NAME/linear or NAME/boosted, such as T/linear, got %(option)r",
                    option=option,
                ),
                param_hint="--learner",
            )
        found.append((name, base))
    return tuple(dict.fromkeys(found)) or None


def _refuse_overlap(question: UpliftQuestion) -> None:
    """A feature is from before the draw; the arm and the outcome are not."""
    for name in question.features or ():
        if name in {question.arm, question.outcome, question.weight}:
            raise click.UsageError(
                gettext(
                    "Column %(name)r cannot be a --feature: a feature is what was known of a"
                    " customer before the draw.",
                    name=name,
                )
            )
    ours = {"row", "arm", "fold", "action", *(f"effect:{name}" for name in question.treated)}
    if question.customer_id in ours:
        raise click.UsageError(
            gettext(
                "Column %(customer_id)r cannot be the --id: --scores writes a column of its own"
                " by that name. Rename it in the file.",
                customer_id=question.customer_id,
            )
        )
    taken = [question.arm, question.outcome, question.weight]
    if len({name for name in taken if name}) < len([name for name in taken if name]):
        raise click.UsageError(
            gettext("--arm, --outcome and --weight are three different columns.")
        )
    if question.segment is not None and question.segment in taken:
        raise click.UsageError(
            gettext(
                "Column %(segment)r cannot be the --segment: segments are from before the draw.",
                segment=question.segment,
            )
        )
