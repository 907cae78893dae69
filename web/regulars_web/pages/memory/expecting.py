"""What a draft is expected to earn, for the side of the plan form."""

from dataclasses import dataclass

from flask_babel import gettext

from regulars_platform.campaigns.preview import Preview
from regulars_platform.memory.forecast import ArmForecast
from regulars_web.pages.memory.words import basis_text
from regulars_web.pages.reports.words import amount, chance, interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Expectation:
    """One arm: what it is expected to earn in all, the chance of a loss, and where that is from."""

    arm: str
    value: str
    range: str
    loss: str
    basis: str
    remembered: bool


def expectations(preview: Preview, currency: str) -> list[Expectation]:
    """One for each arm of a draft that says enough; none while it does not."""
    return [_expectation(arm, currency) for arm in preview.forecast or ()]


def _expectation(arm: ArmForecast, currency: str) -> Expectation:
    return Expectation(
        arm=arm.arm,
        value=amount(arm.expected, currency, whole=True, signed=True),
        range=interval(arm.low, arm.high, currency, whole=True),
        loss=str(gettext("%(chance)s likely to lose money", chance=chance(arm.chance_of_loss))),
        basis=basis_text(arm.units, arm.remembered, arm.campaigns),
        remembered=bool(arm.remembered),
    )
