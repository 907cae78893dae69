"""The rules of tiers as a person writes them down: one measure, and from where each tier begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from regulars_platform.customers.tiers import IN_MONEY, MEASURES, By, Tier
from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import FieldReader
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.words import N_

MOST_TIERS = 8
LONGEST_NAME = 60
MOST = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """One line of the form. place: its number there; below: the end, where one was given."""

    place: int
    name: str
    least: Decimal
    below: Decimal | None


def parse_tiers(typed: Mapping[str, Any]) -> tuple[Tier, ...]:
    """Tiers, lowest first, from the fields by, name-0, from-0, below-0 and so on; lines without a
    name and a number are passed over, and no line at all means no tiers.

    `below` is where a tier ends, for those who write both ends down; it has to be where the next
    begins. Errors: InvalidInputError, each problem in words beside its field.
    """
    reader = FieldReader(typed)
    by = reader.choice("by", MEASURES)
    rows = [row for place in range(MOST_TIERS) if (row := _read_row(reader, place, by))]
    if not reader.problems:
        _refuse_repeated(reader, rows)
        _refuse_disorder(reader, rows)
    if reader.problems or by is None:
        raise InvalidInputError(reader.problems)
    measure: By = next(one for one in MEASURES if one == by)
    return tuple(Tier(name=row.name, by=measure, least=float(row.least)) for row in rows)


def tiers_json(tiers: Sequence[Tier]) -> list[dict[str, Any]] | None:
    """The stored form, as `read_tiers` reads it; None where there are none."""
    rules = [{"name": one.name, "rule": {"by": one.by, "from": _plain(one.least)}} for one in tiers]
    return rules or None


def tiers_typed(tiers: Sequence[Tier]) -> dict[str, str]:
    """The fields of the form for rules that are kept."""
    fields: dict[str, str] = {"by": tiers[0].by if tiers else MEASURES[0]}
    for place, one in enumerate(tiers):
        fields |= {f"name-{place}": one.name, f"from-{place}": _plain(one.least)}
    return fields


def _read_row(reader: FieldReader, place: int, by: str | None) -> _Row | None:
    name, start, end = (f"{part}-{place}" for part in ("name", "from", "below"))
    if all(not str(reader.raw.get(field) or "").strip() for field in (name, start, end)):
        return None
    title = reader.text(name, limit=LONGEST_NAME)
    least = _number(reader, start, by)
    below = None if reader.raw.get(end) in (None, "") else _number(reader, end, by)
    if title is None or least is None:
        return None
    return _Row(place=place, name=title, least=least, below=below)


def _number(reader: FieldReader, field: str, by: str | None) -> Decimal | None:
    if by in IN_MONEY:
        amount = reader.money(field)
        if amount is not None and amount > MOST * MONEY_SCALE:
            reader.refuse(field, N_("At most 1,000,000,000 fits here."))
            return None
        return None if amount is None else Decimal(amount) / MONEY_SCALE
    whole = reader.whole(field, low=0, high=MOST)
    return None if whole is None else Decimal(whole)


def _refuse_repeated(reader: FieldReader, rows: Sequence[_Row]) -> None:
    names: dict[str, _Row] = {}
    for row in rows:
        same = names.setdefault(row.name.casefold(), row)
        if same is not row:
            reader.refuse(
                f"name-{row.place}",
                N_("There are two tiers called “%(name)s”: give each a name of its own."),
                name=row.name,
            )


def _refuse_disorder(reader: FieldReader, rows: Sequence[_Row]) -> None:
    """Tiers that overlap, do not rise or leave a gap."""
    for lower, upper in pairwise(rows):
        said: dict[str, Any] = {
            "lower": lower.name,
            "upper": upper.name,
            "start": _plain(upper.least),
        }
        if upper.least == lower.least:
            reader.refuse(
                f"from-{upper.place}",
                N_(
                    "“%(lower)s” and “%(upper)s” both begin at %(start)s: nobody could tell them "
                    "apart. Let the higher tier begin higher."
                ),
                **said,
            )
        elif upper.least < lower.least:
            reader.refuse(
                f"from-{upper.place}",
                N_(
                    "“%(upper)s” begins at %(start)s, below “%(lower)s”, which begins at %(end)s. "
                    "Write the lowest tier first."
                ),
                **said,
                end=_plain(lower.least),
            )
        elif lower.below is not None and lower.below > upper.least:
            reader.refuse(
                f"below-{lower.place}",
                N_(
                    "“%(lower)s” goes up to %(end)s and “%(upper)s” begins at %(start)s already: "
                    "they overlap. Let one end where the next begins."
                ),
                **said,
                end=_plain(lower.below),
            )
        elif lower.below is not None and lower.below < upper.least:
            reader.refuse(
                f"below-{lower.place}",
                N_(
                    "“%(lower)s” ends at %(end)s and “%(upper)s” only begins at %(start)s: who is "
                    "between would be in neither. Let one end where the next begins."
                ),
                **said,
                end=_plain(lower.below),
            )
    if rows and rows[-1].below is not None:
        reader.refuse(
            f"below-{rows[-1].place}", N_("The highest tier has no end: leave this empty.")
        )


def _plain(number: Decimal | float) -> str:
    return format(Decimal(str(number)).normalize() + 0, "f")
