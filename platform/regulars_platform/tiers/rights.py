"""What each tier is entitled to, and what that costs in a year.

Kept in the section `rights` of the shop's practice. A right belongs to the tier it names and all
above it. Costs come from the customers and orders that are there, not from hopes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import WHOLE, FieldReader, money_text, percent_text
from regulars_platform.shops.practice import HasPractice, read_section
from regulars_platform.words import N_

RIGHTS = "rights"
MOST_RIGHTS = 12
LONGEST_RIGHT = 100
MOST_USES = 1000

Per = Literal["year", "order", "use"]
PERS: tuple[Per, ...] = ("year", "order", "use")
CARES = ("", "birthday", "tier_changed", "tier_near", "joined")
"""Kinds of programmes that bring a right to people by themselves."""

USUAL_MARGIN = (3000, 5000)


@dataclass(frozen=True, kw_only=True, slots=True)
class Right:
    """cost (ten-thousandths) arises once a year for each customer, for each order, or for each use.

    used: the share (basis points) of customers who use it, or of orders it is used on; uses: how
    often a year somebody does who uses it (only for `per` "use"). tier: the lowest that has it.
    care: the kind of programme that brings it to people; "" for none.
    """

    name: str
    tier: str
    per: Per
    cost: int
    used: int = WHOLE
    uses: int = 1
    care: str = ""

    def cost_in_a_year(self, customers: int, orders: int) -> int:
        """Ten-thousandths, for so many customers and their orders of a year."""
        times = {"year": customers, "order": orders, "use": customers * self.uses}[self.per]
        return round(self.cost * times * self.used / WHOLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rights:
    """margin: from and to, of goods sold, in basis points."""

    rights: tuple[Right, ...] = ()
    margin: tuple[int, int] = USUAL_MARGIN

    def of_tier(self, name: str, order: Sequence[str]) -> list[Right]:
        """Those that somebody in the tier has. order: names of tiers, lowest first."""
        if name not in order:
            return []
        held = set(order[: order.index(name) + 1])
        return [right for right in self.rights if right.tier in held]


def read_rights(shop: HasPractice) -> Rights:
    """What the shop kept; no rights where it kept none."""
    kept = read_section(shop, RIGHTS)
    return Rights() if not kept else _read(FieldReader(kept), kept.get("rights") or [])


def parse_rights(typed: Mapping[str, Any], tiers: Sequence[str]) -> Rights:
    """From the fields margin_low, margin_high and, line by line, name-0, tier-0, per-0, cost-0,
    used-0, uses-0, care-0; a line without a name and a cost is passed over.

    Errors: InvalidInputError, each problem beside its field.
    """
    reader = FieldReader(typed)
    parts = ("name", "tier", "per", "cost", "used", "uses", "care")
    lines = []
    for place in range(MOST_RIGHTS):
        line = {part: typed.get(f"{part}-{place}") for part in parts}
        if any(str(line[part] or "").strip() for part in ("name", "cost")):
            lines.append((place, line))
    found = []
    for place, line in lines:
        own = FieldReader(line)
        own.choice("tier", tiers)
        right = _right(own)
        for problem in own.problems:
            problem.field = f"{problem.field}-{place}"
        reader.problems += own.problems
        if right is not None and not own.problems:
            found.append(right)
    margin = _margin(reader)
    names = [right.name.casefold() for right in found]
    for place, name in enumerate(names):
        if name in names[:place] and not reader.problems:
            reader.refuse(
                f"name-{lines[place][0]}",
                N_("This right stands there twice: give it another name."),
            )
    if reader.problems:
        raise InvalidInputError(reader.problems)
    return Rights(rights=tuple(found), margin=margin)


def rights_json(rights: Rights) -> dict[str, Any]:
    """The stored form; `read_rights` reads it."""
    low, high = rights.margin
    return {
        "margin_low": percent_text(low),
        "margin_high": percent_text(high),
        "rights": [
            {
                "name": right.name,
                "tier": right.tier,
                "per": right.per,
                "cost": money_text(right.cost),
                "used": percent_text(right.used),
                "uses": right.uses,
                "care": right.care,
            }
            for right in rights.rights
        ],
    }


def _read(reader: FieldReader, lines: Sequence[Mapping[str, Any]]) -> Rights:
    found = [_right(FieldReader(line)) for line in lines]
    rights = tuple(right for right in found if right is not None)
    return Rights(rights=rights, margin=_margin(reader))


def _margin(reader: FieldReader) -> tuple[int, int]:
    low = reader.percent("margin_low", default=USUAL_MARGIN[0])
    high = reader.percent("margin_high", default=USUAL_MARGIN[1])
    if low is None or high is None:
        return USUAL_MARGIN
    if low > high:
        reader.refuse("margin_low", N_("The lower end lies above the upper end: swap them."))
    return low, high


def _right(reader: FieldReader) -> Right | None:
    name = reader.text("name", limit=LONGEST_RIGHT)
    tier = reader.text("tier")
    per = reader.choice("per", PERS, default="year")
    cost = reader.money("cost")
    used = reader.percent("used", default=WHOLE)
    uses = reader.whole("uses", low=1, high=MOST_USES, default=1)
    care = reader.choice("care", CARES, default="")
    if reader.problems or None in (name, tier, cost, used, uses):
        return None
    return Right(
        name=name or "",
        tier=tier or "",
        per=next(one for one in PERS if one == per),
        cost=cost or 0,
        used=used or 0,
        uses=uses or 1,
        care=care or "",
    )
