"""The terms with the numbers of a plan in the making, as the form's side knows them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask_babel import gettext, ngettext

from regulars_platform.launching.preview import Preview
from regulars_web.formats import money, number, percent
from regulars_web.words.reports import amount, chance


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A preview in which somebody takes part, and the currency of its amounts."""

    preview: Preview
    currency: str
    drawn: int

    def counted(self, n: int) -> str:
        """ "41,200 customers"."""
        return str(ngettext("%(n)s customer", "%(n)s customers", n, n=number(n)))


def sentence_of_preview(key: str, preview: Preview, currency: str) -> str | None:
    """A term in the words of this plan; None where the plan does not say enough yet."""
    say, count = SENTENCES.get(key), preview.head_count
    if say is None or count is None or not count.drawn:
        return None
    return say(Planned(preview=preview, currency=currency, drawn=count.drawn))


def _holdout(plan: Planned) -> str | None:
    held = plan.preview.holdout
    if held is None or plan.preview.head_count is None or plan.preview.head_count.groups:
        return None
    return str(
        gettext(
            "Of %(all)s, about %(n)s will be held back at random (holdout): what they do will "
            "show what would have happened anyway.",
            all=plan.counted(plan.drawn),
            n=number(held.customers),
        )
    )


def _detectable(plan: Planned) -> str | None:
    held, arms = plan.preview.holdout, plan.preview.arms or ()
    sizes = [arm.foreseen.detectable for arm in arms if arm.foreseen is not None]
    if held is None or not sizes or sizes[0] is None:
        return None
    return str(
        gettext(
            "With about %(held)s held back, a difference in profit of %(each)s each would be "
            "proved four times out of five; a smaller one may be there and stay hidden.",
            held=plan.counted(held.customers),
            each=amount(sizes[0], plan.currency),
        )
    )


def _leak(plan: Planned) -> str | None:
    leak = next((arm.leak for arm in plan.preview.arms or () if arm.leak is not None), None)
    if leak is None or leak.share is None:
        return None
    return str(
        gettext(
            "In a past window %(share)s of these customers' orders would have got the offer "
            "without being told of it, which would have cost %(cost)s without anything in return.",
            share=percent(leak.share, 0),
            cost=money(leak.cost, plan.currency, whole=True),
        )
    )


def _segment(plan: Planned) -> str | None:
    count = plan.preview.head_count
    if count is None or len(count.segments) < 2:
        return None
    return str(
        gettext(
            "The %(all)s who take part are in %(n)s segments, each found by a rule before the "
            "draw and each with a result of its own.",
            all=plan.counted(plan.drawn),
            n=number(len(count.segments)),
        )
    )


def _margin(plan: Planned) -> str | None:
    share = plan.preview.margin
    if share is None:
        return None
    return str(
        gettext(
            "Of every %(hundred)s of goods sold this plan takes about %(left)s to be left once "
            "the goods are paid for.",
            hundred=amount(100, plan.currency, whole=True),
            left=amount(100 * share, plan.currency, whole=True),
        )
    )


def _chance(plan: Planned) -> str | None:
    forecast = plan.preview.forecast
    if not forecast:
        return None
    return str(
        gettext(
            "By all that is known before the campaign it is %(chance)s likely to earn more than "
            "it costs.",
            chance=chance(1 - forecast[0].chance_of_loss),
        )
    )


def _memory(plan: Planned) -> str | None:
    forecast = plan.preview.forecast
    if not forecast:
        return None
    past = forecast[0].campaigns
    if not past:
        return str(
            gettext(
                "No earlier campaign of this kind is remembered, so the forecast leans on what "
                "offers usually bring; the next one will start from this campaign."
            )
        )
    return str(
        ngettext(
            "The forecast starts from %(n)s earlier campaign of this kind.",
            "The forecast starts from %(n)s earlier campaigns of this kind.",
            past,
            n=number(past),
        )
    )


SENTENCES: Mapping[str, Callable[[Planned], str | None]] = {
    "holdout": _holdout,
    "detectable": _detectable,
    "leak": _leak,
    "segment": _segment,
    "margin": _margin,
    "chance": _chance,
    "memory": _memory,
}
"""Term -> its sentence with a plan's numbers."""
