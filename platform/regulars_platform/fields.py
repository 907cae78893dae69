"""Reading a form or JSON object field by field, collecting every problem beside its field.

Money becomes ten-thousandths, percentages become basis points (hundredths of a percent, which are
ten-thousandths of the whole): integers both, so nothing is rounded without being told.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from regulars_platform.errors import RegularsError
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.words import N_, Sentence

WHOLE = 10_000
"""100% in basis points."""

_LARGEST = Decimal(10) ** 10
_FIRST_YEAR, _LAST_YEAR = 1900, 2999


class FieldError(RegularsError):
    """One field does not hold; `field` says which."""


class FieldReader:
    """Reads values out of a mapping; each reading returns None and notes a problem, or the value.

    prefix: put before field names in problems ("arms.0.").
    """

    def __init__(self, raw: object, prefix: str = "") -> None:
        self.raw: Mapping[str, object] = raw if isinstance(raw, Mapping) else {}
        self.prefix = prefix
        self.problems: list[RegularsError] = []
        if not isinstance(raw, Mapping):
            self.refuse("", N_("A group of named fields is expected here."))

    def refuse(
        self, field: str, template: str, hint: Sentence | None = None, **parameters: object
    ) -> None:
        """Note that `field` does not hold."""
        path = (self.prefix + field).rstrip(".")
        self.problems.append(FieldError(Sentence(template, parameters), hint, field=path))

    def inner(self, field: str, raw: object) -> "FieldReader":
        """A reader for an object inside this one, whose problems land here too.

        Where the object is missing altogether, its fields are.
        """
        reader = FieldReader({} if raw is None else raw, f"{self.prefix}{field}.")
        reader.problems, own = self.problems, reader.problems
        self.problems.extend(own)
        return reader

    def refuse_unknown(self, known: Sequence[str]) -> None:
        """Note fields that nobody reads: a misspelt field must not be lost in silence."""
        for name in sorted(str(name) for name in set(self.raw) - set(known)):
            self.refuse(name, N_("There is no field called %(name)s."), name=name)

    def text(self, field: str, *, limit: int = 200, optional: bool = False) -> str | None:
        """Text without surrounding blanks; "" only where it is optional."""
        value = self.raw.get(field)
        if value is None or value == "":
            if not optional:
                self.refuse(field, N_("Please fill this in."))
            return "" if optional else None
        if not isinstance(value, str):
            self.refuse(field, N_("Text is expected, %(got)s came."), got=repr(value))
            return None
        clean = value.strip()
        if not clean and not optional:
            self.refuse(field, N_("Please fill this in."))
            return None
        if len(clean) > limit:
            self.refuse(
                field,
                N_("At most %(limit)s characters fit here, %(found)s came."),
                limit=limit,
                found=len(clean),
            )
            return None
        return clean

    def choice(
        self, field: str, allowed: Sequence[str], *, default: str | None = None
    ) -> str | None:
        """One of the allowed words."""
        value = self.raw.get(field)
        if value in (None, "") and default is not None:
            return default
        if not isinstance(value, str) or value not in allowed:
            self.refuse(
                field,
                N_("Choose one of: %(allowed)s; %(got)s came."),
                allowed=", ".join(allowed),
                got=repr(value),
            )
            return None
        return value

    def money(self, field: str, *, least: int | None = 0, default: int | None = None) -> int | None:
        """Currency units with up to four decimals -> ten-thousandths, at least `least`.

        least=None: any number above zero. default: taken where the field is empty.
        """
        number = self._number(field, default is not None)
        if number is None:
            return default if self._empty(field) else None
        return self._scaled(field, number, least)

    def percent(
        self, field: str, *, least: int | None = 0, default: int | None = None
    ) -> int | None:
        """Percent with up to two decimals -> basis points, at most 10,000."""
        number = self._number(field, default is not None)
        if number is None:
            return default if self._empty(field) else None
        points = self._scaled(field, number / 100, least)
        if points is not None and points > WHOLE:
            self.refuse(field, N_("At most 100 percent is possible, %(got)s came."), got=number)
            return None
        return points

    def whole(self, field: str, *, low: int, high: int, default: int | None = None) -> int | None:
        """A whole number from low to high."""
        number = self._number(field, default is not None)
        if number is None:
            return default if self._empty(field) else None
        if number != number.to_integral_value() or not low <= number <= high:
            self.refuse(
                field,
                N_("A whole number from %(low)s to %(high)s is expected, %(got)s came."),
                low=low,
                high=high,
                got=number,
            )
            return None
        return int(number)

    def date(self, field: str) -> dt.date | None:
        """A calendar day as YYYY-MM-DD."""
        value = self.raw.get(field)
        if value in (None, ""):
            self.refuse(field, N_("Please give a day, as in 2026-01-31."))
            return None
        try:
            day = dt.date.fromisoformat(str(value).strip())
        except ValueError:
            self.refuse(
                field, N_("A day as in 2026-01-31 is expected, %(got)s came."), got=repr(value)
            )
            return None
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            # windows before and after a day are reckoned from it, in any time zone
            self.refuse(
                field,
                N_("A day from %(first)s to %(last)s is expected, %(got)s came."),
                first=str(_FIRST_YEAR),
                last=str(_LAST_YEAR),
                got=day.isoformat(),
            )
            return None
        return day

    def items(self, field: str) -> list[object]:
        """The entries of a list; none where the field is missing."""
        value = self.raw.get(field)
        if value is None:
            return []
        if isinstance(value, str) or not isinstance(value, Sequence):
            self.refuse(field, N_("A list is expected here."))
            return []
        return list(value)

    def _empty(self, field: str) -> bool:
        return self.raw.get(field) in (None, "")

    def _number(self, field: str, optional: bool) -> Decimal | None:
        if self._empty(field):
            if not optional:
                self.refuse(field, N_("Please give a number."))
            return None
        value = self.raw[field]
        number: Decimal | None = None
        # floats are let in only for what JSON makes of a number; their repr is what was typed
        if isinstance(value, int | float | str | Decimal) and not isinstance(value, bool):
            try:
                number = Decimal(str(value).strip())
            except InvalidOperation:
                number = None
        if number is None or not number.is_finite() or abs(number) > _LARGEST:
            self.refuse(
                field,
                N_("A number such as 2 or 49.90 is expected, %(got)s came."),
                Sentence(N_("Write it with a point and without thousands signs or currency.")),
                got=repr(value),
            )
            return None
        return number

    def _scaled(self, field: str, number: Decimal, least: int | None) -> int | None:
        scaled = number * MONEY_SCALE
        if scaled != scaled.to_integral_value():
            self.refuse(field, N_("This has more decimals than can be kept."))
            return None
        if least is None and scaled <= 0:
            self.refuse(field, N_("More than zero is expected here."))
            return None
        if least is not None and scaled < least:
            self.refuse(field, N_("This may not be negative."))
            return None
        return int(scaled)


def money_text(amount: int) -> str:
    """Ten-thousandths -> decimal text without needless zeros.

    >>> money_text(799_900), money_text(800_000), money_text(-1)
    ('79.99', '80', '-0.0001')
    """
    return format((Decimal(amount) / MONEY_SCALE).normalize() + 0, "f")


def percent_text(points: int) -> str:
    """Basis points -> percent as decimal text.

    >>> percent_text(2000), percent_text(1250)
    ('20', '12.5')
    """
    return format((Decimal(points) / 100).normalize() + 0, "f")
