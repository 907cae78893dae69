"""A ladder: one offer at several thresholds, as arms of equal shares.

The steps are typed as a list, of multiples of each customer's own past order value or of thresholds
for everybody. What comes out are ordinary arms, to be changed as such.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from flask_babel import gettext

from regulars_experiments.price_points import at_or_above, nearest
from regulars_platform.campaigns.plan import MAX_ARMS
from regulars_platform.fields import money_text
from regulars_platform.offers.kinds import MAX_MULTIPLE
from regulars_platform.orders.table import MONEY_SCALE
from regulars_web.formats import number
from regulars_web.pages.campaigns.numbers import even_shares, read_decimal

OWN, SHOP = "own", "shop"
LADDER_FIELDS = ("kind", "multiples", "price_points", "thresholds")
MULTIPLES = "0.9, 1, 1.15, 1.3"
_LARGEST_MULTIPLE = MAX_MULTIPLE // MONEY_SCALE
_SHOP_STEPS = (Decimal("0.75"), Decimal(1), Decimal("1.25"))


@dataclass(frozen=True, kw_only=True, slots=True)
class LadderChoice:
    """What stands in the ladder's fields, as typed. kind: OWN or SHOP; problem: beside its list."""

    kind: str = OWN
    multiples: str = MULTIPLES
    price_points: str = "nines"
    thresholds: str = ""
    problem: str = ""

    @property
    def is_own(self) -> bool:
        """Whether each customer gets a threshold of their own."""
        return self.kind != SHOP


def suggested_ladder(arms: Sequence[Mapping[str, Any]]) -> LadderChoice:
    """The fields as they first stand: the steps of the arms, or some around their threshold."""
    offers = [arm["offer"] for arm in arms if isinstance(arm.get("offer"), Mapping)]
    own = [str(offer["multiple"]) for offer in offers if offer.get("multiple")]
    if own:
        return LadderChoice(multiples=", ".join(own))
    first = read_decimal(offers[0].get("threshold")) if offers else None
    return LadderChoice(thresholds=_thresholds_around(first))


def ladder_arms(
    choice: LadderChoice, arms: Sequence[Mapping[str, Any]], *, holdout: str
) -> tuple[LadderChoice, list[dict[str, Any]] | None]:
    """The arms of a ladder like the first arm; None, and the problem in the choice, without one."""
    pattern = dict(arms[0]) if arms else {}
    offer = dict(pattern.get("offer") or {})
    typed = choice.multiples if choice.is_own else choice.thresholds
    steps = _steps(typed)
    problem = _spelling(typed, steps) or _problem(choice, offer, steps)
    if problem or steps is None:
        return replace(choice, problem=problem), None
    offers = _own_offers(offer, steps, choice) if choice.is_own else _shop_offers(offer, steps)
    shares = even_shares(holdout, len(steps))
    names = [f"k = {step:f}" if choice.is_own else "" for step in steps]
    made = [
        pattern | {"name": name, "offer": of_step, "share_percent": share}
        for name, of_step, share in zip(names, offers, shares, strict=True)
    ]
    return replace(choice, problem=""), made


def _own_offers(
    offer: dict[str, Any], steps: Sequence[Decimal], choice: LadderChoice
) -> list[dict[str, Any]]:
    style = "round" if choice.price_points == "round" else "nines"
    own = {"reach": "personal", "price_points": style, "threshold": _lowest(offer)}
    return [offer | own | {"multiple": f"{step:f}"} for step in steps]


def _shop_offers(offer: dict[str, Any], steps: Sequence[Decimal]) -> list[dict[str, Any]]:
    plain = {name: value for name, value in offer.items() if name not in _OWN_FIELDS}
    return [plain | {"reach": "personal", "threshold": f"{step:f}"} for step in steps]


_OWN_FIELDS = ("multiple", "price_points")


def _lowest(offer: Mapping[str, Any]) -> str:
    """A lowest threshold to start from: half the one for all, and above what is taken off."""
    typed = str(offer.get("threshold") or "")
    threshold = read_decimal(typed)
    if offer.get("multiple") or threshold is None or threshold <= 0:
        return typed
    lowest = int(nearest([int(threshold * MONEY_SCALE) // 2], "round")[0])
    amount = read_decimal(offer.get("amount"))
    if amount is not None and amount > 0:
        lowest = max(lowest, int(at_or_above([int(amount * MONEY_SCALE) + 1], "round")[0]))
    return money_text(lowest)


def _thresholds_around(threshold: Decimal | None) -> str:
    if threshold is None or threshold <= 0:
        return ""
    around = [int(threshold * MONEY_SCALE * step) for step in _SHOP_STEPS]
    points = sorted({int(point) for point in nearest(around, "nines")})
    return ", ".join(money_text(point) for point in points)


def _steps(typed: str) -> list[Decimal] | None:
    """The numbers of a list, rising; None where a part of it is none."""
    parts = [part for part in re.split(r"[\s,;，；、]+", typed.strip()) if part]
    numbers = [read_decimal(part) for part in parts]
    known = [step.normalize() for step in numbers if step is not None]
    return None if None in numbers else sorted(known)


_BETWEEN_DIGITS = re.compile(r"\d[,，]\d")
_OTHER_MARKS = re.compile(r"[;；、]|\d\s+\d")


def _spelling(typed: str, steps: Sequence[Decimal] | None) -> str:
    """What is odd about a list that can be read all the same; "" for nothing."""
    if _BETWEEN_DIGITS.search(typed) and _OTHER_MARKS.search(typed):
        return str(
            gettext(
                "Decimals take a point, as in: %(example)s. A comma stands between two steps.",
                example=MULTIPLES,
            )
        )
    again = next((a for a, b in pairwise(steps or ()) if a == b), None)
    if again is None:
        return ""
    return str(gettext("Each step once: %(step)s came more than once.", step=f"{again:f}"))


def _problem(
    choice: LadderChoice, offer: Mapping[str, Any], steps: Sequence[Decimal] | None
) -> str:
    """What keeps a ladder from being made; "" for nothing."""
    if offer.get("kind") == "message":
        return str(gettext("A message has no threshold: choose another kind of offer first."))
    if not steps or any(step <= 0 for step in steps):
        example = MULTIPLES if choice.is_own else "59, 79, 99"
        return str(
            gettext(
                "Numbers above zero are expected, written with a point, as in: %(example)s.",
                example=example,
            )
        )
    if len(steps) > MAX_ARMS:
        return str(
            gettext(
                "A plan has at most %(limit)s arms, these are %(found)s steps.",
                limit=MAX_ARMS,
                found=number(len(steps)),
            )
        )
    if choice.is_own and steps[-1] > _LARGEST_MULTIPLE:
        return str(
            gettext(
                "At most %(most)s times the own order value is possible, %(got)s came. Decimals "
                "take a point.",
                most=_LARGEST_MULTIPLE,
                got=f"{steps[-1]:f}",
            )
        )
    if any(step * MONEY_SCALE % 1 for step in steps):
        return str(gettext("This has more decimals than can be kept."))
    return ""
